"""Receipts in PostgreSQL: kept when read or rejected, tombstoned when revoked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from acuse.conversation.storable import storable
from acuse.data.pool import Conn
from acuse.errors import NotFound
from acuse.reading.values import DocumentReading, Reading
from acuse.reading.wire import reading_to_data

T = TypeVar("T")

# Digits of a numeric column in all; a misread figure past it is no figure.
_DIGITS = 18
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Document:
    """Where receipts come from: one media of one message."""

    tenant_id: UUID
    message_id: str
    sender_id: UUID
    media_id: UUID


@dataclass(frozen=True, slots=True)
class Facts:
    """What a receipt says, as far as it is known."""

    vendor: str | None
    amount: Decimal | None
    currency: str | None
    issued_on: date | None
    # How sure (0..1) the reading was of all and of each; None where there is nothing to be sure of.
    confidence: float | None
    vendor_confidence: float | None
    amount_confidence: float | None
    date_confidence: float | None
    # How many receipts were seen in its picture; this is one of them, and not all may be read.
    slips: int


# A receipt that was decided or revoked meanwhile keeps its status; one that an edit had taken back
# is there again when another edit brings its document back.
KEEP_READING = """
    INSERT INTO acuse.receipts AS r (tenant_id, message_id, sender_id, media_id, further_of, slip,
        status, kind, number, issued_on, amount, currency, vendor, tax_id, category, confidence,
        engine, readings)
    VALUES (%(tenant_id)s, %(message_id)s, %(sender_id)s,
        CASE WHEN %(slip)s = 1 THEN %(media_id)s::uuid END,
        CASE WHEN %(slip)s > 1 THEN %(media_id)s::uuid END, %(slip)s, 'read', %(kind)s,
        %(number)s, %(issued_on)s, %(amount)s, %(currency)s, %(vendor)s, %(tax_id)s, %(category)s,
        %(confidence)s, %(engine)s, %(readings)s)
    ON CONFLICT (tenant_id, file_id, slip) DO UPDATE
       SET kind = EXCLUDED.kind, number = EXCLUDED.number, issued_on = EXCLUDED.issued_on,
           amount = EXCLUDED.amount, currency = EXCLUDED.currency, vendor = EXCLUDED.vendor,
           tax_id = EXCLUDED.tax_id, category = EXCLUDED.category,
           confidence = EXCLUDED.confidence, engine = EXCLUDED.engine,
           readings = EXCLUDED.readings, error_code = NULL, updated_at = now(),
           status = CASE WHEN r.status = 'rejected'
                           OR r.status = 'revoked' AND r.error_code = 'edited'
                         THEN 'read' ELSE r.status END
    RETURNING id
"""

REMOVE_ITEMS = """
    DELETE FROM acuse.receipt_items
     WHERE tenant_id = %(tenant_id)s AND receipt_id = %(receipt_id)s
"""

ADD_ITEM = """
    INSERT INTO acuse.receipt_items (receipt_id, tenant_id, position, description, quantity,
        unit_price, amount)
    VALUES (%(receipt_id)s, %(tenant_id)s, %(position)s, %(description)s, %(quantity)s,
        %(unit_price)s, %(amount)s)
"""

# What was seen in a picture before, and is not seen in it now. What was decided stays.
RETIRE = """
    UPDATE acuse.receipts SET status = 'revoked', error_code = 'reread', updated_at = now()
     WHERE tenant_id = %(tenant_id)s AND file_id = %(media_id)s AND slip > %(count)s
       AND status IN ('read', 'rejected')
"""

REJECT = """
    INSERT INTO acuse.receipts AS r (tenant_id, message_id, sender_id, media_id, status, error_code)
    VALUES (%(tenant_id)s, %(message_id)s, %(sender_id)s, %(media_id)s, 'rejected', %(code)s)
    ON CONFLICT (tenant_id, file_id, slip) DO UPDATE
       SET status = 'rejected', error_code = EXCLUDED.error_code, updated_at = now()
     WHERE r.status IN ('read', 'rejected')
        OR r.status = 'revoked' AND r.error_code = 'edited'
"""

OF_MEDIA = """
    SELECT id FROM acuse.receipts
     WHERE tenant_id = %(tenant_id)s AND file_id = %(media_id)s AND status <> 'revoked'
     ORDER BY slip
"""

FACTS = """
    SELECT vendor, amount, currency, issued_on, confidence,
           (readings -> 'vendor' ->> 'confidence')::float AS vendor_confidence,
           (readings -> 'amount' ->> 'confidence')::float AS amount_confidence,
           (readings -> 'issued_on' ->> 'confidence')::float AS date_confidence,
           coalesce((readings ->> 'slips')::int, 1) AS slips
      FROM acuse.receipts
     WHERE tenant_id = %(tenant_id)s AND id = %(receipt_id)s
