"""The final total to pay, among all the amounts of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from acuse.reading.money import Money
from acuse.reading.picking import Candidate, pick
from acuse.reading.sums import Sums
from acuse.reading.total_labels import LABELLED, TotalRow, label_points, rows_with_amounts
from acuse.reading.values import PageText, Reading

_LARGEST = Decimal(10) ** 10
_CENTS = 2
# What a confidence is worth whose total is not what the document's own sums end in.
_CONTRADICTED = 0.6


def read_amount(pages: Sequence[PageText], *, is_voucher: bool = False) -> Reading[Decimal] | None:
    """Return the total to pay, always positive; None if the document shows no amount.

    On a transfer's voucher it is what was sent.
    """
    rows = [row for page in pages for row in rows_with_amounts(page, is_voucher=is_voucher)]
    sums = Sums(rows)
    candidates = [
        Candidate(c.value, c.points + sums.support(c.value), c.line)
        for c in _candidates(rows)
        if 0 < c.value < _LARGEST
    ]
    candidates += [Candidate(v, 4.0 + sums.support(v), rows[-1].line) for v in sums.implied()]
    found = pick(candidates, pages)
    if found is None or not sums.speak_against(found.value):
        return found
    return replace(found, confidence=round(_CONTRADICTED * found.confidence, 4))


def _candidates(rows: Sequence[TotalRow]) -> Iterator[Candidate[Decimal]]:
    for place, row in enumerate(rows):
        label = label_points(row)
        money = _rightmost(row.amounts, labelled=label >= LABELLED)
        if money is not None:
            form = (0.3 if money.symbol else 0.0) + (0.3 if money.decimals == _CENTS else 0.0)
            points = label + form + 0.4 * place / len(rows)
            yield Candidate(abs(money.value), points, row.line)
        elif label >= LABELLED:
            yield from _beside(rows, place, label)


def _rightmost(amounts: Sequence[Money], *, labelled: bool) -> Money | None:
    """Pick the row's amount; where a label asks for one, a whole number will do."""
    clear = [m for m in amounts if m.is_amount and m.value]
    if clear:
        return clear[-1]
    return amounts[-1] if labelled and amounts and amounts[-1].value else None


def _beside(rows: Sequence[TotalRow], place: int, label: float) -> Iterator[Candidate[Decimal]]:
    """Yield the amount of the next row, or of the one before, for a label that stands alone."""
    for step, loss in ((1, 0.8), (-1, 1.6), (2, 1.6)):
        if not 0 <= place + step < len(rows):
            continue
        row = rows[place + step]
        money = _rightmost(row.amounts, labelled=step == 1)
        if money is not None and label_points(row) < LABELLED and not row.has_words:
            yield Candidate(abs(money.value), label - loss, row.line)
