"""Pages for the readers' tests: rows of text, three spaces between columns."""

from __future__ import annotations

from acuse.reading.values import Box, Line, PageText, Source

_ROW = 20.0
_LETTER = 8.0


def page_of_rows(
    *rows: str, source: Source = Source.TEXT_LAYER, confidence: float = 1.0
) -> list[PageText]:
    """Return one page with these rows, each letter eight units wide."""
    lines = tuple(
        Line(
            text=row,
            box=Box(0.0, _ROW * place, _LETTER * len(row), _ROW * place + 16.0),
            confidence=confidence,
            page=1,
            source=source,
        )
        for place, row in enumerate(rows)
    )
    return [PageText(1, 1000.0, max(_ROW * len(rows), 1.0), source, lines)]


def page_of_text(text: str) -> list[PageText]:
    """Return one page with the text's rows, blank ones left out."""
    return page_of_rows(*(line.strip() for line in text.splitlines() if line.strip()))
