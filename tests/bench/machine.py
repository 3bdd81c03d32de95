"""What a figure was measured on: without it, no figure can be compared with another."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psycopg

from bench.result import InvalidMeasurement

_IN_MEMORY = {"tmpfs", "ramfs"}


def processor_model() -> str:
    """Return the processor's name as the kernel says it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in {"model name", "Model"}:
            return value.strip()
    return platform.machine()


def describe(*extra: str) -> str:
    """Return processor, cores, kernel, Python and the load average right now, then `extra`."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    cores = len(os.sched_getaffinity(0))
    return ", ".join(
        (
            f"{processor_model()} x {cores}",
            f"{platform.system()} {platform.release()}",
            f"Python {platform.python_version()}",
            *extra,
            f"load average before {load}",
        )
    )


def durable_postgres(owner_url: str) -> str:
    """Return the server's version; refuse one whose commits do not reach a disk."""
    with psycopg.connect(owner_url) as conn:
        said = conn.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'),"
            " current_setting('synchronous_commit'), current_setting('data_directory')"
        ).fetchone()
    assert said is not None
    version, fsync, commit, folder = map(str, said)
    if (fsync, commit) != ("on", "on"):
        raise InvalidMeasurement(f"PostgreSQL runs with fsync {fsync}, synchronous_commit {commit}")
    kind = file_system(Path(folder))
    if kind in _IN_MEMORY:
        raise InvalidMeasurement(f"PostgreSQL's folder is on {kind}, in memory; set TMPDIR")
    return f"PostgreSQL {version} (durable, on {kind})"


def file_system(path: Path) -> str:
    """Return the type of the file system that a path is on."""
    best, kind = -1, "unknown"
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, place, found, *_ = line.split()
        if path.is_relative_to(place) and len(place) > best:
            best, kind = len(place), found
    return kind
