"""Tenants, senders and outbox rows for tests of replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from acuse.data.pool import Pool, transaction
from acuse.replies import content
from acuse.replies.content import Content
from acuse.replies.outbox import Reply, enqueue
from acuse.tenants.tenant import App, Number, Tenant, tenant_id
from support.graph_numbers import ANA, NUMBER_ID, TOKEN

NUMBER = Number(
    phone_number_id=NUMBER_ID,
    waba_id="419561257915477",
    graph_version="v26.0",
    verify_token="verify",
    access_token=TOKEN,
    app_secrets=(b"acme-app-secret",),
)
ACME = Tenant(key="shop.acme", id=tenant_id("shop.acme"), display_name="Acme", numbers=(NUMBER,))

_ADD_SENDER: LiteralString = """
    INSERT INTO acuse.senders (id, tenant_id, user_id, wa_id, last_message_at)
    VALUES (%(id)s, %(tenant)s, %(user)s, %(phone)s, now() - make_interval(secs => %(ago)s))
"""


@dataclass(slots=True)
class FixedDirectory:
    """A TenantDirectory that a test fills by hand, and may change."""

    known: tuple[Tenant, ...] = (ACME,)

    @property
    def app(self) -> App | None:
        return None

    def tenants(self) -> tuple[Tenant, ...]:
        return self.known

    def by_key(self, key: str) -> Tenant | None:
        return next((t for t in self.known if t.key == key), None)

    def by_id(self, tenant_id: UUID) -> Tenant | None:
        return next((t for t in self.known if t.id == tenant_id), None)

    def by_phone_number_id(self, phone_number_id: str) -> Tenant | None:
        return next((t for t in self.known if t.number(phone_number_id)), None)

    def by_waba_id(self, waba_id: str) -> Tenant | None:
        return next((t for t in self.known if t.numbers[0].waba_id == waba_id), None)


def add_sender(
    owner_url: str,
    *,
    tenant: Tenant = ACME,
    phone: str | None = ANA.wa_id,
    silent_for: float = 60.0,
) -> UUID:
    """Keep a person whose last message came `silent_for` seconds ago; return their id."""
    new = uuid4()
    values = {
        "id": new,
        "tenant": tenant.id,
        "user": f"AR.{new.int}",
        "phone": phone,
        "ago": silent_for,
    }
    with psycopg.connect(owner_url) as conn:
        conn.execute(_ADD_SENDER, values)
    return new


async def put_in(
    pool: Pool,
    sender_id: UUID,
    *says: str | Content,
    tenant: Tenant = ACME,
    cause: str = "wamid.in",
    quoting: str | None = None,
) -> list[UUID]:
    """Put replies in the outbox one after another; return their ids."""
    ids: list[UUID] = []
    for place, said in enumerate(says):
        reply = Reply(
            tenant_id=tenant.id,
            sender_id=sender_id,
            phone_number_id=tenant.numbers[0].phone_number_id,
            cause=f"{cause}.{place}",
            purpose="result",
            content=content.text(said) if isinstance(said, str) else said,
            context_id=quoting,
        )
        async with transaction(pool, tenant_id=tenant.id) as conn:
            new = await enqueue(conn, reply)
        assert new is not None
        ids.append(new)
    return ids


def outbox(owner_url: str) -> list[dict[str, Any]]:
    """Return every row of the outbox, oldest first."""
    with psycopg.connect(owner_url) as conn, conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM acuse.outbox ORDER BY created_at, id").fetchall()


def execute(owner_url: str, query: LiteralString, *values: object) -> None:
    """Change the database as its owner, as time or a crash would."""
    with psycopg.connect(owner_url) as conn:
        conn.execute(query, values)
