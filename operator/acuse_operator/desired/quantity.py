"""Kubernetes quantities ("500m", "1Gi"): their worth, and how the API server writes them."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Final

_BINARY: Final[dict[str, int]] = {
    "": 1, "Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "Pi": 1024**5, "Ei": 1024**6,
}  # fmt: skip
_POWERS: Final[dict[str, int]] = {
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_FORM: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d+))"
)
_KIBI: Final = 1024


def value(text: str | float) -> Decimal | None:
    """Return what a quantity is worth; None when it is none."""
    found = _FORM.fullmatch(str(text))
    if found is None:
        return None
    number, binary, power, exponent = found.groups()
    if binary:
        return Decimal(number) * _BINARY[binary]
    return Decimal(number).scaleb(int(exponent) if exponent else _POWERS[power or ""])


def canonical(text: str | float) -> str:
    """Return the quantity as the API server gives it back; text that is none as it is."""
    found, worth = _FORM.fullmatch(str(text)), value(text)
    if found is None or worth is None:
        return str(text)
    if found.group(2) and worth >= _KIBI and worth == worth.to_integral_value():
        return _largest_binary(int(worth))
    return _largest_decimal(worth)


def _largest_binary(worth: int) -> str:
    for suffix, factor in reversed(_BINARY.items()):
        if worth % factor == 0:
            return f"{worth // factor}{suffix}"
    return str(worth)


def _largest_decimal(worth: Decimal) -> str:
    # The API server keeps nothing finer than a billionth, and rounds up.
    nano = int(worth.scaleb(9).to_integral_value(ROUND_CEILING))
    if nano == 0:
        return "0"
    for suffix, power in sorted(_POWERS.items(), key=lambda item: -item[1]):
        factor = 10 ** (power + 9)
        if nano % factor == 0:
            return f"{nano // factor}{suffix}"
    return f"{nano}n"
