"""A QR that only a closer look shows is looked for where there can be one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from PIL import Image

from acuse.reading.values import Box, DocumentReading, Kind, Source, Word
from acuse_lab.documents.fiscal_qr import FiscalFacts, fiscal_address, qr_image
from acuse_workers.reading.barcode import AS_IT_IS, read_codes
from acuse_workers.reading.engines.recognised import Recognised
from acuse_workers.reading.looking import PP_OCR, Look
from acuse_workers.reading.stages import Stopwatch

TODAY = date(2026, 11, 20)
SAID = FiscalFacts(TODAY, "30712345671", 6, (3, 1234), Decimal("12100.00"), "76123456789012")


def photo(*, pixels_a_module: float) -> Image.Image:
    """Return a sheet with a fiscal QR on it."""
    code = qr_image(fiscal_address(SAID), module=1)
    side = round(code.width * pixels_a_module)
    sheet = Image.new("L", (600, 600), 255)
    sheet.paste(code.convert("L").resize((side, side), Image.Resampling.BILINEAR), (200, 300))
    return sheet


def reading_of(picture: Image.Image, *rows: str) -> DocumentReading:
    """Return what a picture says, in which an engine found these rows."""
    boxes = [Box(40.0, 20.0 + 40 * at, 500.0, 44.0 + 40 * at) for at in range(len(rows))]
    words = tuple(Word(row, box, 0.99, 1) for row, box in zip(rows, boxes, strict=True))
    look = Look({1: picture}, today=TODAY, stopwatch=Stopwatch())
    look.take({1: Recognised(picture, words)}, engine=PP_OCR)
    return look.reading


@pytest.fixture
def small() -> Image.Image:
    """Return a photo whose QR is too small to be read as it is."""
    picture = photo(pixels_a_module=1.25)
    assert read_codes(picture, scales=AS_IT_IS) == ()
    assert read_codes(picture) != ()
    return picture


@pytest.mark.parametrize("rows", [("FACTURA B", "TOTAL $ 12.100,00"), ("nada que se lea",), ()])
def test_a_small_qr_is_read_of_an_invoice_and_of_what_cannot_be_read(
    small: Image.Image, rows: tuple[str, ...]
) -> None:
    amount = reading_of(small, *rows).amount
    assert amount is not None
    assert (amount.value, amount.evidence.source) == (Decimal("12100.00"), Source.QR)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (Kind.TRANSFER, ("Transferencia enviada", "CBU 0170099220000067797370", "$ 12.100,00")),
        (Kind.FOREIGN, ("TAX INVOICE", "GST 6%", "TOTAL RM 12.10", "THANK YOU")),
    ],
)
def test_what_has_no_fiscal_qr_is_not_looked_at_again(
    small: Image.Image, kind: Kind, rows: tuple[str, ...]
) -> None:
    reading = reading_of(small, *rows)
    assert reading.kind.value is kind
    assert reading.amount is None or reading.amount.evidence.source is not Source.QR


def test_a_qr_that_is_read_as_it_is_counts_on_any_document() -> None:
    amount = reading_of(photo(pixels_a_module=4), "TAX INVOICE", "TOTAL RM 12.10").amount
    assert amount is not None
    assert amount.evidence.source is Source.QR
