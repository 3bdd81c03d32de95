"""PDF files: their own text by pdfplumber, and pictures of their pages by PDFium."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import PdfminerException
from PIL import Image

from acuse.errors import DocumentBroken, DocumentProtected, DocumentTooBig
from acuse.reading.rows import page_of
from acuse.reading.values import Box, PageText, Source, Word
from acuse_workers.reading.images import grey_on_white
from acuse_workers.reading.limits import ReadingLimits


class _Bitmap(Protocol):
    def to_pil(self) -> Image.Image: ...


class _PdfPage(Protocol):
    def render(self, *, scale: float, grayscale: bool) -> _Bitmap: ...


class PdfDocument(Protocol):
    """What we use of PDFium's document, which has no types."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> _PdfPage: ...

    def get_page_size(self, index: int) -> tuple[float, float]:
        """Return a page's width and height in points."""
        ...

    def close(self) -> None:
        """Free the document's memory."""
        ...


class _Pdfium(Protocol):
    PdfiumError: type[Exception]

    def PdfDocument(self, path: Path) -> PdfDocument: ...  # noqa: N802 - PDFium's name


_PDFIUM = cast("_Pdfium", import_module("pypdfium2"))
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
        width, height = document.get_page_size(number)
        # One pixel a point is the least that any reader would draw.
        if width * height > limits.max_pixels:
            raise DocumentTooBig(f"page {number + 1} measures {width:.0f} x {height:.0f} points")


def page_image(document: PdfDocument, number: int) -> Image.Image:
    """Return page `number` (from 1) in grey at 200 dpi, or less if that would be too large."""
    width, height = document.get_page_size(number - 1)
    scale = min(_DPI / _POINTS_PER_INCH, _LONGEST_SIDE / max(width, height, 1.0))
    try:
        picture = document[number - 1].render(scale=scale, grayscale=True).to_pil()
    except _PDFIUM.PdfiumError as exc:
        raise DocumentBroken(f"page {number} cannot be drawn") from exc
    return grey_on_white(picture)


def text_pages(path: Path) -> list[PageText]:
    """Return the text layer of every page; a page without text has no lines."""
    try:
        with pdfplumber.open(path) as document:
            return [_text_of(page) for page in document.pages]
    except PdfminerException as exc:
        if isinstance(exc.__cause__ or exc.args[0], PDFPasswordIncorrect):
            raise DocumentProtected("the PDF needs a password") from exc
        raise DocumentBroken("the PDF's text cannot be parsed") from exc


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
