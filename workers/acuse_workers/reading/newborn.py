"""A process that was just forked leaves all behind that is the nursery's or another document's."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_FIRST_OTHER: Final = 3
# Where memory runs out, the file of a stranger's ends before whoever reads for others.
_SOONER: Final = 200
_SOONEST: Final = 1000


def leave_nursery(kept: Iterable[int]) -> None:
    """Have a process group of its own, usual signals, and no descriptor but those `kept`."""
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(_FIRST_OTHER):
        os.dup2(nothing, standard)
    _close_all_but(kept)
    with contextlib.suppress(OSError):
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(min(int(score.read_text()) + _SOONER, _SOONEST)))


def move_to(folder: str) -> None:
    """Have a folder as its home, for its files, and to stand in; and so what it starts."""
    os.chdir(folder)
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = folder


def _close_all_but(kept: Iterable[int]) -> None:
    lowest = _FIRST_OTHER
    for descriptor in sorted(kept):
        os.closerange(lowest, descriptor)
        lowest = descriptor + 1
    os.closerange(lowest, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
