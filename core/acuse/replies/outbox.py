"""The outbox: a row before the call, so that a reply is sent at most once.

A row is pending, then sending (committed before the request leaves), then sent, failed, or unknown
when nobody can say. Unknown is never sent again; a status that Meta sends may still settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from acuse.data.pool import Conn
from acuse.replies.claiming import Claimed
from acuse.replies.content import Content

ENQUEUE = """
    INSERT INTO acuse.outbox
           (tenant_id, sender_id, phone_number_id, cause, purpose, kind, content, context_id)
    VALUES (%(tenant_id)s, %(sender_id)s, %(phone_number_id)s, %(cause)s, %(purpose)s, %(kind)s,
            %(content)s, %(context_id)s)
    ON CONFLICT (tenant_id, cause, purpose) DO NOTHING
    RETURNING id
"""

# Whoever writes a wamid, and whoever brings its status, must see what the other has done.
LOCK_WAMID = "SELECT pg_advisory_xact_lock(hashtextextended('acuse.wamid ' || %(wamid)s, 0))"

# The same attempt: still sending, or given up on when its lease ran out, or settled by a status
# that came first. A status that came before this commit is in message_statuses.
MARK_SENT = """
    UPDATE acuse.outbox o
       SET status = 'sent', wamid = %(wamid)s, lease_until = NULL, leased_by = NULL,
           finished_at = coalesce(o.finished_at, clock_timestamp()),
           reason = CASE WHEN o.delivery = 'failed' THEN o.reason ELSE early.reason END,
           delivery = CASE WHEN o.delivery = 'failed' THEN o.delivery
                           ELSE coalesce(early.status, o.delivery) END
      FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS held (id, attempt)
      LEFT JOIN LATERAL (
          SELECT s.status, 'graph_' || s.error_code AS reason
            FROM acuse.message_statuses s
           WHERE s.tenant_id = %(tenant_id)s AND s.message_id = %(wamid)s
             AND s.status IN ('sent', 'delivered', 'read', 'played', 'failed')
           ORDER BY array_position(ARRAY['sent', 'delivered', 'read', 'played', 'failed'], s.status)
                    DESC
           LIMIT 1) early ON true
     WHERE o.id = held.id AND o.attempt = held.attempt AND o.tenant_id = %(tenant_id)s
       AND o.status IN ('sending', 'unknown', 'sent')
"""

FINISH = """
    UPDATE acuse.outbox o
       SET status = %(status)s, reason = %(reason)s, finished_at = clock_timestamp(),
           lease_until = NULL, leased_by = NULL
      FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS held (id, attempt)
     WHERE o.id = held.id AND o.attempt = held.attempt AND o.status = 'sending'
"""

RELEASE = """
    UPDATE acuse.outbox o
       SET status = 'pending', reason = %(reason)s, lease_until = NULL, leased_by = NULL,
           retries = o.retries + %(spent)s,
           run_at = clock_timestamp() + make_interval(secs => %(delay)s)
      FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS held (id, attempt)
     WHERE o.id = held.id AND o.attempt = held.attempt AND o.status = 'sending'
"""

# Uses outbox_leased.
EXPIRE = """
    UPDATE acuse.outbox SET status = 'unknown', reason = 'lease_expired', lease_until = NULL,
           leased_by = NULL, finished_at = clock_timestamp()
     WHERE status = 'sending' AND lease_until < statement_timestamp()
    RETURNING id, tenant_id
"""

# A number without its token, a tenant that is served no more: what waited for a week is no answer
# any more, and has to end. Whichever worker looks may say so. Uses outbox_due.
GIVE_UP = """
    UPDATE acuse.outbox o SET status = 'failed', reason = 'too_late',
           finished_at = clock_timestamp()
      FROM (SELECT id FROM acuse.outbox
             WHERE status = 'pending' AND created_at < statement_timestamp() - interval '7 days'
             LIMIT 1000 FOR UPDATE SKIP LOCKED) late
     WHERE o.id = late.id
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """Something to say to a sender. `cause` and `purpose` name it: it is put in the outbox once.

    `cause` is an event's id or a caller's key; `context_id` is the message that it quotes.
    """

    tenant_id: UUID
    sender_id: UUID
    phone_number_id: str
    cause: str
    purpose: str
    content: Content
    context_id: str | None = None


async def enqueue(conn: Conn, reply: Reply) -> UUID | None:
    """Put a reply in the outbox, within the caller's transaction; None when it was there before."""
    found = await conn.execute(
        ENQUEUE,
        {
            "tenant_id": reply.tenant_id,
            "sender_id": reply.sender_id,
            "phone_number_id": reply.phone_number_id,
            "cause": reply.cause,
            "purpose": reply.purpose,
            "kind": reply.content.kind,
            "content": msgspec.json.encode(reply.content.data).decode(),
            "context_id": reply.context_id,
        },
    )
    row = await found.fetchone()
    return None if row is None else UUID(str(row[0]))


async def mark_sent(conn: Conn, held: Sequence[Claimed], *, wamid: str) -> int:
    """Say that these rows went out as one message; return how many were still this attempt's.

    The transaction must see the tenant. It holds even if the lease has run out meanwhile.
    """
    await conn.execute(LOCK_WAMID, {"wamid": wamid})
    done = await conn.execute(
        MARK_SENT, {**_held(held), "tenant_id": held[0].tenant_id, "wamid": wamid}
    )
    return done.rowcount


async def mark_failed(conn: Conn, held: Sequence[Claimed], *, reason: str) -> int:
    """Say that these rows were refused for good and were not sent."""
    done = await conn.execute(FINISH, {**_held(held), "status": "failed", "reason": reason})
    return done.rowcount


async def mark_unknown(conn: Conn, held: Sequence[Claimed], *, reason: str) -> int:
    """Say that these rows may have been sent; they never are again."""
    done = await conn.execute(FINISH, {**_held(held), "status": "unknown", "reason": reason})
    return done.rowcount


async def release(
    conn: Conn, held: Sequence[Claimed], *, delay: float, reason: str, spent: int
) -> int:
    """Put rows that were certainly not sent back for `delay` seconds, `spent` tries poorer."""
    values = {**_held(held), "delay": delay, "reason": reason, "spent": spent}
    return (await conn.execute(RELEASE, values)).rowcount


async def expire(conn: Conn) -> list[tuple[UUID, UUID]]:
    """Give up on rows whose sender died while sending; return each one's id and tenant."""
    rows = await (await conn.execute(EXPIRE)).fetchall()
    return [(UUID(str(i)), UUID(str(tenant))) for i, tenant in rows]


async def give_up(conn: Conn) -> int:
    """End what could not be sent for a week, whosever it is; return how many replies those are."""
    return (await conn.execute(GIVE_UP)).rowcount


def _held(held: Sequence[Claimed]) -> dict[str, object]:
    return {"ids": [row.id for row in held], "attempts": [row.attempt for row in held]}
