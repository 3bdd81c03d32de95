"""Ends a process with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal


def end_group(pid: int) -> None:
    """Kill a child and its process group, Tesseract included."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
