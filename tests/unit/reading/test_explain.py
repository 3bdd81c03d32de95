"""What was read is drawn where it stands, each field in its colour."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from PIL import Image, ImageFont

from acuse.reading.values import Box, DocumentReading, Evidence, Kind, Reading, Source
from acuse_workers.reading import explain
from acuse_workers.reading.explain import annotated, pages_seen

AMOUNT, CURRENCY = (200, 32, 32), (200, 96, 0)
TOTAL = Evidence(2, Box(0.1, 0.5, 0.9, 0.55), "TOTAL $ 9,00", Source.OCR)


def reading(*, is_empty: bool = False) -> DocumentReading:
    none = Evidence(1, None, "", Source.OCR)
    amount = None if is_empty else Reading(Decimal("9.00"), 0.9, TOTAL)
    currency = None if is_empty else Reading("ARS", 0.9, TOTAL)
    return DocumentReading(
        kind=Reading(Kind.NONE, 0.5, none),
        issued_on=None,
        amount=amount,
        currency=currency,
        vendor=None,
        tax_id=None,
        number=None,
        category=None,
        items=(),
        document_confidence=0.5,
        engine="test",
        pages=2,
    )


def colours(picture: Image.Image, *, above: int) -> set[tuple[int, ...]]:
    pixels = np.asarray(picture)[:above].reshape(-1, 3)
    return {tuple(colour) for colour in pixels.tolist()}


def blank(height: int = 400) -> Image.Image:
    return Image.new("L", (600, height), 255)


def test_two_fields_of_one_line_are_both_seen() -> None:
    drawn = annotated({1: blank(), 2: blank()}, reading())

    assert {AMOUNT, CURRENCY} <= colours(drawn, above=drawn.height - 100)


def test_pages_that_nothing_was_read_from_are_left_out() -> None:
    both = annotated({1: blank(300), 2: blank(), 3: blank()}, reading())
    one = annotated({1: blank(300), 3: blank()}, reading(is_empty=True))

    assert pages_seen(reading()) == [1, 2]
    assert pages_seen(reading(is_empty=True)) == [1]

    assert 700 < both.height < 1000
    assert one.height < 400
    assert AMOUNT not in colours(one, above=one.height)


def test_a_large_page_is_shrunk() -> None:
    drawn = annotated({1: blank(), 2: Image.new("L", (5600, 400), 255)}, reading())

    assert drawn.width == 1400


def test_without_a_font_of_the_system_letters_lose_their_accents_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explain, "_SYSTEM_FONT", "there-is-no-such-font.ttf")
    font = explain.legend_font()

    assert isinstance(font, ImageFont.FreeTypeFont)
    drawable = explain.drawable("Papelería «Ñandú»", font)
    assert drawable == "Papeleria «Nandu»"
    annotated({1: blank(), 2: blank()}, reading())
