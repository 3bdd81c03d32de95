"""Senders: people, keyed by Meta's business-scoped user id, with a phone that may be missing.

Rows with a phone alone come from before Meta sent ids; the first message with both adopts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from acuse.data.pool import Conn


@dataclass(frozen=True, slots=True)
class Person:
    """What Meta says of who someone is; at least one of the ids is there."""

    user_id: str | None
    wa_id: str | None
    name: str | None = None
    username: str | None = None


# The same person may write from two lanes (by phone, by id) at once; whoever comes second waits.
LOCK_IDENTITY = """
    SELECT pg_advisory_xact_lock(key)
      FROM (SELECT hashtextextended('acuse.sender ' || %(tenant_id)s || ' ' || id, 0) AS key
              FROM unnest(%(ids)s::text[]) id ORDER BY key) keys
"""

FIND = """
    SELECT id, user_id, wa_id FROM acuse.senders
     WHERE tenant_id = %(tenant_id)s AND (user_id = %(user_id)s OR wa_id = %(wa_id)s)
     ORDER BY user_id = %(user_id)s DESC NULLS LAST, user_id IS NOT NULL DESC,
              last_message_at DESC NULLS LAST, id
"""

ADD = """
    INSERT INTO acuse.senders (tenant_id, user_id, wa_id, profile_name, username, last_message_at)
    VALUES (%(tenant_id)s, %(user_id)s, %(wa_id)s, %(name)s, %(username)s, %(seen_at)s)
    RETURNING id
"""

SEEN = """
    UPDATE acuse.senders
       SET user_id = coalesce(%(user_id)s, user_id), wa_id = coalesce(%(wa_id)s, wa_id),
           profile_name = coalesce(%(name)s, profile_name),
           username = coalesce(%(username)s, username),
           last_message_at = greatest(last_message_at, %(seen_at)s)
     WHERE tenant_id = %(tenant_id)s AND id = %(id)s
"""

RENAME = """
    UPDATE acuse.senders SET user_id = %(user_id)s, wa_id = %(wa_id)s
     WHERE tenant_id = %(tenant_id)s AND id = %(id)s
"""

# What one row of a person has, the other takes over.
MERGE = (
    """UPDATE acuse.messages SET sender_id = %(into)s
        WHERE tenant_id = %(tenant_id)s AND sender_id = %(id)s""",
    """UPDATE acuse.receipts SET sender_id = %(into)s
        WHERE tenant_id = %(tenant_id)s AND sender_id = %(id)s""",
    """UPDATE acuse.outbox SET sender_id = %(into)s
        WHERE tenant_id = %(tenant_id)s AND sender_id = %(id)s""",
    """UPDATE acuse.senders i
          SET last_message_at = greatest(i.last_message_at, o.last_message_at),
              profile_name = coalesce(i.profile_name, o.profile_name)
         FROM acuse.senders o
        WHERE i.tenant_id = %(tenant_id)s AND i.id = %(into)s
          AND o.tenant_id = %(tenant_id)s AND o.id = %(id)s""",
    """DELETE FROM acuse.senders WHERE tenant_id = %(tenant_id)s AND id = %(id)s""",
)


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    user_id: str | None
    wa_id: str | None


async def keep_sender(
    conn: Conn, tenant_id: UUID, person: Person, *, seen_at: datetime | None
) -> UUID:
    """Return the row of the person who wrote at `seen_at`, made or brought up to date."""
    rows = await _rows_of(conn, tenant_id, person)
    known = [row for row in rows if person.user_id is None or row.user_id == person.user_id]
    phone_only = [row for row in rows if row.user_id is None and row not in known]
    values = {
        "tenant_id": tenant_id,
        "user_id": person.user_id,
        "wa_id": person.wa_id,
        "name": person.name,
        "username": person.username,
        "seen_at": seen_at,
    }
    if not known and not phone_only:
        row = await (await conn.execute(ADD, values)).fetchone()
        return UUID(str(row and row[0]))
    kept, *others = known[:1] + phone_only
    for other in others:
        await _merge(conn, tenant_id, other.id, into=kept.id)
    await conn.execute(SEEN, values | {"id": kept.id})
    return kept.id


async def change_identity(conn: Conn, tenant_id: UUID, before: Person, after: Person) -> bool:
    """Give a person the ids that Meta says they have now; return if they were known at all.

    A new number makes a new business-scoped id: one that is not said is unknown, not the old one.
    """
    if after.user_id is None and after.wa_id is None:
        return False
    rows = await _rows_of(conn, tenant_id, before)
    if not rows:
        return False
    old = rows[0]
    for row in await _rows_of(conn, tenant_id, after):
        same = row.user_id == after.user_id if after.user_id else row.user_id is None
        if row.id != old.id and (same or row.user_id is None):
            await _merge(conn, tenant_id, row.id, into=old.id)
    await conn.execute(
        RENAME,
        {
            "tenant_id": tenant_id,
            "id": old.id,
            "user_id": after.user_id,
            "wa_id": after.wa_id,
        },
    )
    return True


async def _rows_of(conn: Conn, tenant_id: UUID, person: Person) -> list[_Row]:
    """Lock the person's ids and return the rows that have one of them, the best first."""
    ids = [value for value in (person.user_id, person.wa_id) if value]
    await conn.execute(LOCK_IDENTITY, {"tenant_id": str(tenant_id), "ids": ids})
    cursor = await conn.execute(
        FIND, {"tenant_id": tenant_id, "user_id": person.user_id, "wa_id": person.wa_id}
    )
    return [_Row(*row) for row in await cursor.fetchall()]


async def _merge(conn: Conn, tenant_id: UUID, sender_id: UUID, *, into: UUID) -> None:
    for statement in MERGE:
        await conn.execute(statement, {"tenant_id": tenant_id, "id": sender_id, "into": into})
