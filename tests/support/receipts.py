"""Rows that tests start from: a sender's receipt, and lines of the ledger."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Json

from acuse.data.pool import Conn
from acuse.tenants.tenant import Tenant, tenant_id

ACME = Tenant(key="shop.acme", id=tenant_id("shop.acme"), display_name="Acme", numbers=())
BETA = Tenant(key="shop.beta", id=tenant_id("shop.beta"), display_name="Beta", numbers=())

_SENDER = "INSERT INTO acuse.senders (tenant_id, user_id) VALUES (%s, %s) RETURNING id"
_MEDIA = """
    INSERT INTO acuse.media (tenant_id, message_id, graph_media_id, state, object_key, mime_type,
                             size, sha256)
    VALUES (%(tenant_id)s, %(message_id)s, '1', 'stored', %(object_key)s, %(mime_type)s, 1,
            %(sha256)s)
    RETURNING id
"""
_RECEIPT = """
    INSERT INTO acuse.receipts (tenant_id, message_id, sender_id, media_id, status, kind, number,
                                issued_on, amount, currency, vendor, tax_id, category, confidence,
                                readings)
    VALUES (%(tenant_id)s, %(message_id)s, %(sender_id)s, %(media_id)s, 'read', %(kind)s,
            %(number)s, %(issued_on)s, %(amount)s, %(currency)s, %(vendor)s, %(tax_id)s,
            %(category)s, %(confidence)s, %(readings)s)
    RETURNING id
"""


@dataclass(frozen=True, slots=True)
class ReceiptDraft:
    """What a test's receipt says; by default a ticket of YPF over 1234.50 pesos."""

    kind: str | None = "ticket"
    number: str | None = None
    issued_on: date | None = date(2026, 3, 10)
    amount: Decimal | None = Decimal("1234.50")
    currency: str | None = "ARS"
    vendor: str | None = "YPF"
    tax_id: str | None = None
    category: str | None = None
    confidence: float | None = 0.9
    sha256: str | None = None
    object_key: str = "t/none"
    mime_type: str = "image/jpeg"
    readings: object = None


YPF = ReceiptDraft()


async def add_sender(conn: Conn, tenant: Tenant) -> UUID:
    """Insert a sender of the tenant and return its id."""
    row = await (await conn.execute(_SENDER, (tenant.id, f"AR.{secrets.token_hex(6)}"))).fetchone()
    assert row is not None
    sender_id: UUID = row[0]
    return sender_id


async def add_receipt(
    conn: Conn, tenant: Tenant, draft: ReceiptDraft = YPF, *, sender_id: UUID | None = None
) -> UUID:
    """Insert a receipt as the worker does once it was read, with its sender and file."""
    values: dict[str, object] = {
        "tenant_id": tenant.id,
        "message_id": f"wamid.{secrets.token_hex(8)}",
        "sender_id": sender_id or await add_sender(conn, tenant),
        "object_key": draft.object_key,
        "mime_type": draft.mime_type,
        "sha256": draft.sha256 or secrets.token_hex(32),
        "kind": draft.kind,
        "number": draft.number,
        "issued_on": draft.issued_on,
        "amount": draft.amount,
        "currency": draft.currency,
        "vendor": draft.vendor,
        "tax_id": draft.tax_id,
        "category": draft.category,
        "confidence": draft.confidence,
        "readings": None if draft.readings is None else Json(draft.readings),
    }
    media = await (await conn.execute(_MEDIA, values)).fetchone()
    assert media is not None
    row = await (await conn.execute(_RECEIPT, values | {"media_id": media[0]})).fetchone()
    assert row is not None
    receipt_id: UUID = row[0]
    return receipt_id


_LINE = """
    INSERT INTO acuse.transactions (tenant_id, external_id, posted_on, amount, currency,
                                    description, counterparty_name, tax_id, reference)
    VALUES (%(tenant_id)s, %(external_id)s, %(posted_on)s, %(amount)s, %(currency)s,
            %(description)s, %(counterparty_name)s, %(tax_id)s, %(reference)s)
    RETURNING id
"""


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line of a test's ledger; by default the payment of the default receipt."""

    posted_on: date = date(2026, 3, 11)
    amount: Decimal = Decimal("-1234.50")
    currency: str = "ARS"
    description: str = "COMPRA YPF 1234"
    counterparty_name: str | None = None
    tax_id: str | None = None
    reference: str | None = None


YPF_LINE = LineDraft()


async def add_line(conn: Conn, tenant: Tenant, draft: LineDraft = YPF_LINE) -> UUID:
    """Insert a ledger line of the tenant and return its id."""
    values: dict[str, object] = {
        "tenant_id": tenant.id,
        "external_id": secrets.token_hex(8),
        **{name: getattr(draft, name) for name in LineDraft.__slots__},
    }
    row = await (await conn.execute(_LINE, values)).fetchone()
    assert row is not None
    line_id: UUID = row[0]
    return line_id
