"""What was read from a document, as the API shows it."""

from __future__ import annotations

from acuse.reading.values import Reading
from acuse.reading.wire import (
    money_text,
    plain_text,
    rate_text,
    reading_from_data,
    transfer_fields_of,
)
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
    "receiver_tax_id",
    "cae",
    "cae_expires_on",
    "issued_at",
    "tip",
    "payment_method",
    "card_tail",
)


def field_readings(data: object) -> list[shapes.FieldReading]:
    """Return each field that was found, with its evidence; none when nothing was read."""
    if data is None:
        return []
    reading = reading_from_data(data)
    found = [(name, getattr(reading, name)) for name in _FIELDS]
    found += transfer_fields_of(reading).items()
    return [_shown(name, field) for name, field in found if field is not None]


def taxes_of(data: object) -> list[shapes.Tax]:
    """Return the taxes of what was read; none when nothing was."""
    if data is None:
        return []
    return [
        shapes.Tax(
            kind=tax.kind.value,
            name=tax.name,
            rate=rate_text(tax.rate),
            amount=money_text(tax.amount),
        )
        for tax in reading_from_data(data).taxes
    ]


def slips_seen(data: object) -> int:
    """Return how many receipts were seen in the picture; 0 when nothing was read."""
    return 0 if data is None else reading_from_data(data).slips


def _shown(name: str, field: Reading[object]) -> shapes.FieldReading:
    evidence = field.evidence
    box = evidence.box
    return shapes.FieldReading(
        field=name,
        value=plain_text(field.value),
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
