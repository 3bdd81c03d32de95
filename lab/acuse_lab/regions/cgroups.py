"""The control group that all pods of a region are in, under every controller; needs root."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from acuse.errors import Unavailable

_MOUNT: Final = Path("/sys/fs/cgroup")
_GONE_DEADLINE: Final = 10.0


def make_cgroup(name: str) -> None:
    """Make the group under every hierarchy that this machine has."""
    for hierarchy in _hierarchies():
        group = hierarchy / name
        group.mkdir(exist_ok=True)
        # cgroup v1: nobody can enter a new group before it has processors and memory.
        for file in ("cpuset.cpus", "cpuset.mems"):
            if (group / file).exists() and not (group / file).read_text().strip():
                (group / file).write_text((hierarchy / file).read_text())


def remove_cgroup(name: str) -> None:
    """Remove the group and all below it; what was in it must have ended."""
    for hierarchy in _hierarchies():
        _remove(hierarchy / name)


def _hierarchies() -> list[Path]:
    if (_MOUNT / "cgroup.controllers").exists():
        return [_MOUNT]
    # `cpu,cpuacct` is one hierarchy, to which `cpu` is a symbolic link.
    return [each for each in _MOUNT.iterdir() if each.is_dir() and not each.is_symlink()]


def _remove(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        until = time.monotonic() + _GONE_DEADLINE
        while not _removed(Path(folder)):
            # A killed process leaves its group only when the kernel has buried it.
            if time.monotonic() > until:
                raise Unavailable(f"{folder} is still in use")
            time.sleep(0.02)


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
