"""One file becomes one reading: QR codes, then its own text, then character recognition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from acuse.reading.agreement import agreed, is_settled
from acuse.reading.interpret import interpret
from acuse.reading.rows import page_of
from acuse.reading.values import DocumentReading, PageText, Source
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.explain import annotated, pages_seen
from acuse_workers.reading.images import levelled, load_image
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.media_type import MediaType, sniff_file
from acuse_workers.reading.ocr import Pass, Recognised, recognise, upright
from acuse_workers.reading.pdf import opened, page_image, text_pages

TEXT_ENGINE = "pdfplumber"
OCR_ENGINE = "tesseract"
# A PDF with fewer letters than this in its text layer is a scan.
_FEWEST_LETTERS = 40
# Of a scan this many pages are read, and its last one: recognition takes about a second each.
_FIRST_PAGES = 3
# Each further way is tried only while the fields are not settled. On labelled receipts the three
# find 7 % more totals than the first alone; tests/bench/reading.py measures it.
_WAYS = (
    Pass(segmentation=6, width=1200),
    Pass(segmentation=6, width=1200, adaptive=True),
    Pass(segmentation=4, width=1600, level=True),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a document says, and pages of it by number, as they were read or are to be drawn."""

    reading: DocumentReading
    pictures: Mapping[int, Image.Image]


def read_document(
    path: Path, limits: ReadingLimits, *, today: date, explain_to: Path | None = None
) -> DocumentReading:
    """Return what the file says; raise a Refused error if it cannot be read.

    `explain_to`: where to draw that onto its pages, as PNG.
    """
    media = sniff_file(path, max_bytes=limits.max_file_bytes)
    if media is MediaType.PDF:
        seen = _read_pdf(path, limits, today=today, is_drawn=explain_to is not None)
    else:
        image = load_image(path, media, max_pixels=limits.max_pixels)
        seen = _read_pictures({1: image}, today=today)
    if explain_to is not None:
        annotated(seen.pictures, seen.reading).save(explain_to, format="PNG")
    return seen.reading


def _read_pdf(path: Path, limits: ReadingLimits, *, today: date, is_drawn: bool) -> Seen:
    """Read the text layer; without one, or without an amount in it, read pictures of the pages."""
    with opened(path, limits) as document:
        texts = text_pages(path)
        if sum(map(_letters, texts)) >= _FEWEST_LETTERS:
            codes = read_codes(page_image(document, 1))
            reading = interpret(texts, codes, today=today, engine=TEXT_ENGINE)
            if reading.amount is not None:
                drawn = pages_seen(reading) if is_drawn else []
                return Seen(reading, {number: page_image(document, number) for number in drawn})
        pictures = {number: page_image(document, number) for number in _shown(len(document))}
    return _read_pictures(pictures, today=today)


def _shown(pages: int) -> list[int]:
    """Return the pages worth a picture: the first ones, and the last, which has the total."""
    return sorted({*range(1, min(pages, _FIRST_PAGES) + 1), pages})


def _letters(page: PageText) -> int:
    return sum(char.isalnum() for line in page.lines for char in line.text)


def _read_pictures(pictures: Mapping[int, Image.Image], *, today: date) -> Seen:
    """Read the pictures by page number in one way after the other until the fields are settled."""
    codes = [code for picture in pictures.values() for code in read_codes(picture)]
    first = {n: upright(picture, _WAYS[0], page=n) for n, picture in pictures.items()}
    turned = {n: found.picture for n, found in first.items()}
    readings = [_interpreted(first, codes, today=today)]
    for way in _WAYS[1:]:
        if is_settled(agreed(readings)):
            break
        shown = {n: levelled(p) for n, p in turned.items()} if way.level else turned
        again = {n: recognise(picture, way, page=n) for n, picture in shown.items()}
        readings.append(_interpreted(again, codes, today=today))
    return Seen(agreed(readings), turned)


def _interpreted(
    found: Mapping[int, Recognised], codes: Sequence[str], *, today: date
) -> DocumentReading:
    pages = [
        page_of(
            page.words,
            number,
            width=page.picture.width,
            height=page.picture.height,
            source=Source.OCR,
        )
        for number, page in found.items()
    ]
    return interpret(pages, codes, today=today, engine=OCR_ENGINE)
