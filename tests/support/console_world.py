"""One running API with what two tenants have sent, matched and lost."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import httpx
import psycopg

from acuse.data.pool import Conn
from acuse.matching.decide import match_receipt
from acuse.media.objects import open_objects
from acuse.reading.values import (
    Box,
    DocumentReading,
    Evidence,
    Kind,
    Reading,
    Source,
    Tax,
    TaxKind,
)
from acuse.reading.wire import reading_to_data
from support.api import as_worker, client, running_api
from support.databases import Database
from support.receipts import ACME, BETA, YPF, YPF_LINE, add_line, add_receipt, add_sender

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 200
EVENT_ID = "wamid.HBgN/AQ=="
# As Meta escapes what PostgreSQL's jsonb could not hold.
PAYLOAD = '{"text": {"body": "hola \\u0000 \\ud83d"},  "id": "wamid.HBgN/AQ=="}'


@dataclass(frozen=True, slots=True)
class World:
    """A running API, a client of each tenant, and the ids of what Acme has."""

    address: str
    database: Database
    acme: httpx.Client
    beta: httpx.Client
    transaction: UUID
    matched: UUID
    waiting: UUID
    lost: UUID
    sender: UUID


READING = DocumentReading(
    kind=Reading(Kind.TICKET, 0.8, Evidence(1, None, "TICKET", Source.OCR)),
    issued_on=Reading(
        date(2026, 3, 10), 0.9, Evidence(1, Box(0.1, 0.2, 0.3, 0.4), "10/03/26", Source.OCR)
    ),
    amount=Reading(Decimal("1234.50"), 1.0, Evidence(1, None, "1.234,50", Source.QR)),
    currency=None,
    vendor=Reading("YPF", 0.7, Evidence(1, None, "YPF", Source.TEXT_LAYER)),
    tax_id=None,
    number=None,
    category=None,
    items=(),
    document_confidence=0.9,
    engine="test",
    pages=1,
    taxes=(Tax(TaxKind.IVA, "IVA 21%", Decimal(21), Decimal("214.25")),),
)


@contextmanager
def running_world(database: Database, folder: Path) -> Generator[World, None, None]:
    """Fill the database and serve the API on it while the block runs."""
    objects = open_objects(f"file:{folder}")

    async def put() -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield JPEG

        await objects.put_stream("t/photo", pieces())

    asyncio.run(put())

    async def seed(conn: Conn) -> dict[str, UUID]:
        sender = await add_sender(conn, ACME)
        line = await add_line(conn, ACME)
        drafts = {
            "matched": replace(YPF, object_key="t/photo", readings=reading_to_data(READING)),
            "waiting": replace(YPF, amount=Decimal("1230.00"), object_key="t/nothing"),
            "lost": replace(YPF, amount=None, vendor=None),
        }
        await add_line(conn, ACME, replace(YPF_LINE, amount=Decimal("-1231.00")))
        made = {
            name: await add_receipt(conn, ACME, draft, sender_id=sender)
            for name, draft in drafts.items()
        }
        await match_receipt(conn, ACME, made["matched"])
        await match_receipt(conn, ACME, made["waiting"])
        await conn.execute(
            "INSERT INTO acuse.receipt_items (receipt_id, tenant_id, position, description,"
            " quantity, unit_price, amount) VALUES (%s, %s, 0, 'Nafta', 10.5, 117.57, 1234.50)",
            [made["matched"], ACME.id],
        )
        await conn.execute(
            "INSERT INTO acuse.messages (region, tenant_id, message_id, sender_id, phone_number_id,"
            " kind, occurred_at) VALUES ('local', %s, 'wamid.m', %s, '100200', 'image', now())",
            [ACME.id, sender],
        )
        return {**made, "transaction": line, "sender": sender}

    made = as_worker(database, ACME, seed)
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(
            "INSERT INTO acuse.webhook_events (region, tenant_id, event_id, provider, kind, field,"
            " lane, delivery_id, ordinal, occurred_at, payload) VALUES ('local', %s, %s, 'meta',"
            " 'message.text', 'messages', 'l', gen_random_uuid(), 0, %s, %s)",
            [ACME.id, EVENT_ID, datetime(2026, 3, 10, tzinfo=UTC), PAYLOAD],
        )
    with (
        running_api(database, folder) as address,
        client(address, database, ACME) as acme,
        client(address, database, BETA) as beta,
    ):
        yield World(address=address, database=database, acme=acme, beta=beta, **made)


def csv_of(*lines: str) -> bytes:
    """Return a ledger file with these lines."""
    written = io.StringIO()
    written.write("date,amount,description,external_id\n")
    written.writelines(f"{line}\n" for line in lines)
    return written.getvalue().encode()
