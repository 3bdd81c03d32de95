"""Values for a reply: what was read from a document, made harmless and shown as people write it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from acuse.replies.content import shorten
from acuse.tenants.tenant import Locale

# WhatsApp has no escape character: its marks are replaced by letters that look alike.
_MARKS: Final = str.maketrans(
    {
        "*": "\N{ASTERISK OPERATOR}",
        "_": "\N{MODIFIER LETTER LOW MACRON}",
        "~": "\N{TILDE OPERATOR}",
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)
# Controls, unassigned, surrogates, and formats such as those that turn the writing direction.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_SPACES: Final = re.compile(r"\s+")
_LONGEST: Final = 80
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_PESO_SIGNS: Final = {"ARS": "$", "USD": "US$"}


def plain(value: str) -> str:
    """Return data as one short line that WhatsApp shows as it is, without formatting it."""
    seen = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    line = _SPACES.sub(" ", seen).strip()
    return shorten(line.translate(_MARKS), _LONGEST)


def money(amount: Decimal, currency: str, *, locale: Locale) -> str:
    """Return an amount as it is written there: `$ 1.234,56` or `ARS 1,234.56`; without a sign."""
    digits = f"{abs(amount):,.2f}"
    if locale == "en":
        return f"{plain(currency)} {digits}"
    swapped = digits.translate(str.maketrans(",.", ".,"))
    return f"{_PESO_SIGNS.get(currency, plain(currency))} {swapped}"


def day(value: date, *, locale: Locale) -> str:
    """Return a date as it is written there: `05/03/2026` or `5 Mar 2026`."""
    if locale == "en":
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.day:02}/{value.month:02}/{value.year}"
