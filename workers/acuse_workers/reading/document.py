"""One file becomes one reading: QR codes, then its own text, then character recognition."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from acuse.reading.binding import documents_of
from acuse.reading.calibration import calibrated
from acuse.reading.choosing import read_all
from acuse.reading.values import DocumentReading, PageText
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.engines.asking import RecogniserLine
from acuse_workers.reading.explain import annotated, pages_seen
from acuse_workers.reading.images import load_image
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.looking import Look, Pictures, Seen, look_by
from acuse_workers.reading.media_type import MediaType, sniff_file
from acuse_workers.reading.pdf import opened, page_image, text_pages
from acuse_workers.reading.stages import Stopwatch
from acuse_workers.reading.tiff import page_frames

TEXT_ENGINE = "pdfplumber"
# A PDF with fewer letters than this in its text layer is a scan.
_FEWEST_LETTERS = 40
# Of a scan this many pages are read, and its last one: recognition takes about a second each.
_FIRST_PAGES = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """How a document is read: what it may cost, which day it is, and by which engines."""

    limits: ReadingLimits
    today: date
    policy: OcrPolicy = "Tesseract"
    recogniser: RecogniserLine | None = None
    stopwatch: Stopwatch = field(default_factory=Stopwatch)


def read_document(path: Path, terms: Terms, *, explain_to: Path | None = None) -> DocumentReading:
    """Return what the file says; raise a Refused error if it cannot be read.

    `explain_to`: where to draw that onto its pages, as PNG.
    """
    media = sniff_file(path, max_bytes=terms.limits.max_file_bytes)
    if media is MediaType.PDF:
        seen = _read_pdf(path, terms, is_drawn=explain_to is not None)
    else:
        with terms.stopwatch.time("decode"):
            pictures = _pictures_of(path, media, terms.limits)
        seen = _look_at(pictures, terms)
    reading = calibrated(seen.reading)
    if explain_to is not None:
        with terms.stopwatch.time("draw"):
            annotated(seen.pictures, reading).save(explain_to, format="PNG")
    return reading


def _pictures_of(path: Path, media: MediaType, limits: ReadingLimits) -> Pictures:
    """Return what is looked at of an image file: its first frame, or pages as of a scan."""
    frames = page_frames(path, limits) if media is MediaType.TIFF else (0,)
    return {
        number: load_image(path, media, max_pixels=limits.max_pixels, frame=frames[number - 1])
        for number in _shown(len(frames))
    }


def _read_pdf(path: Path, terms: Terms, *, is_drawn: bool) -> Seen:
    """Read the text layer; without one, or without an amount in it, read pictures of the pages."""
    watch = terms.stopwatch
    with opened(path, terms.limits) as document:
        with watch.time("decode"):
            texts = text_pages(path)
        if sum(map(_letters, texts)) >= _FEWEST_LETTERS:
            with watch.time("interpret"):
                heads = [pages[0].number for pages in documents_of(texts, today=terms.today)]
            with watch.time("codes"):
                codes = [code for head in heads for code in read_codes(page_image(document, head))]
            with watch.time("interpret"):
                reading = read_all(texts, codes, today=terms.today, engine=TEXT_ENGINE)
            if reading.amount is not None:
                drawn = pages_seen(reading) if is_drawn else []
                return Seen(reading, {number: page_image(document, number) for number in drawn})
        with watch.time("decode"):
            pictures = {number: page_image(document, number) for number in _shown(len(document))}
    return _look_at(pictures, terms)


def _look_at(pictures: Pictures, terms: Terms) -> Seen:
    look = Look(pictures, today=terms.today, stopwatch=terms.stopwatch)
    return look_by(look, terms.policy, terms.recogniser)


def _shown(pages: int) -> list[int]:
    """Return the pages worth a picture: the first ones, and the last, which has the total."""
    return sorted({*range(1, min(pages, _FIRST_PAGES) + 1), pages})


def _letters(page: PageText) -> int:
    return sum(char.isalnum() for line in page.lines for char in line.text)
