"""Words become rows: the reading order that every parser works on."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from acuse.reading.values import Box, Line, PageText, Source, Word

# Words belong to one row when their heights overlap by this share of the smaller one.
_OVERLAP = 0.45
# A gap wider than this many letter heights separates columns.
_COLUMN_GAP = 1.6
COLUMN = "   "


def page_of(
    words: Iterable[Word], number: int, *, width: float, height: float, source: Source
) -> PageText:
    """Return the page's rows, top to bottom, from its words in any order."""
    rows = rows_of(words)
    lines = tuple(_line(row, source) for row in rows)
    return PageText(number=number, width=width, height=height, source=source, lines=lines)


def rows_of(words: Iterable[Word]) -> list[list[Word]]:
    """Group words that stand on one row; each follows its left neighbour, so a slope is fine."""
    rows: list[list[Word]] = []
    for word in sorted((w for w in words if w.text.strip()), key=lambda w: w.box.left):
        row = max(rows, key=lambda r: _overlap(r[-1].box, word.box), default=None)
        if row is not None and _overlap(row[-1].box, word.box) >= _OVERLAP:
            row.append(word)
        else:
            rows.append([word])
    return sorted(rows, key=lambda r: median((w.box.top + w.box.bottom) / 2 for w in r))


def _overlap(a: Box, b: Box) -> float:
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared / max(min(a.height, b.height), 1e-6)


def _line(row: list[Word], source: Source) -> Line:
    size = median(w.box.height for w in row)
    text, box = row[0].text, row[0].box
    for left, right in pairwise(row):
        gap = right.box.left - left.box.right
        text += (COLUMN if gap > _COLUMN_GAP * size else " ") + right.text
        box = box.around(right.box)
    confidence = sum(w.confidence for w in row) / len(row)
    return Line(text=text, box=box, confidence=confidence, page=row[0].page, source=source)
