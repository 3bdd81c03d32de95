"""Keep events as they arrive: one statement for many rows, each kept once."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from acuse.data.pool import Conn, Pool
from acuse.errors import DatabaseUnavailable
from acuse.meta import kinds
from acuse.meta.identity import hashed
from acuse.meta.update import PROVIDER, Update

# Classes of SQLSTATE that blame the rows, not the server: data, integrity, program limits.
_BLAMES_ROWS: Final = frozenset({"22", "23", "54"})

# Uses the primary key (region, tenant_id, event_id). The arrays have one element per row.
INSERT_EVENTS = """
    INSERT INTO acuse.webhook_events
           (region, provider, tenant_id, event_id, kind, field, waba_id, phone_number_id, lane,
            delivery_id, ordinal, occurred_at, payload, status, reason, processed_at)
    SELECT %(region)s, %(provider)s, e.tenant_id, e.event_id, e.kind, e.field, e.waba_id,
           e.phone_number_id, e.lane, e.delivery_id, e.ordinal, e.occurred_at, e.payload::json,
           e.status, e.reason, CASE WHEN e.status = 'ignored' THEN now() END
      FROM unnest(%(tenant_ids)b::uuid[], %(event_ids)b::text[], %(kinds)b::text[],
                  %(fields)b::text[], %(waba_ids)b::text[], %(phone_number_ids)b::text[],
                  %(lanes)b::text[], %(delivery_ids)b::uuid[], %(ordinals)b::int[],
                  %(occurred_ats)b::timestamptz[], %(payloads)b::text[], %(statuses)b::text[],
                  %(reasons)b::text[])
        AS e (tenant_id, event_id, kind, field, waba_id, phone_number_id, lane, delivery_id,
              ordinal, occurred_at, payload, status, reason)
        ON CONFLICT (region, tenant_id, event_id) DO NOTHING
    RETURNING tenant_id, event_id
"""

UNSTORABLE: Final = "unstorable"

Status = Literal["received", "ignored"]
Key = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An update on its way into the inbox: whose it is, and whether it is work or only kept."""

    tenant_id: UUID
    delivery_id: UUID
    update: Update
    status: Status = "received"
    reason: str | None = None

    @property
    def key(self) -> Key:
        """Return what makes the event one and the same within a region."""
        return self.tenant_id, self.update.event_id


# Keeps events and returns the keys of those that were new.
Write = Callable[[Sequence[NewEvent]], Awaitable[set[Key]]]


@asynccontextmanager
async def inbox_writer(
    pool: Pool, *, region: str, wait: float = 5.0
) -> AsyncGenerator[Write, None]:
    """Hold one connection and yield what writes to the inbox through it.

    Raises DatabaseUnavailable when none comes within `wait` seconds; after a write has raised it,
    leave and come again: the connection may be broken.
    """
    try:
        async with pool.connection(timeout=wait) as conn:
            await conn.set_autocommit(True)
            yield partial(keep, conn, region=region)
    except (PoolTimeout, psycopg.OperationalError) as exc:
        raise DatabaseUnavailable("PostgreSQL did not answer", retry_after=2.0) from exc


async def keep(conn: Conn, events: Sequence[NewEvent], *, region: str) -> set[Key]:
    """Insert the events that are not there yet and return their keys.

    `conn` is in autocommit mode: each statement is a transaction. An event that PostgreSQL will not
    store is kept as `unknown`, reason `unstorable`, with its bytes; its neighbours are not touched.
    Raises DatabaseUnavailable when the server failed; then any of them may have been kept.
    """
    try:
        return await _insert(conn, events, region=region)
    except psycopg.Error as exc:
        if not _blames_rows(exc) or events[0].reason == UNSTORABLE:
            raise DatabaseUnavailable("the events could not be stored", retry_after=2.0) from exc
    if len(events) == 1:
        kept = await keep(conn, [_as_bytes(events[0])], region=region)
        return {events[0].key} if kept else set()
    middle = len(events) // 2
    first = await keep(conn, events[:middle], region=region)
    return first | await keep(conn, events[middle:], region=region)


async def _insert(conn: Conn, events: Sequence[NewEvent], *, region: str) -> set[Key]:
    # In the key's order: two flushes with the same events wait for each other, never in a circle.
    rows = sorted(events, key=lambda event: (event.tenant_id.int, event.update.event_id))
    ups = [row.update for row in rows]
    parameters = {
        "region": region,
        "provider": PROVIDER,
        "tenant_ids": [row.tenant_id for row in rows],
        "event_ids": [up.event_id for up in ups],
        "kinds": [up.kind for up in ups],
        "fields": [up.field for up in ups],
        "waba_ids": [up.waba_id for up in ups],
        "phone_number_ids": [up.phone_number_id for up in ups],
        "lanes": [up.lane for up in ups],
        "delivery_ids": [row.delivery_id for row in rows],
        "ordinals": [up.ordinal for up in ups],
        "occurred_ats": [up.occurred_at for up in ups],
        "payloads": [up.payload.decode() for up in ups],
        "statuses": [row.status for row in rows],
        "reasons": [row.reason for row in rows],
    }
    cursor = await conn.execute(INSERT_EVENTS, parameters, prepare=True)
    if cursor.rowcount == len(rows):
        return {row.key for row in rows}
    return {(kept[0], kept[1]) for kept in await cursor.fetchall()}


def _blames_rows(exc: psycopg.Error) -> bool:
    # Without a code it is psycopg's own refusal to send a value, such as a NUL in a text.
    return isinstance(exc, psycopg.DataError) or (exc.sqlstate or "")[:2] in _BLAMES_ROWS


def _as_bytes(event: NewEvent) -> NewEvent:
    """Return the event in a form that can be stored whatever it says."""
    update = replace(
        event.update,
        event_id=hashed(event.update.event_id.encode(errors="replace"), event.update.payload),
        kind=kinds.UNKNOWN,
        field="",
        waba_id=None,
        phone_number_id=None,
        lane="account::",
        payload=b'{"raw_base64":"%b"}' % base64.b64encode(event.update.payload),
    )
    return replace(event, update=update, status="ignored", reason=UNSTORABLE)
