"""Words become rows, top to bottom, left to right."""

from __future__ import annotations

from acuse.reading.rows import page_of
from acuse.reading.values import Box, Source, Word


def word(text: str, left: float, top: float, *, tall: float = 10.0) -> Word:
    return Word(text, Box(left, top, left + 8.0 * len(text), top + tall), 0.9, 1)


def rows(*words: Word) -> list[str]:
    page = page_of(words, 1, width=500, height=500, source=Source.OCR)
    return [line.text for line in page.lines]


def test_words_in_any_order_become_rows_with_columns() -> None:
    found = rows(
        word("100,00", 300, 21), word("Total", 10, 20), word("Acme", 10, 0), word("SA", 46, 1)
    )

    assert found == ["Acme SA", "Total   100,00"]


def test_a_sloping_row_stays_one_row() -> None:
    sloping = [word("abc", 30.0 * step, 2.0 * step) for step in range(10)]

    assert len(rows(*sloping)) == 1


def test_blank_words_make_no_rows() -> None:
    assert rows(word(" ", 0, 0)) == []
