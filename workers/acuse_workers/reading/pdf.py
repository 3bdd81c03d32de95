"""PDF files: their own text by pdfplumber, and pictures of their pages by PDFium."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
from PIL import Image

from acuse.errors import DocumentBroken, DocumentProtected, DocumentTooBig
from acuse.reading.rows import page_of
from acuse.reading.values import Box, PageText, Source, Word
from acuse_workers.reading.images import grey_on_white
from acuse_workers.reading.limits import ReadingLimits

# PDFium's binding has no types; what leaves this module does.
_PDFIUM: Any = import_module("pypdfium2")
PdfDocument = Any
# What pdfplumber lets out for damaged objects.
_DAMAGED = (
    MalformedPDFException,
    PSException,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_DPI = 200
_POINTS_PER_INCH = 72
_LONGEST_SIDE = 3000
_PASSWORD = "password"  # noqa: S105 - a word of PDFium's message


@contextmanager
def opened(path: Path, limits: ReadingLimits) -> Generator[PdfDocument]:
    """Open a PDF whose pages are few and small enough; raise a Refused error otherwise."""
    try:
        document = _PDFIUM.PdfDocument(path)
    except _PDFIUM.PdfiumError as exc:
        if _PASSWORD in str(exc).lower():
            raise DocumentProtected("the PDF needs a password") from exc
        raise DocumentBroken("the PDF cannot be opened") from exc
    try:
        _check_size(document, limits)
        yield document
    finally:
        document.close()


def _check_size(document: PdfDocument, limits: ReadingLimits) -> None:
    """Refuse before anything is rendered or parsed: neither library does."""
    if len(document) == 0:
        raise DocumentBroken("the PDF has no pages")
    if len(document) > limits.max_pages:
        raise DocumentTooBig(
            f"the PDF has {len(document)} pages; at most {limits.max_pages} are read"
        )
    for number in range(len(document)):
        width, height = _page_size(document, number)
        # One pixel a point is the least that any reader would draw.
        if width * height > limits.max_pixels:
            raise DocumentTooBig(f"page {number + 1} measures {width:.0f} x {height:.0f} points")


def _page_size(document: PdfDocument, index: int) -> tuple[float, float]:
    try:
        width, height = document.get_page_size(index)
    except _PDFIUM.PdfiumError as exc:
        raise DocumentBroken(f"page {index + 1} of the PDF is damaged") from exc
    return width, height


def page_image(document: PdfDocument, number: int) -> Image.Image:
    """Return page `number` (from 1) in grey at 200 dpi, or less if that would be too large."""
    width, height = _page_size(document, number - 1)
    scale = min(_DPI / _POINTS_PER_INCH, _LONGEST_SIDE / max(width, height, 1.0))
    try:
        picture: Image.Image = document[number - 1].render(scale=scale, grayscale=True).to_pil()
    except _PDFIUM.PdfiumError as exc:
        raise DocumentBroken(f"page {number} cannot be drawn") from exc
    return grey_on_white(picture)


def text_pages(path: Path) -> list[PageText]:
    """Return the text layer of every page, no lines for one without; [] if it is damaged."""
    try:
        with pdfplumber.open(path) as document:
            return [_text_of(page) for page in document.pages]
    except PdfminerException as exc:
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in (exc.__cause__, *exc.args)):
            raise DocumentProtected("the PDF needs a password") from exc
        return []
    except _DAMAGED:
        # PDFium could open it, so its pages can still be seen.
        return []


def _text_of(page: Page) -> PageText:
    words = [
        Word(
            text=str(word["text"]),
            box=Box(
                float(word["x0"]), float(word["top"]), float(word["x1"]), float(word["bottom"])
            ),
            confidence=1.0,
            page=page.page_number,
        )
        for word in page.dedupe_chars().extract_words(x_tolerance_ratio=0.18, y_tolerance=2)
    ]
    return page_of(
        words,
        page.page_number,
        width=float(page.width),
        height=float(page.height),
        source=Source.TEXT_LAYER,
    )
