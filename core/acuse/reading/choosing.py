"""Several receipts in one file: each is read by itself, the surest first; no two at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from acuse.reading.binding import Pages, documents_of
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
    """Return what the pages say: of one receipt together, of several each by itself.

    Several QRs beside the text of one say that there are more.
    """
    documents = documents_of(pages, today=today)
    if len(documents) > 1:
        return _read_each(documents, codes, today=today, engine=engine)
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
    return _read_each([[slip] for slip in slips], codes, today=today, engine=engine)


def _read_each(
    documents: Sequence[Pages], codes: Sequence[str], *, today: date, engine: str
) -> DocumentReading:
    readings = [
        interpret(pages, own, today=today, engine=engine)
        for pages, own in zip(documents, codes_of(documents, codes), strict=True)
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


def codes_of(documents: Sequence[Pages], codes: Sequence[str]) -> list[list[str]]:
    """Return each document's own QRs: whose amount, tax id or date no other shows as well."""
    own: list[list[str]] = [[] for _ in documents]
    for text in codes:
        code = decode_fiscal(text)
        if code is None:
            continue
        fit = [_fit(code, pages) for pages in documents]
        if max(fit) and fit.count(max(fit)) == 1:
            own[fit.index(max(fit))].append(text)
    return own


def _fiscal(codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    for code in map(decode_fiscal, codes):
        if code is not None:
            yield code.tax_id, code.number


def _fit(code: FiscalCode, pages: Pages) -> int:
    """Say how much of what a QR says stands on the pages; an amount says most."""
    texts = [line.text for page in pages for line in page.lines]
    return (
        4 * any(abs(money.value) == code.amount for text in texts for money in find_money(text))
        + 2 * any(found == code.tax_id for text in texts for found, _ in find_tax_ids(text))
        + any(found.value == code.issued_on for text in texts for found in find_dates(text))
    )
