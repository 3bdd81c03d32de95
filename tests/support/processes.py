"""The processes below another one, by /proc."""

from __future__ import annotations

import os
from pathlib import Path


def descendants(pid: int | None = None) -> list[int]:
    """Return the living processes below `pid` (this one's by default), nearest first."""
    parents = {child: parent for child, parent, state in _processes() if state != "Z"}
    found: list[int] = []
    todo = [pid or os.getpid()]
    while todo:
        parent = todo.pop(0)
        children = [child for child, above in parents.items() if above == parent]
        found += children
        todo += children
    return found


def own_descendants() -> set[int]:
    """Return the living processes below this one but for what servers of the run come and go.

    Those are PostgreSQL's sessions, and what runs in a region's own network.
    """
    here = _network("self")
    return {pid for pid in descendants() if _name(pid) != "postgres" and _network(str(pid)) == here}


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _network(pid: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Whether the process is alive and no zombie."""
    return any(pid == child and state != "Z" for child, _, state in _processes())


def _processes() -> list[tuple[int, int, str]]:
    """Return every process with its parent and state."""
    found: list[tuple[int, int, str]] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name, in brackets, may hold anything.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found.append((int(entry.name), int(fields[1]), fields[0]))
    return found
