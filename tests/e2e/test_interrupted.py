"""The demo and `acuse lab dev` end in order when they are told to, and leave nothing behind."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from acuse_lab.running.program import clean_environment
from support.folders import open_to_all
from support.processes import descendants, is_running


@contextmanager
def started(place: Path, *words: str) -> Generator[subprocess.Popen[str], None, None]:
    """Run `acuse lab WORDS…` with its temporary files below `place`; kill it in the end."""
    place.chmod(0o777)
    program = subprocess.Popen(
        # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
        ["env", "--default-signal=INT", sys.executable, "-m", "acuse", "lab", *words],
        env={**clean_environment(), "TMPDIR": str(place), "COLUMNS": "300"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def lines_until(program: subprocess.Popen[str], words: str) -> list[str]:
    """Return what the program says up to the line with these words; fail when it ends before."""
    assert program.stdout is not None
    found: list[str] = []
    for line in program.stdout:
        found.append(line)
        if words in line:
            return found
    pytest.fail("".join(found))


def all_end(below: list[int]) -> None:
    """Return once none of these processes runs; fail when one goes on."""
    deadline = time.monotonic() + 60
    while any(map(is_running, below)):
        assert time.monotonic() < deadline


def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder that PostgreSQL's own user can enter."""
    place = tmp_path_factory.mktemp("lab")
    open_to_all(place)
    return place


@pytest.mark.parametrize("word", ["migrated", "strict fake", "Meta verified", "child process"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_a_demo_that_is_interrupted_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, word: str, number: signal.Signals
) -> None:
    place = lab_folder(tmp_path_factory)
    with started(place, "demo", "--one-machine") as program:
        lines_until(program, word)
        below = descendants(program.pid)
        program.send_signal(number)
        said, _ = program.communicate(timeout=120)

        assert program.returncode == 1
        assert said.splitlines()[-1] == "demo: failed interrupted"
        assert below
        all_end(below)
        assert list(place.iterdir()) == []


def test_dev_says_where_all_is_and_ends_with_ctrl_c(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = lab_folder(tmp_path_factory)
    with started(place, "dev") as program:
        told = "".join(lines_until(program, "Ctrl-C"))
        api, token = (re.search(rf"{name} +│ (\S+)", told) for name in ("API", "API token"))
        send = re.search(r"acuse (lab send .*)", told)
        assert api
        assert token
        assert send
        sent = subprocess.run(
            [sys.executable, "-m", "acuse", *send[1].split()],
            env=clean_environment(),
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
        )
        listed = httpx.get(
            f"{api[1]}/receipts", headers={"Authorization": f"Bearer {token[1]}"}, timeout=60
        )
        published = httpx.get(f"{api[1]}/openapi.json", timeout=60)
        below = descendants(program.pid)
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=120)

        assert sent.returncode == 0, sent.stderr
        assert "$ 16.416,74" in sent.stdout
        assert [each["amount"] for each in listed.json()["items"]] == ["16416.74"]
        assert published.json()["openapi"].startswith("3.")
        assert program.returncode == 0
        all_end(below)
        assert list(place.iterdir()) == []


def test_a_database_that_cannot_be_used_is_said_to_be_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "acuse", "lab", "demo", "--one-machine"],
        env={**clean_environment(), "DATABASE_URL": "no url at all"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("demo: failed invalid_settings: ")
