"""Several receipts in one photo: their words fall apart where nothing is written between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Final, Literal

from acuse.reading.dates import days_of_issue
from acuse.reading.folding import fold
from acuse.reading.rows import page_of
from acuse.reading.tax_id import find_tax_ids
from acuse.reading.total_labels import has_total_label, labelled_amounts
from acuse.reading.values import Source, Word

Words = Sequence[Word]
_Direction = Literal["beside", "below"]

# Papers lie askew of each other: a gap between two may lean by this much of its length.
_LEANS: Final = tuple(step / 40 for step in range(-6, 7))
# A gap is wider than this many letter heights: between columns of words, and between rows.
_NARROWEST: Final[dict[_Direction, float]] = {"beside": 1.0, "below": 1.5}
# Gaps that are looked at, the widest first.
_MOST_GAPS: Final = 6
_FEWEST_WORDS: Final = 4
_MOST_SLIPS: Final = 8


@dataclass(frozen=True, slots=True)
class _Told:
    """What tells one receipt from another, as far as some words say it."""

    totals: frozenset[Decimal]
    days: frozenset[date]
    tax_ids: frozenset[str]

    @property
    def is_slip(self) -> bool:
        """Whether they are a receipt's: a total, and a date or tax id of their own."""
        return bool(self.totals and (self.days or self.tax_ids))

    def is_another(self, other: _Told) -> bool:
        """Whether this cannot be a further part of the same receipt."""
        same_day = bool(self.days & other.days)
        if not self.days or not other.days or (same_day and self.totals & other.totals):
            return False
        if self.tax_ids and other.tax_ids:
            return True
        # Without tax ids at all: a receipt from abroad may show its day more than once.
        return not self.tax_ids and not other.tax_ids and not same_day


@dataclass(frozen=True, slots=True)
class _Cut:
    """Words on both sides of a gap, and how wide it is in letter heights."""

    width: float
    before: tuple[Word, ...]
    after: tuple[Word, ...]


def slips_of(words: Words) -> list[Words]:
    """Return the words of each receipt on one page; all of them together where there is one.

    Receipts are told apart only where each has a total, and a date or tax id, of its own.
    """
    return _apart([word for word in words if word.text.strip()], most=_MOST_SLIPS) or [words]


def is_slip(words: Words) -> bool:
    """Tell whether words are a receipt's: a total, and a date or tax id."""
    return _told(words).is_slip


def _apart(words: Words, *, most: int) -> list[Words]:
    cut = max(_cuts(words), key=lambda found: found.width, default=None) if most > 1 else None
    if cut is None:
        return [words]
    first = _apart(cut.before, most=most - 1)
    return [*first, *_apart(cut.after, most=most - len(first))]


def _cuts(words: Words) -> Iterator[_Cut]:
    """Yield the cuts that leave a receipt on either side."""
    labels = {id(word) for word in words if has_total_label(fold(word.text))}
    if len(labels) < 2:  # noqa: PLR2004 - nothing to tell apart
        return
    tried: set[frozenset[int]] = set()
    directions: tuple[_Direction, ...] = ("beside", "below")
    for direction in directions:
        for cut in _gaps(words, direction):
            side = frozenset(map(id, cut.before))
            if side in tried or not labels & side or labels <= side:
                continue
            tried.add(side)
            before, after = _told(cut.before), _told(cut.after)
            if not (before.is_slip and after.is_slip):
                continue
            if direction == "beside" or before.is_another(after):
                yield cut


def _gaps(words: Words, direction: _Direction) -> Iterator[_Cut]:
    """Yield where no word is, straight across the page and leaning to either side."""
    unit = max(median(word.box.height for word in words), 1e-6)
    for lean in _LEANS:
        spans = sorted((*_span(word, direction, lean), n) for n, word in enumerate(words))
        gaps = sorted(_between(spans), reverse=True)[:_MOST_GAPS]
        for width, place in gaps:
            if width < _NARROWEST[direction] * unit:
                break
            if min(place, len(words) - place) >= _FEWEST_WORDS:
                order = [words[n] for *_, n in spans]
                yield _Cut(width / unit, tuple(order[:place]), tuple(order[place:]))


def _between(spans: Iterable[tuple[float, float, int]]) -> Iterator[tuple[float, int]]:
    """Yield the width of each gap, and how many words begin before it."""
    reached = math.inf
    for place, (start, end, _) in enumerate(spans):
        if start > reached:
            yield start - reached, place
        reached = end if place == 0 else max(reached, end)


def _span(word: Word, direction: _Direction, lean: float) -> tuple[float, float]:
    """Return from where to where a word reaches, seen along a gap that leans."""
    box = word.box
    if direction == "beside":
        moved = lean * (box.top + box.bottom) / 2
        return box.left - moved, box.right - moved
    ends = (lean * box.left, lean * box.right)
    return box.top - max(ends), box.bottom - min(ends)


def _told(words: Words) -> _Told:
    page = page_of(words, 1, width=1.0, height=1.0, source=Source.OCR)
    return _Told(
        totals=frozenset(labelled_amounts(page)),
        days=frozenset(days_of_issue(page)),
        tax_ids=frozenset(digits for line in page.lines for digits, _ in find_tax_ids(line.text)),
    )
