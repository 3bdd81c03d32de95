"""The demo in clusters, told to end in the middle: it ends in order and leaves nothing."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acuse_lab.images import build_images
from acuse_lab.images.workshop import missing_parts
from acuse_lab.regions.abilities import why_no_regions
from acuse_lab.regions.fleet import regions_down
from acuse_lab.regions.lab import Lab
from acuse_lab.running.program import clean_environment
from support.processes import descendants, is_running
from support.regions import inhabitants, traces_of

LAB = Lab(Path("/var/lib/acuse/demo"), label="acusedemo")
# Two regions have to come up twice, on a machine that may be busy.
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    """Have the images built before, or skip."""
    reason = why_no_regions() or missing_parts()
    if reason:
        pytest.skip(f"no region: {reason}")
    build_images(print)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
        ["env", "--default-signal=INT", sys.executable, "-m", "acuse", "lab", "demo"],
        env={**clean_environment(), "TMPDIR": str(tmp_path), "COLUMNS": "300"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield program
    program.kill()
    program.communicate()


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGINT, "sao-paulo are up"), (signal.SIGTERM, "strict fake")],
    ids=["ctrl-c once the regions are up", "term while helm installs"],
)
def test_a_demo_that_is_interrupted_leaves_nothing(
    demo: subprocess.Popen[str], number: signal.Signals, words: str
) -> None:
    assert demo.stdout is not None
    said: list[str] = []
    for line in demo.stdout:
        said.append(line)
        if words in line:
            break
    below = descendants(demo.pid)

    demo.send_signal(number)
    rest = demo.stdout.read()
    demo.wait()

    assert rest.splitlines()[-1:] == ["demo: failed interrupted"], "".join(said) + rest
    assert [pid for pid in below if is_running(pid)] == []
    assert inhabitants(LAB) == []
    assert traces_of(LAB) == []


def test_a_second_demo_leaves_the_first_alone(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        if "starting buenos-aires" in line:
            break

    second = subprocess.run(
        [sys.executable, "-m", "acuse", "lab", "demo"],
        env=clean_environment(),
        capture_output=True,
        check=False,
        text=True,
    )

    assert second.returncode == 1
    assert re.search(r"demo: failed lab_unavailable: another demo", second.stdout)
    demo.send_signal(signal.SIGTERM)
    assert demo.stdout.read().splitlines()[-1:] == ["demo: failed interrupted"]


def test_a_demo_that_is_killed_takes_its_regions_with_it(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        if "sao-paulo are up" in line:
            break

    demo.kill()
    demo.wait()

    deadline = time.monotonic() + 120
    while inhabitants(LAB):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    regions_down(lab=LAB)
    assert traces_of(LAB) == []
