"""What each choice in reading a photo is worth: the same documents without it, or with another.

Engines run in this bench's own processes, one after the other and one for each way of using them,
so that each has its own time and memory; decoding a file and starting a child are not in the times.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Final

import click
from PIL import Image

from acuse.reading.agreement import agreed, is_settled
from acuse.reading.interpret import interpret
from acuse.reading.rows import page_of
from acuse.reading.scoring import KNOWN_BY, TOGETHER, Share, judge, percentile
from acuse.reading.values import DocumentReading, Source, Word
from acuse.reading.wire import contract_of
from acuse_lab.corpus.making import write
from acuse_workers.commands.evaluate import Labelled, labelled
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.engines.asking import words_of
from acuse_workers.reading.engines.keeping import is_installed
from acuse_workers.reading.engines.ppocr import SETTING, Setting
from acuse_workers.reading.images import levelled, load_image
from acuse_workers.reading.looking import WAYS, by_way
from acuse_workers.reading.media_type import sniff_file
from bench.machine import describe
from bench.reading import LABELLED, on_one_processor
from bench.result import InvalidMeasurement, Report, Row
from support.recognised import Here

NAME: Final = "reading-steps"
_SEED: Final = 2027
_COUNT: Final = 32
_TODAY: Final = date(2026, 11, 27)
_CAP: Final = 40_000_000
AS_IT_IS: Final = "as it is"


@dataclass(frozen=True, slots=True)
class Answer:
    """One document by one way: what was read, and how long it took."""

    reading: DocumentReading
    seconds: float


@dataclass(frozen=True, slots=True)
class Answers:
    """All documents by one way, by its name, and the most that its process had in memory."""

    by_way: Mapping[str, Sequence[Answer]]
    memory_mib: float


@dataclass(frozen=True, slots=True)
class Way:
    """One use of PP-OCR; with `also`, what is left out of reading by turns is told as well."""

    name: str
    setting: Setting = SETTING
    is_levelled: bool = False
    is_plain: bool = False
    also: bool = False


# As the package comes: lines looked for in the picture's shorter side, six read at once.
_PACKAGE: Final = Setting(look_side=736, look_by="min", line_width=320, batch=6)
_BY_PPOCR: Final = (
    Way(AS_IT_IS, also=True),
    Way("plain PP-OCR", _PACKAGE, is_plain=True),
    Way("lines looked for at 736 pixels", Setting(look_side=736)),
    Way("lines looked for at 1280 pixels", Setting(look_side=1280)),
    Way("short lines filled up to 320 pixels", Setting(line_width=320)),
    Way("six lines read at once", Setting(batch=6)),
    Way("paper made even before", is_levelled=True),
)


def measure(*, is_short: bool) -> Report:
    """Read some documents in every way; raise InvalidMeasurement without PP-OCR."""
    if not is_installed():
        raise InvalidMeasurement("PP-OCR is not installed")
    on_one_processor()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder:
        for name, together, documents in _sets(Path(folder), 8 if is_short else _COUNT):
            rows += _rows(name, together, documents, _in_all_ways(name, documents))
    return Report.now(NAME, machine=describe(), rows=rows)


def _sets(folder: Path, count: int) -> list[tuple[str, str, list[Labelled]]]:
    half = count // 2
    for _ in chain(
        write(folder, "test", half, seed=_SEED),
        write(folder, "test", half, seed=_SEED + 1, is_worn=True),
    ):
        pass
    found = [("Argentine, made", KNOWN_BY, list(labelled(folder)))]
    if LABELLED.is_dir():
        found.insert(0, ("SROIE dev", TOGETHER, list(labelled(LABELLED / "sroie_dev"))[:count]))
    return found


def _in_all_ways(name: str, documents: Sequence[Labelled]) -> dict[str, Answers]:
    found: dict[str, Answers] = {}
    for way in _BY_PPOCR:
        click.echo(f"{NAME}: {len(documents)} of {name}, {way.name}", err=True)
        found[way.name] = _apart(_by_ppocr, way, documents)
    click.echo(f"{NAME}: {len(documents)} of {name}, Tesseract", err=True)
    found["Tesseract"] = _apart(_by_tesseract, None, documents)
    return found


def _apart(
    work: Callable[[Way | None, Sequence[Labelled]], Answers],
    way: Way | None,
    documents: Sequence[Labelled],
) -> Answers:
    """Run it in a process of its own, which starts with nothing in memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(work, way, documents).result()


