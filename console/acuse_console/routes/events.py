"""Events: what came from Meta, and where the work on each stands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from acuse.errors import NotFound
from acuse.tokens import Scope
from acuse_console.access import needs
from acuse_console.bodies import ApiRequest
from acuse_console.paging import Cursor, Limit, Word, page, read_cursor, takes
from acuse_console.responses import can_fail
from acuse_console.scope import Needed, rows, scoped
from acuse_console.shapes import Event, EventDetail, EventPage, EventStatus

# Uses webhook_events_recent (tenant_id, created_at DESC).
LIST: Final = """
    SELECT event_id, region, kind, field, status, step, reason, retries, occurred_at, created_at,
           processed_at
      FROM acuse.webhook_events
     WHERE tenant_id = %(tenant_id)s
       AND (%(status)s::text IS NULL OR status = %(status)s)
       AND (%(kind)s::text IS NULL OR kind = %(kind)s)
       AND (%(at)s::timestamptz IS NULL OR created_at < %(at)s
            OR (created_at = %(at)s
                AND (region, event_id) > (%(region)s::text, %(event_id)s::text)))
     ORDER BY created_at DESC, region, event_id
     LIMIT %(limit)s
"""
# The region that this API runs in first; the same update may have come in two.
ONE: Final = """
    SELECT event_id, region, kind, field, status, step, reason, retries, occurred_at, created_at,
           processed_at
      FROM acuse.webhook_events
     WHERE tenant_id = %(tenant_id)s AND event_id = %(event_id)s
     ORDER BY region <> %(region)s, region
     LIMIT 1
"""
PAYLOAD: Final = """
    SELECT payload::text FROM acuse.webhook_events
     WHERE tenant_id = %(tenant_id)s AND region = %(region)s AND event_id = %(event_id)s
"""


@get(
    "/events",
    guards=[needs(Scope.EVENTS_READ), takes("status", "kind")],
    responses=can_fail(422),
    operation_id="listEvents",
    summary="List events",
)
async def list_events(
    request: ApiRequest,
    means: Needed,
    status: Annotated[EventStatus | None, QueryParameter()] = None,
    kind: Annotated[str | None, QueryParameter(pattern=r"^[a-z0-9_.]{1,64}$(?!\n)")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EventPage:
    """List events, latest first."""
    at, region, last = read_cursor(cursor, tuple[datetime, Word, Word]) or (None, None, None)
    values: dict[str, Any] = {
        "tenant_id": request.auth.tenant_id,
        "status": status,
        "kind": kind,
        "at": at,
        "region": region,
        "event_id": last,
        "limit": limit + 1,
    }
    async with scoped(request, means) as conn:
        found = await rows(conn, LIST, Event, values)
    items, following = page(
        found, limit=limit, place=lambda e: (e.created_at, e.region, e.event_id)
    )
    return EventPage(items=items, next=following)


@get(
    # A path: Meta's ids are base64 and may hold a slash.
    "/events/{event_id:path}",
    guards=[needs(Scope.EVENTS_READ)],
    responses=can_fail(404),
    operation_id="showEvent",
    summary="Show an event",
)
async def show_event(request: ApiRequest, means: Needed, event_id: FromPath[str]) -> EventDetail:
    """Show an event with its update exactly as Meta wrote it."""
    wanted = event_id.removeprefix("/")
    if "\x00" in wanted:
        raise NotFound("there is no such event")
    key: dict[str, Any] = {"tenant_id": request.auth.tenant_id, "event_id": wanted}
    async with scoped(request, means) as conn:
        found = await rows(conn, ONE, Event, {**key, "region": means.region})
        if not found:
            raise NotFound("there is no such event")
        cursor = await conn.execute(PAYLOAD, {**key, "region": found[0].region})
        row = await cursor.fetchone()
    payload = row[0] if row else "null"
    return EventDetail(event=found[0], payload=msgspec.Raw(payload.encode()))
