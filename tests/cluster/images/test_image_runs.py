"""Images run as Kubernetes' restricted profile runs them: no root, no right, a read-only root."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from acuse_lab.documents.catalogue import sample
from support.containers import Bundle

Unpacked = Callable[[str], Bundle]
PYTHON = ("/usr/bin/tini", "-s", "--", "/usr/bin/python3", "-c")
DOCUMENTS = ("ticket", "ticket-qr-heic", "factura-b", "scan", "transfer-gif")
MODULES = {
    "operator": "acuse_operator, acuse_cluster.client, kopf, kubernetes.aio.config, uvloop",
    "webhook": "acuse_webhook.run, acuse_cluster.client, kubernetes.aio.config",
    "workers": "acuse_workers.run, acuse_cluster.client, acuse_workers.reading.document",
    "console": "acuse_console.run, acuse_cluster.client, kubernetes.aio.config",
}
CONFINED = """
import os, pathlib, ssl
for name in ("/usr/x", "/etc/x", "/var/tmp/x", "/x"):
    try: pathlib.Path(name).write_text("")
    except OSError as refused: print(refused.errno)
pathlib.Path("/tmp/x").write_text("")
print(os.getuid(), os.getgid(), ssl.create_default_context().cert_store_stats()["x509_ca"] > 100)
"""
# A process whose parent is killed, as Tesseract is when a reader's child is.
ORPHAN = """
import os, signal, subprocess, sys, time
child = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=0);"
child += "print(p.pid, flush=True); p.wait()"
command = [sys.executable, "-c", child]
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
parent = subprocess.Popen(command, start_new_session=True, **pipes)
orphan = int(parent.stdout.readline())
os.killpg(parent.pid, signal.SIGKILL)
parent.wait()
deadline = time.monotonic() + 60
while os.path.exists(f"/proc/{orphan}") and time.monotonic() < deadline: time.sleep(0.01)
print("gone" if not os.path.exists(f"/proc/{orphan}") else "zombie")
"""


@pytest.mark.parametrize("program", MODULES)
def test_a_program_and_all_it_imports_load(program: str, unpacked: Unpacked) -> None:
    ran = unpacked(program).run(f"import {MODULES[program]}; print('loaded')", entrypoint=PYTHON)

    assert (ran.code, ran.out) == (0, "loaded\n"), ran.err


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        ("webhook", "error: invalid_settings: "),
        ("workers", "error: invalid_settings: "),
        ("console", "error: database_unavailable: "),
    ],
)
def test_a_program_starts_and_says_what_it_lacks(
    program: str, complaint: str, unpacked: Unpacked
) -> None:
    image = unpacked(program)

    ran = image.run(*image.configuration["config"]["Cmd"])

    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith(complaint)


def test_only_tmp_can_be_written_and_only_by_our_own_user(unpacked: Unpacked) -> None:
    ran = unpacked("webhook").run(CONFINED, entrypoint=PYTHON)

    assert ran.out.splitlines() == ["30", "30", "30", "30", "65532 65532 True"], ran.err


def test_the_workers_image_reads_what_people_send(unpacked: Unpacked, tmp_path: Path) -> None:
    documents = {name: sample(name) for name in DOCUMENTS}
    for document in documents.values():
        (tmp_path / document.filename).write_bytes(document.data)
    tmp_path.chmod(0o755)
    inside = [f"/tmp/documents/{document.filename}" for document in documents.values()]

    ran = unpacked("workers").run("read", "--json", *inside, files={"/tmp/documents": tmp_path})

    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0, ran.err + ran.out
    assert [answer["amount"] for answer in answers] == [
        document.truth["amount"] for document in documents.values()
    ]
    # Its models are inside, and can be loaded by a user without rights on a read-only root.
    assert [answer["engine"] for answer in answers] == [
        "pdfplumber" if name == "factura-b" else "ppocr" for name in documents
    ]


def test_what_a_killed_child_leaves_is_reaped(unpacked: Unpacked) -> None:
    ran = unpacked("workers").run(ORPHAN, entrypoint=PYTHON)

    assert ran.out == "gone\n", ran.err
