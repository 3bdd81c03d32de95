"""Regions brought up and taken down, with the time that it takes."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from acuse.settings import cache_dir
from acuse_lab.regions.abilities import build_regions
from acuse_lab.regions.fleet import regions_down, regions_up
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.lab import Lab
from bench.operator_size import Size
from bench.result import InvalidMeasurement, Row, median

# Beside a lab of the user's, which it never touches.
LAB = Lab(Path("/var/lib/acuse/bench"), label="acusebench", tied=True)
_UP_SECONDS = 60.0


@dataclass(slots=True)
class Times:
    """Seconds that regions took to be ready, and to be gone without a trace."""

    up: list[float] = field(default_factory=list[float])
    down: list[float] = field(default_factory=list[float])
    # With nothing built before; None where nobody asked.
    cold: float | None = None


@contextmanager
def alone() -> Generator[None, None, None]:
    """Keep other runs of this bench off the lab; raise InvalidMeasurement where there is one."""
    place = cache_dir()
    place.mkdir(parents=True, exist_ok=True)
    with (place / "bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise InvalidMeasurement("another run of this bench has its region up") from exc
        yield


@contextmanager
def timed_regions(names: Sequence[str], times: Times) -> Generator[list[LabRegion], None, None]:
    """Bring regions up from nothing and take them down again, whatever happens in between."""
    # Whatever a bench that was killed has left.
    regions_down(lab=LAB)
    try:
        started = time.perf_counter()
        regions = regions_up(names, lab=LAB)
        times.up.append(time.perf_counter() - started)
        yield regions
    finally:
        started = time.perf_counter()
        regions_down(lab=LAB)
        times.down.append(time.perf_counter() - started)


def up_and_down(names: Sequence[str], size: Size, *, is_cold: bool) -> Times:
    """Bring regions up and down a few times; with `is_cold` first with nothing built."""
    times = Times()
    if is_cold:
        first = Times()
        with _nothing_built(), timed_regions(names, first):
            pass
        times.cold = first.up[0]
    build_regions()
    for _ in size.rounds(size.regions):
        with timed_regions(names, times):
            pass
    return times


@contextmanager
def _nothing_built() -> Generator[None, None, None]:
    """Have neither programs that were built nor what the compiler keeps; modules are kept."""
    changed = ("XDG_CACHE_HOME", "GOCACHE")
    before = {name: os.environ.get(name) for name in changed}
    with tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder:
        os.environ.update({name: str(Path(folder, name)) for name in changed})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def rows(times: Times, *, tenants: int) -> list[Row]:
    """Return the rows; the region that went down last had Acuse and so many tenants."""
    *empty, full = times.down
    rounds = len(times.up)
    cold = [] if times.cold is None else [Row("lab up, cold: nothing built", times.cold, "s")]
    return [
        Row.below(f"lab up, warm: slowest of {rounds}", max(times.up), unit="s", goal=_UP_SECONDS),
        Row("lab up, warm", median(times.up), "s"),
        *cold,
        Row("lab down", median(empty), "s"),
        Row(f"lab down, with Acuse and {tenants} tenants", full, "s"),
    ]
