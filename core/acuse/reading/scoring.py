"""How right readings are: each field against its label, and shares with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz import fuzz

from acuse.reading.labels import FIELDS, Label, flattened

# Of 100: two names of a vendor, and two descriptions of an item, that are taken for the same.
_SAME_VENDOR: Final = 90.0
_SAME_ITEM: Final = 80.0
# The normal distribution's quantile for an interval that covers 95 %.
_Z95: Final = 1.959963984540054
_NAMES: Final = frozenset({"vendor", "payer.name", "payee.name", "payer.bank", "payee.bank"})
# What decides whether a receipt is found in a ledger.
_TOGETHER: Final = ("amount", "date", "vendor")

# What acuse.reading.decision asks to be sure.
_DECIDING: Final = ("kind", "date", "amount", "vendor", "tax_id")

TOGETHER: Final = "amount, date and vendor"
# What a fiscal document is known by, whatever its issuer's name is printed like.
_KNOWN_BY: Final = ("amount", "date", "tax_id", "kind")
KNOWN_BY: Final = "amount, date, tax_id and kind"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of so many were right."""

    right: int
    count: int

    @property
    def value(self) -> float:
        """Return the share, from 0 to 1; 0 of none."""
        return self.right / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's score interval at 95 %, from 0 to 1.

        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927), pages 209-212.
        """
        if not self.count:
            return 0.0, 1.0
        n, p, z = self.count, self.value, _Z95
        middle = p + z * z / (2 * n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        whole = 1 + z * z / n
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


@dataclass(frozen=True, slots=True)
class ItemsFound:
    """Items that were read, that were labelled, and that are the same."""

    read: int
    labelled: int
    same: int

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall; 1 where there are none at all."""
        total = self.read + self.labelled
        return 2 * self.same / total if total else 1.0


def judge(label: Label, answer: Mapping[str, Any]) -> dict[str, bool]:
    """Return whether each labelled field is right, and all that decide together.

    `answer` has the fields of `acuse read --json`. Names may be written a little differently, an
    alias in capitals.
    """
    flat = flattened(answer)
    found = {
        name: _is_same(name, want, flat.get(name))
        for name, want in label.fields.items()
        if name in FIELDS
    }
    together = [found[name] for name in _TOGETHER if name in found]
    if len(together) > 1:
        found[TOGETHER] = all(together)
    if found.keys() >= set(_KNOWN_BY):
        found[KNOWN_BY] = all(found[name] for name in _KNOWN_BY)
    return found


def all_right(right: Mapping[str, bool]) -> bool:
    """Whether none of the fields that a decision is made by is wrong, as `judge` found them."""
    return all(right.get(name, True) for name in _DECIDING)


def _is_same(name: str, want: str | None, got: object) -> bool:
    if want is None or got is None:
        return want is got
    if name.endswith(".alias"):
        return want.lower() == str(got).lower()
    if name in _NAMES:
        return fuzz.ratio(_letters(want), _letters(str(got))) >= _SAME_VENDOR
    return want == got


def _letters(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())


def compare_items(label: Label, answer: Mapping[str, Any]) -> ItemsFound | None:
    """Return how the items agree, by amount and description; None where none are labelled."""
    if label.items is None:
        return None
    left: list[Mapping[str, Any]] = list(answer.get("items") or ())
    read, same = len(left), 0
    for item in label.items:
        alike = [other for other in left if _is_same_item(item, other)]
        if alike:
            left.remove(alike[0])
            same += 1
    return ItemsFound(read, len(label.items), same)


def _is_same_item(item: Mapping[str, str], other: Mapping[str, Any]) -> bool:
    if item["amount"] != other["amount"]:
        return False
    want, got = _letters(item["description"]), _letters(str(other["description"]))
    return not want or fuzz.ratio(want, got) >= _SAME_ITEM


def shares(judged: Iterable[Mapping[str, bool]]) -> dict[str, Share]:
    """Return the share of each field over all documents whose label knows it."""
    counted: dict[str, list[bool]] = {}
    for document in judged:
        for name, is_right in document.items():
            counted.setdefault(name, []).append(is_right)
    ordered = [name for name in (*FIELDS, TOGETHER, KNOWN_BY) if name in counted]
    return {name: Share(sum(counted[name]), len(counted[name])) for name in ordered}


def items_together(found: Sequence[ItemsFound]) -> ItemsFound:
    """Return all documents' items as one."""
    return ItemsFound(
        sum(each.read for each in found),
        sum(each.labelled for each in found),
        sum(each.same for each in found),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least of the values that so large a share of them is not above; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
