"""A reading as plain data: for the database's `readings` column, the child's pipe, and the CLI."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any, Final

import msgspec

from acuse.reading.accounts import is_cvu
from acuse.reading.decision import THRESHOLDS, decide
from acuse.reading.values import DocumentReading, Item, Party, Reading, Tax, Transfer

CONTRACT_FIELDS: Final = (
    "date", "amount", "currency", "vendor", "tax_id", "number", "category", "receiver_tax_id",
    "cae", "cae_expires", "time", "tip", "payment_method", "card_tail",
)  # fmt: skip


def reading_to_data(reading: DocumentReading) -> dict[str, Any]:
    """Return the whole reading, evidence included, as plain JSON values (decimals as strings)."""
    data: dict[str, Any] = msgspec.to_builtins(reading)
    return data


def reading_from_data(data: Any) -> DocumentReading:
    """Return the reading that `reading_to_data` wrote; raise msgspec.ValidationError otherwise."""
    return msgspec.convert(data, DocumentReading)


def contract_of(reading: DocumentReading) -> dict[str, Any]:
    """Return the fields as `acuse read --json` promises them, confidences included.

    The decision is by the thresholds of the release, not by any tenant's.
    """
    fields = fields_of(reading)
    confidence = {name: _confidence(field) for name, field in fields.items()}
    return {
        **{
            name: None if field is None else plain_text(field.value)
            for name, field in fields.items()
        },
        "items": [_item(item) for item in reading.items],
        "taxes": [_tax(tax) for tax in reading.taxes],
        "transfer": None if reading.transfer is None else _transfer(reading.transfer),
        "slips": reading.slips,
        "others": [contract_of(other) for other in reading.others],
        "confidence": {**confidence, "document": round(reading.document_confidence, 3)},
        "decision": decide(reading, THRESHOLDS).value,
        "engine": reading.engine,
    }


def fields_of(reading: DocumentReading) -> dict[str, Reading[Any] | None]:
    """Return the fields by the names that they have for users; None where nothing was found."""
    return {
        "kind": reading.kind,
        "date": reading.issued_on,
        "amount": reading.amount,
        "currency": reading.currency,
        "vendor": reading.vendor,
        "tax_id": reading.tax_id,
        "number": reading.number,
        "category": reading.category,
        "receiver_tax_id": reading.receiver_tax_id,
        "cae": reading.cae,
        "cae_expires": reading.cae_expires_on,
        "time": reading.issued_at,
        "tip": reading.tip,
        "payment_method": reading.payment_method,
        "card_tail": reading.card_tail,
    }


def transfer_fields_of(reading: DocumentReading) -> dict[str, Reading[str]]:
    """Return what was found of a transfer, by names with their party: "payee.cbu"."""
    transfer = reading.transfer
    if transfer is None:
        return {}
    parties = {"payer": transfer.payer, "payee": transfer.payee}
    found: dict[str, Reading[str] | None] = {
        f"{side}.{name}": part
        for side, party in parties.items()
        if party is not None
        for name, part in _parts(party).items()
    }
    found["coelsa_id"] = transfer.coelsa_id
    return {name: part for name, part in found.items() if part is not None}


def empty_contract() -> dict[str, Any]:
    """Return the contract's fields for a document that could not be read."""
    names = ("kind", *CONTRACT_FIELDS)
    return {
        **dict.fromkeys(names),
        "items": [],
        "taxes": [],
        "transfer": None,
        "slips": 0,
        "others": [],
        "confidence": {**dict.fromkeys(names, 0.0), "document": 0.0},
        "decision": None,
        "engine": None,
    }


def rate_text(rate: Decimal | None) -> str | None:
    """Return a rate in per cent without needless zeros; None stays so."""
    return None if rate is None else f"{rate.normalize():f}"


def _tax(tax: Tax) -> dict[str, str | None]:
    return {
        "kind": tax.kind.value,
        "name": tax.name,
        "rate": rate_text(tax.rate),
        "amount": money_text(tax.amount),
    }


def _transfer(transfer: Transfer) -> dict[str, Any]:
    return {
        "payer": None if transfer.payer is None else _party(transfer.payer),
        "payee": None if transfer.payee is None else _party(transfer.payee),
        "coelsa_id": None if transfer.coelsa_id is None else transfer.coelsa_id.value,
    }


def _party(party: Party) -> dict[str, str | None]:
    parts = {name: None if part is None else part.value for name, part in _parts(party).items()}
    cbu = parts["cbu"]
    kind = None if cbu is None else "cvu" if is_cvu(cbu) else "cbu"
    return {**parts, "cbu_kind": kind}


def _parts(party: Party) -> dict[str, Reading[str] | None]:
    return {
        "name": party.name,
        "tax_id": party.tax_id,
        "cbu": party.cbu,
        "alias": party.alias,
        "bank": party.bank,
    }


def _confidence(field: Reading[Any] | None) -> float:
    return 0.0 if field is None else round(field.confidence, 3)


def plain_text(value: object) -> str:
    """Return a field's value as users see it: money, a day, HH:MM, or its own text."""
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return str(value)


def _item(item: Item) -> dict[str, str | None]:
    return {
        "description": item.description,
        "quantity": None if item.quantity is None else f"{item.quantity.normalize():f}",
        "unit_price": None if item.unit_price is None else money_text(item.unit_price),
        "amount": money_text(item.amount),
    }


def money_text(value: Decimal) -> str:
    """Return an amount with two decimals and a point."""
    return f"{value:.2f}"
