"""Several readings of one document become one: what they agree on is surer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from acuse.reading.interpret import judged
from acuse.reading.values import DocumentReading, Kind, Reading

T = TypeVar("T")

# Above these no second look at a picture pays: on labelled receipts 98 % are right.
_SURE_AMOUNT = 0.92
_SURE_DATE = 0.86
# Two readings err together more often than chance: this much of the second one counts.
_INDEPENDENT = 0.6
_DISAGREED = 0.85


def is_settled(reading: DocumentReading) -> bool:
    """Whether the fields that matching lives on are sure enough to stop looking."""
    amount, day = reading.amount, reading.issued_on
    return (
        amount is not None
        and day is not None
        and amount.confidence >= _SURE_AMOUNT
        and day.confidence >= _SURE_DATE
    )


def agreed(readings: Sequence[DocumentReading]) -> DocumentReading:
    """Return one reading with the best of each field; the first reading breaks ties.

    Readings of a picture with several receipts are not put together: each may be of another one.
    """
    most = max(reading.slips for reading in readings)
    if most > 1:
        of_one = [reading for reading in readings if reading.slips > 1]
        best = max(of_one, key=lambda reading: reading.document_confidence)
        return replace(best, slips=most)
    first = readings[0]
    if len(readings) == 1:
        return first
    best = max(readings, key=lambda r: (r.kind.value is not Kind.NONE, r.document_confidence))
    return judged(
        replace(
            best,
            issued_on=_best(readings, lambda r: r.issued_on),
            amount=_best(readings, lambda r: r.amount),
            vendor=_best(readings, lambda r: r.vendor),
            tax_id=_best(readings, lambda r: r.tax_id),
            number=_best(readings, lambda r: r.number),
            category=best.category or first.category,
            items=max((r.items for r in readings), key=len),
        )
    )


def _best(
    readings: Sequence[DocumentReading], field: Callable[[DocumentReading], Reading[T] | None]
) -> Reading[T] | None:
    found = [value for reading in readings if (value := field(reading)) is not None]
    if not found:
        return None
    top = max(found, key=lambda value: value.confidence)
    same = [value for value in found if value is not top and value.value == top.value]
    other = [value for value in found if value.value != top.value]
    doubt = 1.0 - top.confidence
    for value in same:
        doubt *= 1.0 - _INDEPENDENT * value.confidence
    confidence = (1.0 - doubt) * (_DISAGREED if other else 1.0)
    return replace(top, confidence=round(confidence, 4))
