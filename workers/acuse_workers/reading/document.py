"""One file becomes one reading: QR codes, then its own text, then character recognition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from PIL import Image

from acuse.reading.agreement import agreed, is_settled
from acuse.reading.interpret import interpret
from acuse.reading.rows import page_of
from acuse.reading.values import DocumentReading, PageText, Source
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.images import levelled, load_image
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.media_type import MediaType, sniff_file
from acuse_workers.reading.ocr import Pass, Recognised, recognise, upright
from acuse_workers.reading.pdf import opened, page_image, text_pages

TEXT_ENGINE = "pdfplumber"
OCR_ENGINE = "tesseract"
# A page with fewer letters than this in its text layer is a scan.
_FEWEST_LETTERS = 40
# Each further way is tried only while the fields are not settled. On labelled receipts the three
# find 7 % more totals than the first alone; tests/bench/reading.py measures it.
_WAYS = (
    Pass(segmentation=6, width=1200),
    Pass(segmentation=6, width=1200, adaptive=True),
    Pass(segmentation=4, width=1600, level=True),
)


def read_document(path: Path, limits: ReadingLimits, *, today: date) -> DocumentReading:
    """Return what the file says; raise a Refused error if it cannot be read."""
    media = sniff_file(path, max_bytes=limits.max_file_bytes)
    if media is MediaType.PDF:
        return _read_pdf(path, limits, today=today)
    image = load_image(path, media, max_pixels=limits.max_pixels)
    return _read_pictures([image], today=today)


def _read_pdf(path: Path, limits: ReadingLimits, *, today: date) -> DocumentReading:
    with opened(path, limits) as document:
        pages = text_pages(path)
        scanned = [p.number for p in pages if _letters(p) < _FEWEST_LETTERS]
        if len(scanned) == len(pages):
            pictures = [page_image(document, number) for number in scanned]
            return _read_pictures(pictures, today=today)
        codes = read_codes(page_image(document, 1))
    return interpret(pages, codes, today=today, engine=TEXT_ENGINE)


def _letters(page: PageText) -> int:
    return sum(char.isalnum() for line in page.lines for char in line.text)


def _read_pictures(pictures: Sequence[Image.Image], *, today: date) -> DocumentReading:
    """Read all pictures in one way after the other until the fields are settled."""
    codes = [code for picture in pictures for code in read_codes(picture)]
    first = [upright(picture, _WAYS[0], page=n) for n, picture in enumerate(pictures, start=1)]
    turned = [found.picture for found in first]
    readings = [_interpreted(first, codes, today=today)]
    for way in _WAYS[1:]:
        if is_settled(agreed(readings)):
            break
        shown = [levelled(picture) for picture in turned] if way.level else turned
        found = [recognise(picture, way, page=n) for n, picture in enumerate(shown, start=1)]
        readings.append(_interpreted(found, codes, today=today))
    return agreed(readings)


def _interpreted(
    found: Sequence[Recognised], codes: Sequence[str], *, today: date
) -> DocumentReading:
    pages = [
        page_of(
            page.words,
            number,
            width=page.picture.width,
            height=page.picture.height,
            source=Source.OCR,
        )
        for number, page in enumerate(found, start=1)
    ]
    return interpret(pages, codes, today=today, engine=OCR_ENGINE)
