"""Keep events as they arrive: one statement for many rows, each kept once."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Literal
from uuid import UUID

import msgspec
import psycopg
from msgspec import structs
from psycopg_pool import PoolTimeout

from acuse.data.pool import Conn, Pool
from acuse.errors import DatabaseUnavailable
from acuse.meta import kinds
from acuse.meta.identity import hashed
from acuse.meta.update import PROVIDER, Update

# Classes of SQLSTATE that blame the rows, not the server: data, integrity, program limits.
_BLAMES_ROWS: Final = frozenset({"22", "23", "54"})

# Uses the primary key (region, tenant_id, event_id). All but the payloads comes as one JSON text: a
# dozen arrays would take longer to write than the rows take to store. The payloads are apart
# because reading them as part of that text would refuse \u0000 and lone surrogates.
INSERT_EVENTS = """
    INSERT INTO acuse.webhook_events
           (region, provider, tenant_id, event_id, kind, field, waba_id, phone_number_id, lane,
            delivery_id, ordinal, occurred_at, payload, status, reason, processed_at)
    SELECT %(region)s, %(provider)s, e.tenant_id, e.event_id, e.kind, e.field, e.waba_id,
           e.phone_number_id, e.lane, e.delivery_id, e.ordinal, e.occurred_at, e.payload::json,
           e.status, e.reason, CASE WHEN e.status = 'ignored' THEN now() END
      FROM ROWS FROM (
             json_to_recordset(%(rows)s::json) AS (
               tenant_id uuid, event_id text, kind text, field text, waba_id text,
               phone_number_id text, lane text, delivery_id uuid, ordinal int,
               occurred_at timestamptz, status text, reason text),
             unnest(%(payloads)b::text[]))
        AS e (tenant_id, event_id, kind, field, waba_id, phone_number_id, lane, delivery_id,
              ordinal, occurred_at, status, reason, payload)
        ON CONFLICT (region, tenant_id, event_id) DO NOTHING
    RETURNING tenant_id, event_id
"""

UNSTORABLE: Final = "unstorable"

Status = Literal["received", "ignored"]
Key = tuple[UUID, str]


class NewEvent(msgspec.Struct, frozen=True):
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
    parameters = {
        "region": region,
        "provider": PROVIDER,
        "rows": msgspec.json.encode([_columns(row) for row in rows]).decode(),
        "payloads": [row.update.payload.decode() for row in rows],
    }
    cursor = await conn.execute(INSERT_EVENTS, parameters, prepare=True)
    if cursor.rowcount == len(rows):
        return {row.key for row in rows}
    return {(kept[0], kept[1]) for kept in await cursor.fetchall()}


def _columns(event: NewEvent) -> dict[str, object]:
    """Return the event's row but for its payload."""
    update = event.update
    return {
        "tenant_id": event.tenant_id,
        "event_id": update.event_id,
        "kind": update.kind,
        "field": update.field,
        "waba_id": update.waba_id,
        "phone_number_id": update.phone_number_id,
        "lane": update.lane,
        "delivery_id": event.delivery_id,
        "ordinal": update.ordinal,
        "occurred_at": update.occurred_at,
        "status": event.status,
        "reason": event.reason,
    }


def _blames_rows(exc: psycopg.Error) -> bool:
    # Without a code it is psycopg's own refusal to send a value, such as a NUL in a text.
    return isinstance(exc, psycopg.DataError) or (exc.sqlstate or "")[:2] in _BLAMES_ROWS


def _as_bytes(event: NewEvent) -> NewEvent:
    """Return the event in a form that can be stored whatever it says."""
    update = structs.replace(
        event.update,
        event_id=hashed(event.update.event_id.encode(errors="replace"), event.update.payload),
        kind=kinds.UNKNOWN,
        field="",
        waba_id=None,
        phone_number_id=None,
        lane="account::",
        payload=b'{"raw_base64":"%b"}' % base64.b64encode(event.update.payload),
    )
    return structs.replace(event, update=update, status="ignored", reason=UNSTORABLE)
