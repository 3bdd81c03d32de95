"""Pictures become one reading, by the engine that the tenant's policy names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from PIL import Image

from acuse.errors import ReadingCrashed
from acuse.reading.agreement import agreed, is_settled
from acuse.reading.choosing import read_all, read_surest
from acuse.reading.rows import page_of
from acuse.reading.slips import is_slip, slips_of
from acuse.reading.values import DocumentReading, Kind, PageText, Source, Word
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.reading.barcode import AS_IT_IS, ENLARGED, read_codes
from acuse_workers.reading.engines.asking import RecogniserLine
from acuse_workers.reading.engines.recognised import Recognised
from acuse_workers.reading.engines.tesseract import Pass, recognise, upright
from acuse_workers.reading.images import levelled
from acuse_workers.reading.stages import Stopwatch

TESSERACT: Final = "tesseract"
PP_OCR: Final = "ppocr"
# Each further way is tried only while the fields are not settled. On labelled receipts the three
# find 7 % more totals than the first alone; tests/bench/reading.py measures it.
WAYS: Final = (
    Pass(segmentation=6, width=1200),
    Pass(segmentation=6, width=1200, adaptive=True),
    Pass(segmentation=4, width=1600, level=True),
)
# What has no fiscal QR: it is not looked for at any cost.
_WITHOUT_CODE: Final = frozenset({Kind.FOREIGN, Kind.TRANSFER})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a document says, and pages of it by number, as they were read or are to be drawn."""

    reading: DocumentReading
    pictures: Mapping[int, Image.Image]


Pictures = Mapping[int, Image.Image]
Found = Mapping[int, Recognised]


class Look:
    """One document's pictures by page number, and what was found in them so far."""

    def __init__(self, pictures: Pictures, *, today: date, stopwatch: Stopwatch) -> None:
        self.pictures = pictures
        self.stopwatch = stopwatch
        self._today = today
        self._codes = self._codes_at(AS_IT_IS)
        self._is_looked_closer = False
        self._readings: list[DocumentReading] = []

    @property
    def reading(self) -> DocumentReading:
        """Return what all looks together say."""
        return agreed(self._readings)

    @property
    def is_settled(self) -> bool:
        """Tell whether no further look pays."""
        return bool(self._readings) and is_settled(self.reading)

    def take(self, found: Found, *, engine: str) -> None:
        """Add what was found in the pictures; from now on they are as they were turned for it."""
        reading = self._read(found, engine)
        if self._may_have_code(reading):
            self._is_looked_closer = True
            self._codes = self._codes_at(ENLARGED)
            if self._codes:
                reading = self._read(found, engine)
        self._readings.append(reading)
        self.pictures = {number: page.picture for number, page in found.items()}

    def _codes_at(self, scales: Sequence[int]) -> list[str]:
        with self.stopwatch.time("codes"):
            pictures = self.pictures.values()
            return [code for picture in pictures for code in read_codes(picture, scales=scales)]

    def _may_have_code(self, reading: DocumentReading) -> bool:
        """Tell whether a closer look for a QR pays that was not seen yet."""
        if self._codes or self._is_looked_closer:
            return False
        return reading.kind.value not in _WITHOUT_CODE

    def _read(self, found: Found, engine: str) -> DocumentReading:
        with self.stopwatch.time("interpret"):
            return self._interpreted(found, engine)

    def _interpreted(self, found: Found, engine: str) -> DocumentReading:
        slips = {number: slips_of(page.words) for number, page in found.items()}
        if all(len(apart) == 1 for apart in slips.values()):
            pages = [_page(page.words, number, page) for number, page in found.items()]
            return read_all(pages, self._codes, today=self._today, engine=engine)
        each = [
            _page(words, number, found[number])
            for number, apart in slips.items()
            for words in apart
            if len(apart) > 1 or is_slip(words)
        ]
        return read_surest(each, self._codes, today=self._today, engine=engine)


def look_by(look: Look, policy: OcrPolicy, recogniser: RecogniserLine | None) -> Seen:
    """Return what the pictures say: by PP-OCR where it can be had and Tesseract is not asked for.

    Tesseract reads also where the recogniser ended: a receipt that is read less well is better than
    one that waits.
    """
    if recogniser is None or policy == "Tesseract":
        _by_tesseract(look)
    else:
        _by_ppocr(look, recogniser)
    return Seen(look.reading, look.pictures)


def _by_ppocr(look: Look, recogniser: RecogniserLine) -> None:
    try:
        with look.stopwatch.time("recognise"):
            found = {n: recogniser.upright(p, page=n) for n, p in look.pictures.items()}
    except ReadingCrashed:
        _by_tesseract(look)
    else:
        look.take(found, engine=PP_OCR)


def _by_tesseract(look: Look) -> None:
    for way in WAYS:
        if look.is_settled:
            return
        with look.stopwatch.time("recognise"):
            found = {n: by_way(p, way, page=n) for n, p in look.pictures.items()}
        look.take(found, engine=TESSERACT)


def _page(words: Sequence[Word], number: int, page: Recognised) -> PageText:
    size = page.picture
    return page_of(words, number, width=size.width, height=size.height, source=Source.OCR)


def by_way(picture: Image.Image, way: Pass, *, page: int) -> Recognised:
    """Return what Tesseract finds in one of its ways; the first one also turns the picture."""
    if way is WAYS[0]:
        return upright(picture, way, page=page)
    return recognise(levelled(picture) if way.level else picture, way, page=page)
