"""Events for a person: list, show, try again, discard. What an event says is shown only on request.

Runs as acuse_admin, which sees the states of every tenant and no content; what one event says is
read as acuse_api, within its tenant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from acuse.data.pool import Conn
from acuse.errors import EventNotFound, EventStateConflict
from acuse.events.claimed import log_id


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which events are meant: every filter that is set must hold; `ids` empty means any."""

    ids: tuple[str, ...] = ()
    tenant_id: UUID | None = None
    statuses: tuple[str, ...] = ()
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """An event's state; `tenant` is its key, or its id where no such tenant is known."""

    event_id: str
    tenant: str
    tenant_id: UUID
    region: str
    kind: str
    status: str
    step: str | None
    reason: str | None
    detail: str | None
    retries: int
    lost_leases: int
    attempt: int
    occurred_at: datetime
    created_at: datetime
    run_at: datetime
    processed_at: datetime | None
    leased_by: str | None
    lease_until: datetime | None


LIST = """
    SELECT e.event_id, coalesce(t.key, e.tenant_id::text) AS tenant, e.tenant_id, e.region,
           e.kind, e.status, e.step, e.reason, e.detail, e.retries, e.lost_leases, e.attempt,
           e.occurred_at, e.created_at, e.run_at, e.processed_at, e.leased_by, e.lease_until
      FROM acuse.webhook_events e LEFT JOIN acuse.tenants t ON t.id = e.tenant_id
     WHERE (%(tenant_id)s::uuid IS NULL OR e.tenant_id = %(tenant_id)s)
       AND (%(ids)s::text[] IS NULL OR e.event_id = ANY(%(ids)s)
            OR left(encode(sha256(convert_to(e.event_id, 'UTF8')), 'hex'), 16) = ANY(%(ids)s))
       AND (%(statuses)s::text[] IS NULL OR e.status = ANY(%(statuses)s))
       AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
     ORDER BY e.created_at DESC, e.event_id
     LIMIT %(limit)s
"""

RECEIPTS = """
    SELECT r.id::text, r.status, r.error_code FROM acuse.receipts r
     WHERE r.tenant_id = %(tenant_id)s AND r.message_id = %(event_id)s
     ORDER BY r.id
"""

REPLIES = """
    SELECT o.id::text, o.purpose, o.status, o.delivery, o.reason FROM acuse.outbox o
     WHERE o.tenant_id = %(tenant_id)s AND o.cause = %(event_id)s
     ORDER BY o.created_at, o.id
"""

PAYLOAD = """
    SELECT payload::text FROM acuse.webhook_events
     WHERE tenant_id = %(tenant_id)s AND event_id = %(event_id)s
     ORDER BY region LIMIT 1
"""

# What the intake found wrong with an unknown update stays with it. An event that was ignored begins
# anew; one that failed goes on where it was.
RETRY = """
    UPDATE acuse.webhook_events
       SET status = 'received', step = CASE WHEN status = 'ignored' THEN NULL ELSE step END,
           reason = CASE WHEN kind = 'unknown' AND reason <> 'discarded' THEN reason END,
           detail = NULL, retries = 0, lost_leases = 0, run_at = clock_timestamp(),
           processed_at = NULL
     WHERE (%(tenant_id)s::uuid IS NULL OR tenant_id = %(tenant_id)s)
       AND (%(ids)s::text[] IS NULL OR event_id = ANY(%(ids)s)
            OR left(encode(sha256(convert_to(event_id, 'UTF8')), 'hex'), 16) = ANY(%(ids)s))
       AND (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
       AND (%(kind)s::text IS NULL OR kind = %(kind)s)
       AND status IN ('failed', 'dead', 'ignored')
    RETURNING event_id
"""

