"""What a worker may do with an event it holds. Each write names the claim's fencing token.

All run inside the caller's transaction, so that a step's rows and the event's next state commit
together or not at all; each raises LeaseLost when another claim, or the reaper, has been faster.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, LiteralString

from acuse.data.pool import Conn
from acuse.errors import LeaseLost
from acuse.events.claimed import Claimed
from acuse.events.queue import Patience

ADVANCE = """
    UPDATE acuse.webhook_events
       SET step = %(step)s, retries = 0, lost_leases = 0, reason = NULL, detail = NULL
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND event_id = %(event_id)s
       AND attempt = %(attempt)s AND status = 'processing'
"""

END = """
    UPDATE acuse.webhook_events
       SET status = %(status)s, reason = %(reason)s, detail = %(detail)s,
           processed_at = clock_timestamp(), lease_until = NULL, leased_by = NULL
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND event_id = %(event_id)s
       AND attempt = %(attempt)s AND status = 'processing'
"""

# Waits at least `floor`, then up to the window at random: what failed together comes back apart.
# A try that is not to count counts after all once the event is a week old: Meta keeps no media
# longer, and an event has to end.
FAIL = """
    UPDATE acuse.webhook_events
       SET status = 'failed', reason = %(reason)s, detail = %(detail)s,
           retries = retries + CASE WHEN %(spent)s
             OR created_at < clock_timestamp() - interval '7 days' THEN 1 ELSE 0 END,
           run_at = clock_timestamp() + make_interval(secs => %(floor)s + random() * %(window)s),
           lease_until = NULL, leased_by = NULL
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND event_id = %(event_id)s
       AND attempt = %(attempt)s AND status = 'processing'
"""

HAND_BACK = """
    UPDATE acuse.webhook_events
       SET status = 'received', run_at = clock_timestamp(), lease_until = NULL, leased_by = NULL
     WHERE region = %(region)s AND tenant_id = %(tenant_id)s AND event_id = %(event_id)s
       AND attempt = %(attempt)s AND status = 'processing'
"""


async def advance(conn: Conn, event: Claimed, step: str) -> Claimed:
    """Go on to `step`, with a fresh count of tries."""
    await _write(conn, ADVANCE, event, {"step": step})
    return replace(event, step=step, retries=0, reason=None)


async def finish(conn: Conn, event: Claimed) -> None:
    """End the event as processed."""
    await _end(conn, event, "processed")


async def ignore(conn: Conn, event: Claimed, reason: str) -> None:
    """End the event as one that asks for nothing; `reason` is a stable code."""
    await _end(conn, event, "ignored", reason=reason)


async def give_up(conn: Conn, event: Claimed, reason: str, *, detail: str | None = None) -> None:
    """End the event as a dead letter, for a person to retry or discard."""
    await _end(conn, event, "dead", reason=reason, detail=detail)


async def fail(
    conn: Conn,
    event: Claimed,
    reason: str,
    *,
    patience: Patience,
    retry_after: float = 0.0,
    detail: str | None = None,
) -> bool:
    """Try the step again later, or end the event as dead after the last try; return if it died.

    The window doubles with each try up to `patience.cap`; `retry_after` is honoured within it.
    """
    if event.retries + 1 >= patience.max_tries:
        await give_up(conn, event, reason, detail=detail)
        return True
    window = min(patience.cap, patience.base * 2.0 ** min(event.retries, 30))
    wait = {"floor": min(retry_after, window), "window": window, "spent": True}
    await _write(conn, FAIL, event, {"reason": reason, "detail": detail, **wait})
    return False


async def pause(
    conn: Conn, event: Claimed, reason: str, *, patience: Patience, detail: str | None = None
) -> bool:
    """Try the step again after a person may have acted; return if the event has died instead.

    The try does not count, unless the event is a week old.
    """
    if event.retries >= patience.max_tries:
        await give_up(conn, event, reason, detail=detail)
        return True
    wait = {"floor": patience.cap / 2, "window": patience.cap / 2, "spent": False}
    await _write(conn, FAIL, event, {"reason": reason, "detail": detail, **wait})
    return False


async def hand_back(conn: Conn, event: Claimed) -> None:
    """Let another worker take the event at once; this try does not count."""
    await _write(conn, HAND_BACK, event, {})


async def _end(
    conn: Conn, event: Claimed, status: str, *, reason: str | None = None, detail: str | None = None
) -> None:
    await _write(conn, END, event, {"status": status, "reason": reason, "detail": detail})


async def _write(
    conn: Conn, statement: LiteralString, event: Claimed, values: dict[str, Any]
) -> None:
    fence = {
        "region": event.region,
        "tenant_id": event.tenant_id,
        "event_id": event.event_id,
        "attempt": event.attempt,
    }
    cursor = await conn.execute(statement, fence | values)
    if cursor.rowcount == 0:
        raise LeaseLost(f"attempt {event.attempt} no longer holds the event")
