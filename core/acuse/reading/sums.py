"""The document's own sums: which values they confirm as the total."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from acuse.reading.total_labels import PARTIAL, PLAIN, ROUNDING, TAX, TENDER, TotalRow

# A total that a printed rounding turns into another value has been replaced by that one.
_ROUNDED = 1000
# What was given less the change is what was to be paid.
_PAID = 20
_GIVEN_AND_CHANGE = 2
_LARGEST_ROUNDING = Decimal("0.05")


class Sums:
    """How often the document's sums end in each of its values."""

    def __init__(self, rows: Sequence[TotalRow]) -> None:
        self._seen = Counter(
            abs(m.value) for r in rows for m in r.amounts if m.is_amount and not r.in_summary
        )
        self._confirmed: Counter[Decimal] = Counter()
        # What a total should be, where that is clear, and sums before taxes.
        self._wholes: set[Decimal] = set()
        self._nets = set(_amounts(rows, PARTIAL))
        self._confirm_payment(rows)
        self._confirm_parts(rows)

    def support(self, value: Decimal) -> float:
        """Weigh what the rest of the document says for a value being the total."""
        confirmed = self._confirmed[value]
        points = 0.9 if confirmed else 0.0
        points += 1.0 if confirmed % _ROUNDED >= _PAID else 0.0
        points += 1.6 if confirmed >= _ROUNDED else 0.0
        points += 0.4 if value == max(self._seen, default=value) else 0.0
        points += 0.8 if list(self._seen) == [value] else 0.0
        return points + 0.25 * min(self._seen[value] - 1, 3)

    def speak_against(self, value: Decimal) -> bool:
        """Tell whether what was paid, or a net with its tax, ends in another total than this.

        It does not where the rest is another amount of the document, such as goods of another rate,
        or where the value is a sum before taxes too: they are contained in it.
        """
        if self._confirmed[value] or value in self._nets:
            return False
        rests = [value - whole for whole in self._wholes]
        return bool(rests) and all(
            abs(rest) > _LARGEST_ROUNDING and rest not in self._seen for rest in rests
        )

    def implied(self) -> list[Decimal]:
        """Return totals that were not legible, yet follow from both a payment and a rounding."""
        both = [value for value, times in self._confirmed.items() if times > _ROUNDED]
        return [v for v in both if self._confirmed[v] % _ROUNDED >= _PAID and not self._seen[v]]

    def _confirm_payment(self, rows: Sequence[TotalRow]) -> None:
        """Confirm what was given, less the change."""
        tender = [abs(value) for value in _amounts(rows, TENDER)]
        if len({*tender} - {Decimal(0)}) == _GIVEN_AND_CHANGE:
            self._wholes.add(max(tender) - min(value for value in tender if value))
        for given in tender:
            for change in tender:
                if given > change > 0:
                    self._confirmed[given - change] += _PAID

    def _confirm_parts(self, rows: Sequence[TotalRow]) -> None:
        """Confirm a net with its tax, and a sum with its rounding."""
        nets, totals = _amounts(rows, PARTIAL), _amounts(rows, PLAIN)
        taxes = set(_amounts(rows, TAX))
        parts = [n + t for n in nets for t in taxes if 0 < abs(t) < n]
        self._confirmed.update(parts)
        self._wholes.update(parts)
        small = {v for v in _amounts(rows, ROUNDING) if 0 < abs(v) < _LARGEST_ROUNDING}
        for value in {abs(v) for v in _amounts(rows, ROUNDING)} & set(self._seen):
            if any(0 < abs(value - whole) < _LARGEST_ROUNDING for whole in totals):
                self._confirmed[value] += _ROUNDED
        # A minus is the first sign that recognition loses.
        signs = small | {-rounding for rounding in small if rounding > 0}
        for whole in {*totals, *nets}:
            self._confirmed.update({whole + rounding: _ROUNDED for rounding in signs})


def _amounts(rows: Sequence[TotalRow], label: re.Pattern[str]) -> list[Decimal]:
    """Return the last amount of each row that the label names."""
    named = [row for row in rows if label.search(row.folded)]
    return [m.value for row in named for m in row.amounts[-1:] if m.is_amount]
