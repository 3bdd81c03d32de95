"""What was read from a document, as the API shows it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from acuse.reading.values import Reading
from acuse.reading.wire import money_text, reading_from_data
from acuse_console import shapes

# In the order a person reads a document.
_FIELDS = (
    "kind",
    "issued_on",
    "amount",
    "currency",
    "vendor",
    "tax_id",
    "number",
    "category",
)


def field_readings(data: object) -> list[shapes.FieldReading]:
    """Return each field that was found, with its evidence; none when nothing was read."""
    if data is None:
        return []
    reading = reading_from_data(data)
    found = [(name, getattr(reading, name)) for name in _FIELDS]
    return [_shown(name, field) for name, field in found if field is not None]


def slips_seen(data: object) -> int:
    """Return how many receipts were seen in the picture; 0 when nothing was read."""
    return 0 if data is None else reading_from_data(data).slips


def _shown(name: str, field: Reading[object]) -> shapes.FieldReading:
    evidence = field.evidence
    box = evidence.box
    return shapes.FieldReading(
        field=name,
        value=_text(field.value),
        confidence=field.confidence,
        evidence=shapes.Evidence(
            page=evidence.page,
            box=None
            if box is None
            else shapes.Box(left=box.left, top=box.top, right=box.right, bottom=box.bottom),
            text=evidence.text,
            source=evidence.source.value,
        ),
    )


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return money_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)