def _by_ppocr(way: Way | None, documents: Sequence[Labelled]) -> Answers:
    assert way is not None
    line = Here(way.setting)
    found: dict[str, list[Answer]] = {}
    for document in documents:
        picture = _decoded(document)
        codes = read_codes(picture)
        started = perf_counter()
        shown = levelled(picture) if way.is_levelled else picture
        if way.is_plain:
            words, shape = tuple(words_of(line.spot(shown), 1)), shown.size
        else:
            upright = line.upright(shown, page=1)
            words, shape = upright.words, upright.picture.size
        reading = _read(words, shape, codes, "ppocr")
        seconds = perf_counter() - started
        found.setdefault(way.name, []).append(Answer(reading, seconds))
        if way.also:
            bare = _read(words, shape, (), "ppocr")
            found.setdefault("without its QR", []).append(Answer(bare, seconds))
            started = perf_counter()
            tilted = tuple(words_of(line.spot(shown), 1))
            reading = _read(tilted, shown.size, codes, "ppocr")
            seconds = perf_counter() - started
            found.setdefault("neither turned nor set straight", []).append(Answer(reading, seconds))
    return Answers(found, _memory_mib(resource.RUSAGE_SELF))


def _by_tesseract(_: Way | None, documents: Sequence[Labelled]) -> Answers:
    # As a child has it: threads that take turns on one processor only wait for each other.
    os.environ["OMP_THREAD_LIMIT"] = "1"
    found: dict[str, list[Answer]] = {"plain Tesseract": [], "Tesseract in up to three ways": []}
    for document in documents:
        picture = _decoded(document)
        codes = read_codes(picture)
        readings: list[DocumentReading] = []
        started = perf_counter()
        for way in WAYS:
            seen = by_way(picture, way, page=1)
            picture = seen.picture
            readings.append(_read(seen.words, picture.size, codes, "tesseract"))
            if way is WAYS[0]:
                found["plain Tesseract"].append(Answer(readings[0], perf_counter() - started))
            if is_settled(agreed(readings)):
                break
        answer = Answer(agreed(readings), perf_counter() - started)
        found["Tesseract in up to three ways"].append(answer)
    return Answers(found, _memory_mib(resource.RUSAGE_CHILDREN))


def _decoded(document: Labelled) -> Image.Image:
    media = sniff_file(document.path, max_bytes=_CAP)
    return load_image(document.path, media, max_pixels=_CAP)


def _read(
    words: Sequence[Word], size: tuple[int, int], codes: Sequence[str], engine: str
) -> DocumentReading:
    page = page_of(words, 1, width=size[0], height=size[1], source=Source.OCR)
    return interpret([page], codes, today=_TODAY, engine=engine)


def _rows(
    name: str, together: str, documents: Sequence[Labelled], found: Mapping[str, Answers]
) -> list[Row]:
    ways = {way: answers for each in found.values() for way, answers in each.by_way.items()}
    pairs = list(zip(ways["plain Tesseract"], ways[AS_IT_IS], strict=True))
    ways["Tesseract first, PP-OCR where that is unsure"] = [
        cheap if is_settled(cheap.reading) else _after(cheap, dear, dear.reading)
        for cheap, dear in pairs
    ]
    ways["Tesseract as well where PP-OCR is unsure"] = [
        dear
        if is_settled(dear.reading)
        else _after(dear, cheap, agreed([dear.reading, cheap.reading]))
        for cheap, dear in pairs
    ]
    shares = {way: _share(together, documents, answers) for way, answers in ways.items()}
    seconds = {way: percentile([a.seconds for a in each], 0.5) for way, each in ways.items()}
    before = seconds[AS_IT_IS]
    rows: list[Row] = []
    for way, share in shares.items():
        label, unit = f"{name}, {way}", f"of {share.count}"
        right = Row(f"{label}: {together} right", share.value, unit, shares[AS_IT_IS].value)
        rows += [right, Row(f"{label}: seconds", seconds[way], "s", before, seconds[way] / before)]
    return rows + [
        Row(f"{name}, {way}: resident memory", found[way].memory_mib, "MiB")
        for way in (AS_IT_IS, "plain PP-OCR", "six lines read at once", "Tesseract")
    ]


def _after(first: Answer, second: Answer, reading: DocumentReading) -> Answer:
    return Answer(reading, first.seconds + second.seconds)


def _share(together: str, documents: Sequence[Labelled], answers: Sequence[Answer]) -> Share:
    """Return how many documents have all of these fields right, of those that are labelled so."""
    judged = [
        judge(document.label, contract_of(answer.reading)).get(together)
        for document, answer in zip(documents, answers, strict=True)
    ]
    return Share(judged.count(True), len(judged) - judged.count(None))


def _memory_mib(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1024
