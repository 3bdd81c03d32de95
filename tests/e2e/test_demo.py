"""The demo on one machine: the main job works, and its last line says how it went."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from acuse.settings import cache_dir
from acuse_lab.documents.catalogue import sample
from acuse_lab.running.program import clean_environment

OK = re.compile(r"demo: ok receipts=(\d+) matched=(\d+) replies=(\d+) seconds=\d+\.\d")


def demo(*words: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "acuse", "lab", "demo", "--one-machine", *words],
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=500,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()


def test_the_demo_matches_a_photo_and_a_pdf_and_a_file_of_the_users(tmp_path: Path) -> None:
    mine = tmp_path / "mi recibo.png"
    mine.write_bytes(sample("transfer").data)

    code, lines = demo("--receipt", str(mine))

    ended = OK.fullmatch(lines[-1])
    assert ended is not None, lines[-3:]
    assert code == 0
    assert [int(n) for n in ended.groups()] == [3, 2, 3]
    assert sum("Registramos tu comprobante" in line for line in lines) == 2
    # Its path may be broken over two lines.
    assert any("drawn onto it:" in line for line in lines)
    assert (cache_dir() / "demo" / "001-ticket.jpg.png").read_bytes().startswith(b"\x89PNG")


def test_a_demo_that_cannot_do_its_job_says_so_and_fails(tmp_path: Path) -> None:
    code, lines = demo("--receipt", str(tmp_path / "missing.jpg"))

    assert code == 1
    assert lines[-1].startswith("demo: failed ")
