"""What `acuse lab` says when it is asked for what cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from acuse_lab.running.program import clean_environment


def lab(*words: str) -> tuple[int, str]:
    """Run `acuse lab WORDS…` and return its exit code and what it wrote on standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "acuse", "lab", *words],
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "no-address", "http://[broken"])
def test_sending_where_no_fake_is_says_so(tmp_path: Path, url: str) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"anything")

    status, text = lab("send", "--graph", url, "--number", "1", str(file))

    assert status == 1
    assert text.startswith("error: graph_unavailable: ")


def test_a_port_that_is_none_is_refused() -> None:
    assert lab("graph", "--port", "99999")[0] == 2


def test_an_address_that_is_not_this_machines_is_refused() -> None:
    # Of a block that is for documentation alone (RFC 5737).
    status, text = lab("graph", "--host", "192.0.2.1")

    assert status == 1
    assert text.startswith("error: invalid_settings: cannot listen on 192.0.2.1")
