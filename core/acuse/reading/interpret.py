"""From the words and QR codes of a document to its reading: every field's reader, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from acuse.reading.amount import read_amount
from acuse.reading.category import read_category
from acuse.reading.currency import read_currency
from acuse.reading.dates import find_dates, read_date
from acuse.reading.details import with_details
from acuse.reading.items import read_items
from acuse.reading.kind import read_kind
from acuse.reading.money import find_money
from acuse.reading.number import read_number
from acuse.reading.qr import FiscalCode, decode_fiscal
from acuse.reading.receiver import read_receiver_tax_id
from acuse.reading.tax_id import find_tax_ids, read_tax_id
from acuse.reading.transfer import read_recipient
from acuse.reading.values import DocumentReading, Evidence, Kind, PageText, Reading, Source
from acuse.reading.vendor import read_vendor

T = TypeVar("T")

# What a QR is worth on a document whose text says otherwise, and how sure the text must be of it.
_CONTRADICTED = 0.5
_SURE_OF_TEXT = 0.9

# How much of a document's trust each field carries.
_WEIGHTS = {"amount": 0.45, "issued_on": 0.25, "vendor": 0.15, "kind": 0.15}


def interpret(
    pages: Sequence[PageText], codes: Sequence[str], *, today: date, engine: str
) -> DocumentReading:
    """Return what the pages say; a fiscal QR among `codes` overrules the text it stands beside."""
    kind = read_kind(pages)
    code = next((found for found in map(decode_fiscal, codes) if found), None)
    if code is not None and kind.value is Kind.NONE:
        kind = replace(kind, value=Kind.TICKET, confidence=0.3)
    text = _from_text(pages, kind, today=today, engine=engine)
    return judged(text if code is None else _with_code(text, code, pages))


def judged(reading: DocumentReading) -> DocumentReading:
    """Return the reading with its document confidence, weighed from its fields'."""
    if reading.kind.value is Kind.NONE:
        return replace(reading, document_confidence=0.0)
    fields = {
        "amount": reading.amount,
        "issued_on": reading.issued_on,
        "vendor": reading.vendor,
        "kind": reading.kind,
    }
    total = sum(_WEIGHTS[name] * field.confidence for name, field in fields.items() if field)
    return replace(reading, document_confidence=round(total, 4))


def _from_text(
    pages: Sequence[PageText], kind: Reading[Kind], *, today: date, engine: str
) -> DocumentReading:
    nothing = kind.value is Kind.NONE
    vendor, tax_id = _party(pages, kind.value)
    currency = read_currency(pages, kind.value)
    month_first = kind.value is Kind.FOREIGN and currency is not None and currency.value == "USD"
    head = DocumentReading(
        kind=kind,
        issued_on=None if nothing else read_date(pages, today=today, month_first=month_first),
        amount=None if nothing else read_amount(pages, is_voucher=kind.value is Kind.TRANSFER),
        currency=currency,
        vendor=vendor,
        tax_id=tax_id,
        number=read_number(pages, kind.value),
        category=read_category(pages, kind=kind.value, vendor=vendor.value if vendor else None),
        items=read_items(pages, kind.value),
        document_confidence=0.0,
        engine=engine,
        pages=len(pages),
    )
    return with_details(head, pages)


def _party(
    pages: Sequence[PageText], kind: Kind
) -> tuple[Reading[str] | None, Reading[str] | None]:
    if kind is Kind.NONE:
        return None, None
    if kind is Kind.TRANSFER:
        return read_recipient(pages)
    return read_vendor(pages), None if kind is Kind.FOREIGN else read_tax_id(pages)


def _with_code(
    text: DocumentReading, code: FiscalCode, pages: Sequence[PageText]
) -> DocumentReading:
    """Put the QR's fields over the text's; trust them less when the text says something else."""
    trust = _trust(code, text, pages)
    first = pages[0].number if pages else 1

    def sure(value: T) -> Reading[T]:
        return Reading(value, trust, Evidence(first, box=None, text=code.text, source=Source.QR))

    return replace(
        text,
        kind=text.kind if code.kind is None else sure(code.kind),
        issued_on=sure(code.issued_on),
        amount=sure(code.amount) if code.amount else text.amount,
        currency=text.currency if code.currency is None else sure(code.currency),
        tax_id=sure(code.tax_id),
        number=sure(code.number),
        receiver_tax_id=sure(code.receiver_tax_id)
        if code.receiver_tax_id
        else read_receiver_tax_id(pages, issuer=code.tax_id),
        cae=sure(code.cae) if code.cae else text.cae,
    )


def _trust(code: FiscalCode, text: DocumentReading, pages: Sequence[PageText]) -> float:
    """Say how far the QR fits the document it is printed on: anyone can paste one."""
    lines = [line.text for page in pages for line in page.lines]
    amounts = {abs(m.value) for line in lines for m in find_money(line)}
    seen = [
        code.amount in amounts,
        any(code.tax_id == found for line in lines for found, _ in find_tax_ids(line)),
        any(code.issued_on == found.value for line in lines for found in find_dates(line)),
    ]
    exact_text = any(page.source is Source.TEXT_LAYER and page.lines for page in pages)
    if exact_text and amounts and not seen[0]:
        return _CONTRADICTED
    said = (text.amount, text.tax_id, text.issued_on)
    if any(
        not shown and field and field.confidence >= _SURE_OF_TEXT
        for shown, field in zip(seen, said, strict=True)
    ):
        return _CONTRADICTED
    return (0.9, 0.96, 0.98, 0.99)[sum(seen)]