"""

STANDING = """
    SELECT id FROM acuse.receipts
     WHERE tenant_id = %(tenant_id)s AND message_id = %(message_id)s AND status <> 'revoked'
     ORDER BY id FOR UPDATE
"""

REVOKE = """
    UPDATE acuse.receipts SET status = 'revoked', error_code = %(code)s, updated_at = now()
     WHERE tenant_id = %(tenant_id)s AND id = %(receipt_id)s
"""


async def keep_readings(
    conn: Conn, document: Document, readings: Sequence[DocumentReading]
) -> list[UUID]:
    """Keep what was read from a document, and return its receipts, new or read again."""
    await conn.execute(RETIRE, _origin(document) | {"count": len(readings)})
    return [
        await _keep(conn, document, reading, slip=slip)
        for slip, reading in enumerate(readings, start=1)
    ]


async def _keep(conn: Conn, document: Document, reading: DocumentReading, *, slip: int) -> UUID:
    values = _origin(document) | _columns(reading) | {"slip": slip}
    cursor = await conn.execute(KEEP_READING, values)
    row = await cursor.fetchone()
    receipt_id = UUID(str(row and row[0]))
    key = {"tenant_id": document.tenant_id, "receipt_id": receipt_id}
    await conn.execute(REMOVE_ITEMS, key)
    for position, item in enumerate(reading.items):
        await conn.execute(
            ADD_ITEM,
            {
                **key,
                "position": position,
                "description": storable(item.description, longest=500) or "",
                "quantity": _figure(item.quantity, places=3),
                "unit_price": _figure(item.unit_price),
                "amount": _figure(item.amount),
            },
        )
    return receipt_id


async def reject_document(conn: Conn, document: Document, *, code: str) -> None:
    """Keep that a document cannot become a receipt, and why."""
    await conn.execute(RETIRE, _origin(document) | {"count": 1})
    await conn.execute(REJECT, _origin(document) | {"code": code})


async def receipts_of_media(conn: Conn, tenant_id: UUID, media_id: UUID) -> list[UUID]:
    """Return the receipts that were read from a media and not revoked, the surest first."""
    cursor = await conn.execute(OF_MEDIA, {"tenant_id": tenant_id, "media_id": media_id})
    return [UUID(str(row[0])) for row in await cursor.fetchall()]


async def facts_of(conn: Conn, tenant_id: UUID, receipt_id: UUID) -> Facts:
    """Return what a receipt says; raise NotFound when the tenant has no such receipt."""
    async with conn.cursor(row_factory=class_row(Facts)) as cursor:
        await cursor.execute(FACTS, {"tenant_id": tenant_id, "receipt_id": receipt_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound("there is no such receipt")
    return found


async def standing_receipts(conn: Conn, tenant_id: UUID, message_id: str) -> list[UUID]:
    """Return and lock a message's receipts that were not revoked."""
    cursor = await conn.execute(STANDING, {"tenant_id": tenant_id, "message_id": message_id})
    return [UUID(str(row[0])) for row in await cursor.fetchall()]


async def revoke_receipt(conn: Conn, tenant_id: UUID, receipt_id: UUID, *, code: str) -> None:
    """Mark a receipt as taken back by its sender; `code` says how."""
    await conn.execute(REVOKE, {"tenant_id": tenant_id, "receipt_id": receipt_id, "code": code})


def _origin(document: Document) -> dict[str, Any]:
    return {
        "tenant_id": document.tenant_id,
        "message_id": document.message_id,
        "sender_id": document.sender_id,
        "media_id": document.media_id,
    }


def _columns(reading: DocumentReading) -> dict[str, Any]:
    currency = _value(reading.currency)
    return {
        "kind": reading.kind.value.value,
        "number": storable(_value(reading.number), longest=100),
        "issued_on": _value(reading.issued_on),
        "amount": _positive(_value(reading.amount)),
        "currency": currency if currency and _CURRENCY.fullmatch(currency) else None,
        "vendor": storable(_value(reading.vendor), longest=300),
        "tax_id": storable(_value(reading.tax_id), longest=32),
        "category": storable(_value(reading.category), longest=100),
        "confidence": min(1.0, max(0.0, reading.document_confidence)),
        "engine": storable(reading.engine, longest=200),
        "readings": msgspec.json.encode(reading_to_data(reading)).decode(),
    }


def _value(reading: Reading[T] | None) -> T | None:
    return None if reading is None else reading.value


def _figure(value: Decimal | None, *, places: int = 2) -> Decimal | None:
    """Return a figure that its column, numeric(18, places), can hold; None for any other."""
    beyond = Decimal(10) ** (_DIGITS - places)
    if value is None or not value.is_finite() or abs(value) >= beyond:
        return None
    rounded = value.quantize(Decimal(1).scaleb(-places))
    return rounded if abs(rounded) < beyond else None


def _positive(value: Decimal | None) -> Decimal | None:
    figure = _figure(value)
    return figure if figure is not None and figure >= 0 else None
