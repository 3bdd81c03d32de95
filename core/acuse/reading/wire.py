"""A reading as plain data: for the database's `readings` column, the child's pipe, and the CLI."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from acuse.reading.values import DocumentReading, Item, Reading

CONTRACT_FIELDS = ("date", "amount", "currency", "vendor", "tax_id", "number", "category")


def reading_to_data(reading: DocumentReading) -> dict[str, Any]:
    """Return the whole reading, evidence included, as plain JSON values (decimals as strings)."""
    data: dict[str, Any] = msgspec.to_builtins(reading)
    return data


def reading_from_data(data: Any) -> DocumentReading:
    """Return the reading that `reading_to_data` wrote; raise msgspec.ValidationError otherwise."""
    return msgspec.convert(data, DocumentReading)


def contract_of(reading: DocumentReading) -> dict[str, Any]:
    """Return the fields as `acuse read --json` promises them, confidences included."""
    fields = fields_of(reading)
    confidence = {name: _confidence(field) for name, field in fields.items()}
    return {
        **{name: None if field is None else _plain(field.value) for name, field in fields.items()},
        "items": [_item(item) for item in reading.items],
        "slips": reading.slips,
        "confidence": {**confidence, "document": round(reading.document_confidence, 3)},
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
    }


def empty_contract() -> dict[str, Any]:
    """Return the contract's fields for a document that could not be read."""
    names = ("kind", *CONTRACT_FIELDS)
    return {
        **dict.fromkeys(names),
        "items": [],
        "slips": 0,
        "confidence": {**dict.fromkeys(names, 0.0), "document": 0.0},
        "engine": None,
    }


def _confidence(field: Reading[Any] | None) -> float:
    return 0.0 if field is None else round(field.confidence, 3)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, date):
        return value.isoformat()
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
