"""The cells of a ledger line: each is read in one way or refused with a code, never guessed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from stdnum.ar import cuit

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_EARLIEST, _LATEST = date(1990, 1, 1), date(2199, 12, 31)

_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]{1,2})?")
_GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]{1,2}|(?:,[0-9]{3})+\.[0-9]{1,2}"
    r"|(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})"
)
# "1.234" is a thousand to some and a bit more than one to others.
_AMBIGUOUS = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")
_SEPARATED = re.compile(r"(.*)[.,]([0-9]{1,2})")
# What numeric(18, 2) holds.
_LARGEST: Final = Decimal("9999999999999999.99")

_CURRENCY = re.compile(r"[A-Z]{3}")
_TAX_ID = re.compile(r"[A-Z0-9]{4,20}")
_CUIT_DIGITS: Final = 11
# Line breaks inside a quoted description are allowed; other control characters are not text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class CellRefused(ValueError):
    """A cell cannot be read; the text is its stable code."""


def read_date(text: str) -> date:
    """Return the day of "2026-03-10" or "10/03/2026"."""
    iso, day_first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    match = iso or day_first
    if match is None:
        raise CellRefused("date_invalid")
    first, month, last = (int(part) for part in match.groups())
    try:
        value = date(first, month, last) if iso else date(last, month, first)
    except ValueError as exc:
        raise CellRefused("date_invalid") from exc
    if not _EARLIEST <= value <= _LATEST:
        raise CellRefused("date_out_of_range")
    return value


def read_amount(text: str) -> Decimal:
    """Return the amount of "-1234.50", "-1.234,50", "1,234.50" or "1234"; the sign is kept."""
    if _AMBIGUOUS.fullmatch(text):
        raise CellRefused("amount_ambiguous")
    if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
        raise CellRefused("amount_invalid")
    parts = _SEPARATED.fullmatch(text)
    whole, cents = (parts[1], parts[2]) if parts else (text, "0")
    value = Decimal(f"{whole.replace('.', '').replace(',', '')}.{cents}")
    if abs(value) > _LARGEST:
        raise CellRefused("amount_too_large")
    return value.quantize(Decimal("0.01"))


def read_currency(text: str) -> str:
    """Return the ISO 4217 code."""
    if not _CURRENCY.fullmatch(text.upper()):
        raise CellRefused("currency_invalid")
    return text.upper()


def read_tax_id(text: str) -> str:
    """Return the tax id without its punctuation; eleven digits must be a valid CUIT."""
    plain = re.sub(r"[\s.\-/]", "", text).upper()
    if not _TAX_ID.fullmatch(plain):
        raise CellRefused("tax_id_invalid")
    if len(plain) == _CUIT_DIGITS and plain.isdigit() and not cuit.is_valid(plain):
        raise CellRefused("tax_id_invalid")
    return plain


def read_text(text: str, *, longest: int) -> str:
    """Return the text as it stands."""
    if len(text) > longest:
        raise CellRefused("text_too_long")
    if _CONTROL.search(text):
        raise CellRefused("text_invalid")
    return text
