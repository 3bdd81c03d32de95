"""Nurseries whose children do something else than reading, as if a file had taken them over."""

from __future__ import annotations

import sys

_PROGRAM = """
import os, signal, sys, threading, time
from acuse_workers.reading import child, nursery

read = child.serve

def serve(line, recogniser):
    exec({child!r}, globals() | {{"line": line, "recogniser": recogniser}})

child.serve = serve
exec({first!r})
nursery.main()
"""


def nursery_of(child: str, *, first: str = "") -> tuple[str, ...]:
    """Return the command of a nursery whose children run a program; `first` it runs itself.

    `line` is the child's to its worker, `read(line, recogniser)` what it would have done.
    """
    return (sys.executable, "-I", "-c", _PROGRAM.format(child=child, first=first))
