"""No file of the project names a machine's path, a registry's host or a secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Written in pieces, so that this file does not match itself.
FORBIDDEN = {
    "a registry's host": re.compile(
        "|".join(
            (
                r"pypi\." + "org",
                r"files\.python" + r"hosted",
                r"registry\.npm" + r"js",
                r"proxy\.go" + r"lang",
                r"deb\.deb" + r"ian\.org",
                r"crates\." + r"io/api",
            )
        )
    ),
    "a machine's path": re.compile(r"/(?:home|Users)/[a-z]+/|/ro" + r"ot/|/wo" + r"rk/main"),
    "a secret": re.compile(r"-----BEGIN [A-Z ]*PRIV" + r"ATE KEY-----|\bEAA[A-Za-z0-9]{40,}"),
}


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in done.stdout.split("\0") if name]


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.is_file()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]

    assert found == []


def test_operator_stays_a_folder() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_every_requirement_is_pinned_with_a_hash() -> None:
    text = (ROOT / "requirements" / "dev.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []
