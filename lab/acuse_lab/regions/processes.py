"""Programs that may outlive the command that started them: known by pid and start time.

A pid alone is reused by the kernel; with the time of its start it names one process for ever.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from acuse.errors import Unavailable

STOP_DEADLINE: Final = 20.0
_LOOK_EVERY: Final = 0.02
# Fields of /proc/PID/stat after the name in brackets.
_STATE, _PARENT, _BEGAN = 0, 1, 19


@dataclass(frozen=True, slots=True)
class Process:
    """One process, whoever started it."""

    pid: int
    # Clock ticks since the machine's boot.
    began: int
    # The one that waits for it outside its namespaces, if it runs in others than ours.
    waiter: int | None = field(default=None, compare=False)

    def alive(self) -> bool:
        """Tell whether it still runs; takes our own dead children off the table."""
        for pid in (self.pid, self.waiter):
            if pid is not None:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        return process_of(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal unless it has ended."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait_ended(self, *, within: float = STOP_DEADLINE) -> bool:
        """Wait for its end; tell whether it came."""
        until = time.monotonic() + within
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def stop(self, *, within: float = STOP_DEADLINE) -> None:
        """End it in order, or by force when that takes too long."""
        # One that was paused could not hear us.
        self.resume()
        self.signal(signal.SIGTERM)
        if not self.wait_ended(within=within):
            self.kill()

    def resume(self) -> None:
        """Let it go on after a SIGSTOP, which its waiter has obeyed as well."""
        self.signal(signal.SIGCONT)
        self._wake_waiter()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.signal(signal.SIGKILL)
        if not self.wait_ended():
            raise Unavailable(f"process {self.pid} does not end")
        until = time.monotonic() + STOP_DEADLINE
        while self._wake_waiter() and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)

    def _wake_waiter(self) -> bool:
        """Let the waiter go on; False if none waits for it, as it was taken off the table.

        `nsenter` stops itself when what it started is stopped, and would then stay for ever.
        """
        fields = _stat(self.pid)
        if fields is None or self.waiter is None:
            return False
        if (int(fields[_BEGAN]), int(fields[_PARENT])) != (self.began, self.waiter):
            return False
        with suppress(ProcessLookupError):
            os.kill(self.waiter, signal.SIGCONT)
        return True


def process_of(pid: int) -> Process | None:
    """Return the process that has this pid now; None if none has, or only its exit code is left."""
    fields = _stat(pid)
    if fields is None or fields[_STATE] in "ZX":
        return None
    return Process(pid, int(fields[_BEGAN]))


def _stat(pid: int) -> list[str] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # What is before it is the program's name, which may hold anything.
    return stat.rpartition(")")[2].split()


def children_of(pid: int) -> list[Process]:
    """Return the processes that this one started and that still run."""
    found: list[Process] = []
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields is not None and int(fields[_PARENT]) == pid and fields[_STATE] not in "ZX":
            found.append(Process(int(folder.name), int(fields[_BEGAN]), waiter=pid))
    return found


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and where what it says is kept."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    # The process whose namespaces it is to run in; None leaves it in ours.
    beside: Process | None = None
    # Ends with the thread that started it, also when that is killed.
    tied: bool = False


def start(command: Command) -> Process:
    """Start it in a session of its own, with nothing of our files or terminal."""
    arguments = [*_within(command), *command.arguments]
    command.log.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        arguments[0],
        arguments,
        dict(command.environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(command.log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        # What Python, or a shell that runs us in the background, ignores is theirs to hear.
        setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGTERM],
    )
    return _started(command, pid)


def _started(command: Command, pid: int) -> Process:
    """Return the program itself; in other namespaces it is a child of the one that we started."""
    until = time.monotonic() + STOP_DEADLINE
    while (outer := process_of(pid)) is not None and time.monotonic() < until:
        if command.beside is None and not (command.tied and _is_tying(pid)):
            return outer
        inner = children_of(pid)
        if inner:
            return inner[0]
        time.sleep(_LOOK_EVERY / 4)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    raise Unavailable(f"{command.name} ended at once: {last_words(command.log)}")


def _is_tying(pid: int) -> bool:
    """Tell whether this is still `setpriv`, which does not end yet with who started it."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == Path(tool("setpriv")).name
    except (FileNotFoundError, ProcessLookupError):
        return False


def _within(command: Command) -> list[str]:
    wrapped: list[str] = []
    if command.tied:
        wrapped += [tool("setpriv"), "--pdeathsig", "KILL", "--"]
    if command.beside is not None:
        target = f"--target={command.beside.pid}"
        # Not `ip netns exec`: it mounts /sys anew and hides the cgroups.
        wrapped += [tool("nsenter"), target, "--mount", "--pid", "--net", "--"]
    return wrapped


def tool(name: str) -> str:
    """Return where a program of the system lies, also where PATH lacks the administrator's."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise Unavailable(f"`{name}` is not installed")
    return found


def last_words(log: Path) -> str:
    """Return the last lines of a program's log."""
    if not log.exists():
        return "no log"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        return " | ".join(file.read().decode(errors="replace").splitlines()[-5:])
