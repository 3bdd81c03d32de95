"""Messages as rows: kept once, edited in order, tombstoned when revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from acuse.data.pool import Conn


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to keep; `kind` is Meta's type, `body` a text or a caption."""

    region: str
    tenant_id: UUID
    message_id: str
    sender_id: UUID
    phone_number_id: str
    kind: str
    body: str | None
    graph_media_id: str | None
    context_id: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is kept."""

    message_id: str
    sender_id: UUID
    phone_number_id: str
    kind: str
    graph_media_id: str | None
    revoked_at: datetime | None


ADD = """
    INSERT INTO acuse.messages (region, tenant_id, message_id, sender_id, phone_number_id, kind,
        body, graph_media_id, context_id, occurred_at)
    VALUES (%(region)s, %(tenant_id)s, %(message_id)s, %(sender_id)s, %(phone_number_id)s,
        %(kind)s, %(body)s, %(graph_media_id)s, %(context_id)s, %(occurred_at)s)
    ON CONFLICT DO NOTHING
"""

FIND = """
    SELECT message_id, sender_id, phone_number_id, kind, graph_media_id, revoked_at
      FROM acuse.messages
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND message_id = %(message_id)s
       FOR NO KEY UPDATE
"""

# At most one acknowledgement: the mark comes first.
CLAIM_ACKNOWLEDGEMENT = """
    UPDATE acuse.messages SET acknowledged_at = now()
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND message_id = %(message_id)s
       AND acknowledged_at IS NULL AND revoked_at IS NULL
"""

EDIT = """
    UPDATE acuse.messages
       SET body = %(body)s, edited_at = %(at)s,
           graph_media_id = coalesce(%(graph_media_id)s, graph_media_id)
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND message_id = %(message_id)s
       AND revoked_at IS NULL AND (edited_at IS NULL OR edited_at <= %(at)s)
"""

REVOKE = """
    UPDATE acuse.messages SET body = NULL, revoked_at = coalesce(revoked_at, %(at)s)
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND message_id = %(message_id)s
"""


async def keep_message(conn: Conn, message: NewMessage) -> None:
    """Keep a message, unless it is there already."""
    await conn.execute(
        ADD,
        {
            "region": message.region,
            "tenant_id": message.tenant_id,
            "message_id": message.message_id,
            "sender_id": message.sender_id,
            "phone_number_id": message.phone_number_id,
            "kind": message.kind,
            "body": message.body,
            "graph_media_id": message.graph_media_id,
            "context_id": message.context_id,
            "occurred_at": message.occurred_at,
        },
    )


async def find_message(
    conn: Conn, tenant_id: UUID, message_id: str, *, region: str
) -> Message | None:
    """Return a message of the tenant's, held as it is until the transaction ends; None without one.

    An edit or a revocation comes before it or after it, never in between.
    """
    async with conn.cursor(row_factory=class_row(Message)) as cursor:
        await cursor.execute(FIND, _key(tenant_id, message_id, region))
        return await cursor.fetchone()


async def claim_acknowledgement(
    conn: Conn, tenant_id: UUID, message_id: str, *, region: str
) -> bool:
    """Mark a message as acknowledged; return whether it was not yet, so that it happens once."""
    cursor = await conn.execute(CLAIM_ACKNOWLEDGEMENT, _key(tenant_id, message_id, region))
    return cursor.rowcount == 1


@dataclass(frozen=True, slots=True)
class Edition:
    """What a message says since `at`; no `graph_media_id` means that its media is as it was."""

    body: str | None
    graph_media_id: str | None
    at: datetime


async def edit_message(
    conn: Conn, tenant_id: UUID, message_id: str, *, region: str, edition: Edition
) -> bool:
    """Give a message its new words; return False when it was revoked, or edited later than that."""
    values = _key(tenant_id, message_id, region) | {
        "body": edition.body,
        "graph_media_id": edition.graph_media_id,
        "at": edition.at,
    }
    return (await conn.execute(EDIT, values)).rowcount == 1


async def revoke_message(
    conn: Conn, tenant_id: UUID, message_id: str, *, region: str, at: datetime
) -> None:
    """Leave a tombstone of a message: that it was there, and no longer what it said."""
    await conn.execute(REVOKE, _key(tenant_id, message_id, region) | {"at": at})


def _key(tenant_id: UUID, message_id: str, region: str) -> dict[str, Any]:
    return {"region": region, "tenant_id": tenant_id, "message_id": message_id}
