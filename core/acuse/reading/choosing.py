"""Several receipts in one picture: each is read by itself, the surest first; no two at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from acuse.reading.dates import find_dates
from acuse.reading.interpret import interpret, judged
from acuse.reading.money import find_money
from acuse.reading.qr import FiscalCode, decode_fiscal
from acuse.reading.tax_id import find_tax_ids
from acuse.reading.values import DocumentReading, PageText

# What the text beside several QRs is worth: it may stand on another receipt than the first QR.
_UNSURE: Final = 0.5


def read_all(
    pages: Sequence[PageText], codes: Sequence[str], *, today: date, engine: str
) -> DocumentReading:
    """Return what all pages together say, as of one receipt; several QRs say that it is not."""
    reading = interpret(pages, codes, today=today, engine=engine)
    count = len(set(_fiscal(codes)))
    if count < 2:  # noqa: PLR2004 - one receipt
        return reading
    vendor = reading.vendor
    doubted = vendor and replace(vendor, confidence=min(vendor.confidence, _UNSURE))
    return judged(replace(reading, vendor=doubted, items=(), category=None, slips=count))


def read_surest(
    slips: Sequence[PageText], codes: Sequence[str], *, today: date, engine: str
) -> DocumentReading:
    """Return the surest of the slips' readings, with the others; it says how many there are."""
    readings = [
        interpret([slip], own, today=today, engine=engine)
        for slip, own in zip(slips, codes_of(slips, codes), strict=True)
    ]
    each = _without_copies(readings)
    count = max(len(each), len(set(_fiscal(codes))))
    best = max(each, key=_sureness)
    others = tuple(replace(reading, slips=count) for reading in each if reading is not best)
    return replace(best, slips=count, others=others)


def _without_copies(readings: Sequence[DocumentReading]) -> list[DocumentReading]:
    """Return the readings as they lie, of a receipt and its copies only the surest."""
    best: dict[object, DocumentReading] = {}
    for reading in readings:
        key: object = id(reading)
        if reading.number is not None:
            key = reading.amount and reading.amount.value, reading.number.value
        best[key] = max(best.get(key, reading), reading, key=_sureness)
    return list(best.values())


def _sureness(reading: DocumentReading) -> float:
    return reading.document_confidence


def codes_of(slips: Sequence[PageText], codes: Sequence[str]) -> list[list[str]]:
    """Return each slip's own QRs: those whose amount, tax id or date no other shows as well."""
    own: list[list[str]] = [[] for _ in slips]
    for text in codes:
        code = decode_fiscal(text)
        if code is None:
            continue
        fit = [_fit(code, slip) for slip in slips]
        if max(fit) and fit.count(max(fit)) == 1:
            own[fit.index(max(fit))].append(text)
    return own


def _fiscal(codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    for code in map(decode_fiscal, codes):
        if code is not None:
            yield code.tax_id, code.number


def _fit(code: FiscalCode, slip: PageText) -> int:
    """Say how much of what a QR says stands on the slip; an amount says most."""
    texts = [line.text for line in slip.lines]
    return (
        4 * any(abs(money.value) == code.amount for text in texts for money in find_money(text))
        + 2 * any(found == code.tax_id for text in texts for found, _ in find_tax_ids(text))
        + any(found.value == code.issued_on for text in texts for found in find_dates(text))
    )
