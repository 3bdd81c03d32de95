"""Whether a worker that has read a thousand documents reads the next one as it read the first."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Final

import click

from acuse.reading.scoring import percentile
from acuse_lab.corpus.making import write
from acuse_workers.reading.engines.keeping import is_installed
from acuse_workers.reading.sandbox import Reader, open_reader
from bench.machine import describe
from bench.reading import on_one_processor
from bench.result import InvalidMeasurement, Report, Row

NAME: Final = "reading-many"
_SEED: Final = 2028
_DIFFERENT: Final = 100
_ALL: Final = 1000
# The last hundred may take this much longer than the first, for what is noise.
_SLOWER: Final = 1.1
_MEMORY_MIB: Final = 1024.0


def measure(*, is_short: bool) -> Report:
    """Read a hundred documents ten times over; raise InvalidMeasurement without PP-OCR."""
    if not is_installed():
        raise InvalidMeasurement("PP-OCR is not installed")
    on_one_processor()
    part = 4 if is_short else _DIFFERENT
    with tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder:
        paths = list(write(Path(folder), "test", part, seed=_SEED))
        seconds, memory = asyncio.run(_read(paths, part * _ALL // _DIFFERENT))
    # The very first also starts the processes; each part is of the same documents.
    first, last = (percentile(each, 0.5) for each in (seconds[:part], seconds[-part:]))
    count = len(seconds)
    rows = [
        Row(
            f"{part} documents at the end of {count}: seconds for one, median",
            last,
            "s",
            baseline=first,
            ratio=last / first,
            goal=_SLOWER,
            bound="≤",
            holds=last / first <= _SLOWER,
        ),
        Row.below(
            f"all processes of a reader after {count}: unshared memory",
            memory[-1],
            unit="MiB",
            goal=_MEMORY_MIB,
        ),
        Row(f"the same after the first {part}", memory[0], "MiB"),
    ]
    return Report.now(NAME, machine=describe(), rows=rows)


async def _read(paths: Sequence[Path], count: int) -> tuple[list[float], list[float]]:
    """Return each document's seconds, and memory after each turn, one document at a time."""
    seconds: list[float] = []
    memory: list[float] = []
    async with open_reader() as reader:
        for path in islice(cycle(paths), count):
            seconds.append(await _one(reader, path))
            if len(seconds) % len(paths) == 0:
                memory.append(_memory_mib())
                click.echo(f"{NAME}: {len(seconds)} of {count}", err=True)
    return seconds, memory


async def _one(reader: Reader, path: Path) -> float:
    started = perf_counter()
    await reader.read(path)
    return perf_counter() - started


def _memory_mib() -> float:
    """Return what is this process's children's own: the recogniser's and the nursery's memory."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # After the name, which may hold anything: the state, and the parent.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid():
                rolled = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in rolled if line.startswith("Private_"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1024
