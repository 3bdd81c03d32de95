"""Amounts in text: `$ 1.234,56`, `1,234.56`, `1234,56`, `RM8.60`, `1 234,56 €`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from acuse.reading.folding import fold

# Digits between two thousands separators.
_GROUP = 3

# "$" alone is no currency: acuse.reading.currency decides which one the document means.
_SYMBOLS: dict[str, str] = {
    "U$S": "USD", "U$D": "USD", "US$": "USD", "USD": "USD", "AR$": "ARS", "ARS": "ARS",
    "R$": "BRL", "BRL": "BRL", "EUR": "EUR", "€": "EUR", "GBP": "GBP", "£": "GBP",
    "MYR": "MYR", "RM": "MYR", "INR": "INR", "RS.": "INR", "RS": "INR", "₹": "INR",
    "PLN": "PLN", "ZL": "PLN", "CLP": "CLP", "UYU": "UYU", "CHF": "CHF", "S$": "SGD",
    "SGD": "SGD", "MXN": "MXN", "COP": "COP", "JPY": "JPY", "¥": "JPY", "PYG": "PYG", "$": "$",
}  # fmt: skip
_SYMBOL = "|".join(re.escape(s) for s in sorted(_SYMBOLS, key=len, reverse=True))
_GROUPED = r"\d{1,3}(?:[.,'\u2019]\d{3})+(?:[.,]\d{1,2}|\s\d{2}(?=\s*$)|\d{2})?"
_SPACED = r"\d{1,3}(?: \d{3})+,\d{2}"
_PLAIN = r"\d+(?:(?:\s?[.,]|[.,]\s)\d{1,4})?"
_MONEY = re.compile(
    rf"(?<![\dA-Z@#/_])(?P<before>{_SYMBOL})?(?:[.:]\s)?\s{{0,3}}(?P<minus>[-\u2212(])?\s?(?P<inner>{_SYMBOL})?\s?(?P<digits>{_SPACED}|"
    rf"{_GROUPED}(?!\d)|{_PLAIN}|"
    rf"[.,]\d{{2}})(?P<trailing>-(?!\d))?(?:\s?(?P<after>{_SYMBOL})(?![A-Z\d]))?(?![\d])"
)
_OTHER_AFTER = re.compile(
    r"\s?%|[.,]\d|[:/]\s?\d|-\d|\s?(?:KG|KGS|GR?|GM|ML|LTS?|L|CM|MM|PCS?|HS|GB|MB|AM|PM)\b|[A-Z]{2}"
)
_OTHER_BEFORE = re.compile(r"(?:\d[-/:.,]\s?|[A-Z]-)$")
# The longest that it is; from the row's beginning each number would be searched for anew.
_BEFORE = 3
_PARTS = ("before", "inner", "digits")
_LONGEST = 17
_CENTS = 2


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as printed: how many decimals, and the symbol's ISO code ("$" stays "$")."""

    value: Decimal
    decimals: int
    symbol: str | None
    start: int
    end: int

    @property
    def is_amount(self) -> bool:
        """Whether it looks like money, not like any other number."""
        return self.decimals == _CENTS or self.symbol is not None


def find_money(text: str) -> Iterator[Money]:
    """Yield each number of the text that can be an amount, left to right."""
    folded = fold(text)
    for match in _MONEY.finditer(folded):
        digits = match["digits"]
        if len(digits) > _LONGEST or _is_something_else(folded, match):
            continue
        symbol = match["before"] or match["inner"] or match["after"]
        value, decimals = parse_number(digits, with_symbol=symbol is not None)
        yield Money(
            value=-value if match["minus"] or match["trailing"] else value,
            decimals=decimals,
            symbol=_SYMBOLS[symbol] if symbol else None,
            start=min(at for name in _PARTS if (at := match.start(name)) >= 0),
            end=match.end(),
        )


def _is_something_else(folded: str, match: re.Match[str]) -> bool:
    """Whether the number is a share, a measure, or a piece of a date, time, code or phone."""
    if _OTHER_AFTER.match(folded, match.end()):
        return True
    if match["before"]:
        return False
    start = match.start("digits")
    return _OTHER_BEFORE.search(folded, max(start - _BEFORE, 0), start) is not None


def parse_number(digits: str, *, with_symbol: bool = False) -> tuple[Decimal, int]:
    """Return the value, and how many decimals were printed, of a number in any grouping.

    The last separator is the decimal one if one or two digits follow it; three digits after the
    only separator are thousands. `$ 15.00000` is how a raised "00" comes out: 15.000,00.
    """
    text = re.sub(r"(?<=[.,])\s|\s(?=[.,])", "", digits.strip())
    spaced_cents = re.fullmatch(r"([\d.,'\u2019]+) (\d\d)", text)
    raised_cents = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})*[.,]\d{3})(\d\d)", text)
    cents = spaced_cents or (raised_cents if with_symbol else None)
    if cents:
        return Decimal(re.sub(r"\D", "", cents[1]) + "." + cents[2]), _CENTS
    parts = re.split(r"[.,'\u2019 ]", text)
    if len(parts) == 1:
        return Decimal(text), 0
    whole, last = "".join(parts[:-1]) or "0", parts[-1]
    more_groups = len(parts) > 2  # noqa: PLR2004 - a whole and its last group are two
    if len(last) == _GROUP and (more_groups or (whole != "0" and len(whole) <= _GROUP)):
        return Decimal(whole + last), 0
    return Decimal(f"{whole}.{last}"), len(last)
