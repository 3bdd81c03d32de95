"""Processor time of a process and everything it has started, from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """One process: its parent, and its seconds with those of the children it has waited for."""

    parent: int
    seconds: float


def parse_stat(text: str) -> Spent:
    """Read a line of /proc/PID/stat; the program's name in it may hold spaces and brackets."""
    fields = text.rpartition(")")[2].split()
    # From the third field on: state, ppid, …; utime, stime, cutime and cstime are 14 to 17.
    return Spent(int(fields[1]), sum(map(int, fields[11:15])) / _TICKS)


def processes() -> dict[int, Spent]:
    """Return every process there is."""
    found: dict[int, Spent] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                found[int(place.name)] = parse_stat((place / "stat").read_text())
            except OSError:
                # It ended meanwhile; its time is its parent's now.
                continue
    return found


def tree_seconds(root: int, known: Mapping[int, Spent]) -> float:
    """Return what `root` and all its descendants have spent.

    Descendants, not the process group: each PostgreSQL backend leads a group of its own.
    """
    children: dict[int, list[int]] = {}
    for pid, spent in known.items():
        children.setdefault(spent.parent, []).append(pid)
    total, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        if pid in known:
            total += known[pid].seconds
        waiting += children.get(pid, [])
    return total


def spent_by(*roots: int) -> tuple[float, ...]:
    """Return the seconds of several trees at one moment."""
    known = processes()
    return tuple(tree_seconds(root, known) for root in roots)
