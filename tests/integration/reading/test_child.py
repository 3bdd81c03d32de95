"""The child process bounds itself, and does not outlive its parent."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from acuse_lab.documents.catalogue import sample
from acuse_workers.reading.limits import MIB
from support.processes import descendants, is_running

CHILD = [sys.executable, "-I", "-m", "acuse_workers.reading.child"]


def request(path: Path, scratch: Path, **limits: float) -> bytes:
    bounds = {
        "seconds": 60, "memory_bytes": 1024 * MIB, "max_pixels": 40_000_000, "max_pages": 20,
        "max_file_bytes": 64 * MIB,
    }  # fmt: skip
    names = {"path": packed(path), "scratch": packed(scratch)}
    body = {**names, "limits": {**bounds, **limits}, "today": "2026-11-23"}
    return json.dumps(body).encode() + b"\n"


def packed(path: Path) -> str:
    return base64.b64encode(os.fsencode(path)).decode()


def test_a_child_whose_parent_is_gone_ends_and_leaves_nothing(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    child = subprocess.Popen(
        CHILD,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert child.stdin is not None
    child.stdin.write(request(path, scratch))
    child.stdin.flush()
    while not (engines := descendants(child.pid)):
        assert child.poll() is None

    child.stdin.close()

    assert child.wait(timeout=30) < 0
    deadline = time.monotonic() + 30
    while any(is_running(engine) for engine in engines):
        assert time.monotonic() < deadline
    assert not scratch.exists()


def test_an_endless_computation_is_ended_by_the_processor_limit() -> None:
    program = (
        "from acuse_workers.reading.child import limit_resources\n"
        "from acuse_workers.reading.limits import ReadingLimits\n"
        "limit_resources(ReadingLimits(seconds=1))\n"
        "while True: pass\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert ended.returncode == -signal.SIGXCPU
