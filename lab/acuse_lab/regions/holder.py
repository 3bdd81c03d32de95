"""A region's holder: the first process of its namespaces (processes, mounts, network).

With it everything ends that the region ever started or mounted, however it was started. It keeps
a lock on a file, so it is found whatever became of the command that started it.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from pathlib import Path
from typing import Final

from acuse.errors import Unavailable
from acuse_lab.go_tools import PAUSE, program
from acuse_lab.regions.processes import Command, Process, last_words, process_of, start, tool

_START_DEADLINE: Final = 30.0
# struct flock of 64-bit Linux: type, whence, start, length, pid.
_FLOCK: Final = "hhqqi4x"


def holder_of(file: Path) -> Process | None:
    """Return the process that holds this file; None if none does."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    kind, pid = answer[0], answer[4]
    return None if kind == fcntl.F_UNLCK else process_of(pid)


def start_holder(file: Path, *, log: Path, tied: bool) -> Process:
    """Start a holder of new namespaces and return it once they are set up; needs root."""
    file.write_text("")
    outer = start(
        Command(
            "holder",
            [
                *(tool("unshare"), "--net", "--mount", "--pid", "--fork", "--kill-child"),
                *("--mount-proc", "--", str(program(PAUSE)), "hold", str(file)),
            ],
            log=log,
            environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            tied=tied,
        )
    )
    until = time.monotonic() + _START_DEADLINE
    while file.read_text() != "ready\n":
        if not outer.alive() or time.monotonic() > until:
            outer.kill()
            raise Unavailable(f"no namespaces: {last_words(log)}")
        time.sleep(0.01)
    holder = holder_of(file)
    if holder is None:
        raise Unavailable(f"no namespaces: {last_words(log)}")
    return Process(holder.pid, holder.began, waiter=outer.pid)