DISCARD = """
    UPDATE acuse.webhook_events
       SET status = 'ignored', reason = 'discarded', detail = %(why)s,
           processed_at = clock_timestamp(), lease_until = NULL, leased_by = NULL
     WHERE (%(tenant_id)s::uuid IS NULL OR tenant_id = %(tenant_id)s)
       AND (%(ids)s::text[] IS NULL OR event_id = ANY(%(ids)s)
            OR left(encode(sha256(convert_to(event_id, 'UTF8')), 'hex'), 16) = ANY(%(ids)s))
       AND (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s))
       AND (%(kind)s::text IS NULL OR kind = %(kind)s)
       AND status IN ('failed', 'dead', 'received')
    RETURNING event_id
"""


async def list_events(conn: Conn, chosen: Chosen, *, limit: int) -> list[Summary]:
    """Return the newest events of those chosen."""
    async with conn.cursor(row_factory=class_row(Summary)) as cursor:
        await cursor.execute(LIST, _values(chosen) | {"limit": limit})
        return await cursor.fetchall()


async def find_event(conn: Conn, event_id: str, *, tenant_id: UUID | None) -> Summary:
    """Return the event of this id, which may be the one that logs know it by.

    Raises EventNotFound, or EventStateConflict when several tenants have one.
    """
    found = await list_events(conn, Chosen((event_id,), tenant_id), limit=2)
    if not found:
        raise EventNotFound("no event has this id")
    if len(found) > 1:
        raise EventStateConflict("several tenants have an event of this id; name one by --tenant")
    return found[0]


async def show_event(conn: Conn, event_id: str, *, tenant_id: UUID | None) -> dict[str, Any]:
    """Return an event's state, and those of its receipts and replies; raises as `find_event`."""
    event = await find_event(conn, event_id, tenant_id=tenant_id)
    key = {"event_id": event.event_id, "tenant_id": event.tenant_id}
    receipts = await (await conn.execute(RECEIPTS, key)).fetchall()
    replies = await (await conn.execute(REPLIES, key)).fetchall()
    return {
        "event": event,
        "receipts": [
            dict(zip(("id", "status", "error_code"), row, strict=True)) for row in receipts
        ],
        "replies": [
            dict(zip(("id", "purpose", "status", "delivery", "reason"), row, strict=True))
            for row in replies
        ],
    }


async def payload_of(conn: Conn, event: Summary) -> str:
    """Return what the event says, as Meta wrote it: personal data. Raise EventNotFound.

    To be asked as acuse_api, seeing the event's tenant: acuse_admin cannot read it.
    """
    key = {"event_id": event.event_id, "tenant_id": event.tenant_id}
    cursor = await conn.execute(PAYLOAD, key)
    row = await cursor.fetchone()
    if row is None:
        raise EventNotFound("no event has this id")
    return str(row[0])


async def retry_events(conn: Conn, chosen: Chosen) -> list[str]:
    """Let events that failed, died or were ignored be worked on again; return their ids.

    Raises EventNotFound or EventStateConflict when an event named by id cannot be.
    """
    return await _move(conn, RETRY, chosen, {})


async def discard_events(conn: Conn, chosen: Chosen, *, why: str) -> list[str]:
    """End events that wait, failed or died as ignored, saying why; return their ids.

    Raises EventNotFound or EventStateConflict when an event named by id cannot be.
    """
    return await _move(conn, DISCARD, chosen, {"why": why})


async def _move(
    conn: Conn, statement: LiteralString, chosen: Chosen, values: dict[str, Any]
) -> list[str]:
    cursor = await conn.execute(statement, _values(chosen) | values)
    moved = sorted(str(row[0]) for row in await cursor.fetchall())
    done = {*moved, *map(log_id, moved)}
    left: Sequence[str] = sorted(set(chosen.ids) - done)
    if left:
        there = await list_events(conn, Chosen(tuple(left), chosen.tenant_id), limit=len(left))
        if not there:
            raise EventNotFound(f"no event has the id {left[0]}")
        raise EventStateConflict(f"{there[0].event_id} is {there[0].status}; nothing was changed")
    return moved


def _values(chosen: Chosen) -> dict[str, Any]:
    return {
        "ids": list(chosen.ids) or None,
        "tenant_id": chosen.tenant_id,
        "statuses": list(chosen.statuses) or None,
        "kind": chosen.kind,
    }
