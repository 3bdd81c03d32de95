"""Programs that outlive the command that started them, and the lock by which they are found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acuse.errors import Unavailable
from acuse_lab.regions.holder import holder_of
from acuse_lab.regions.place import USUAL_PORTS, Place
from acuse_lab.regions.processes import Command, Process, last_words, process_of, start
from acuse_lab.regions.programs import Programs
from support.eventually import until

FOREVER = "import time\nprint('here', flush=True)\nwhile True: time.sleep(1)"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{FOREVER}"


def python(code: str, log: Path, *, tied: bool = False) -> Command:
    return Command("it", [sys.executable, "-c", code], log=log, environment={}, tied=tied)


async def test_a_program_runs_until_it_is_stopped(tmp_path: Path) -> None:
    process = start(python(FOREVER, tmp_path / "log"))
    await until(lambda: last_words(tmp_path / "log") == "here")
    was_alive = process.alive()

    process.stop()

    assert (was_alive, process.alive()) == (True, False)


async def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    process = start(python(DEAF, tmp_path / "log"))
    await until(lambda: last_words(tmp_path / "log") == "here")

    process.stop(within=0.1)

    assert not process.alive()


def test_a_paused_one_can_be_stopped(tmp_path: Path) -> None:
    process = start(python(FOREVER, tmp_path / "log"))
    process.signal(signal.SIGSTOP)

    process.stop()

    assert not process.alive()


def test_another_process_with_the_same_pid_is_not_the_same() -> None:
    us = process_of(os.getpid())
    assert us is not None

    other = Process(us.pid, us.began - 1)

    assert us.alive()
    assert not other.alive()
    # It would be us that ended.
    other.signal(signal.SIGKILL)


async def test_a_tied_program_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from acuse_lab.regions.processes import Command, start
arguments = [sys.executable, "-c", {FOREVER!r}]
command = Command("it", arguments, log=Path({str(tmp_path / "log")!r}), environment={{}}, tied=True)
print(start(command).pid, flush=True)
while True: time.sleep(1)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)  # noqa: ASYNC220 - it is killed below
    assert parent.stdout is not None
    child = process_of(int(parent.stdout.readline()))
    assert child is not None

    parent.kill()
    parent.communicate()

    await until(lambda: not child.alive())


def test_another_command_finds_the_programs_again(tmp_path: Path) -> None:
    place = Place("one", tmp_path, "127.0.0.1", USUAL_PORTS)
    process = Programs(place).start("it", Path(sys.executable), ["-c", FOREVER])
    try:
        again = Programs(place)
        assert again.names() == ["it"]
        assert again.find("it") == process
        assert again.start("it", Path(sys.executable), ["-c", FOREVER]) == process
    finally:
        process.kill()

    assert not Programs(place).alive("it")


def test_what_cannot_be_started_is_said(tmp_path: Path) -> None:
    place = Place("one", tmp_path, "127.0.0.1", USUAL_PORTS, holder=tmp_path / "holder")

    with pytest.raises(Unavailable, match="one is not up"):
        Programs(place).start("it", Path(sys.executable), [])


def test_who_holds_the_lock_is_the_holder(tmp_path: Path) -> None:
    file = tmp_path / "holder"
    without = holder_of(file)
    file.write_text("")
    free = holder_of(file)
    code = (
        "import fcntl, sys\nfile = open(sys.argv[1], 'r+')\nfcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        held = holder_of(file)
        child.communicate()

    assert (without, free) == (None, None)
    assert held is not None
    assert held.pid == child.pid
    assert holder_of(file) is None
