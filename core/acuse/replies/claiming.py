"""Which replies may be sent now: due, in order per sender, fair between tenants.

One claim at a time, under a lock: a claim takes milliseconds, and each sees what the last one did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from acuse.data.pool import SET_TENANT, Conn
from acuse.replies.content import MOST_TOGETHER, Address, Kind, body_of, fit_together

LOCK_CLAIMS = "SELECT pg_advisory_xact_lock(hashtextextended('acuse.outbox', 0))"

# The first open reply of a sender, if it is due and nothing of the sender's is on its way; tenants
# take turns. Steps from tenant to tenant on outbox_due; asks outbox_sender what came before.
HEADS = """
    WITH RECURSIVE waiting AS (
      (SELECT tenant_id FROM acuse.outbox WHERE status = 'pending' ORDER BY tenant_id LIMIT 1)
      UNION ALL
      SELECT (SELECT o.tenant_id FROM acuse.outbox o
               WHERE o.status = 'pending' AND o.tenant_id > w.tenant_id
               ORDER BY o.tenant_id LIMIT 1)
        FROM waiting w WHERE w.tenant_id IS NOT NULL
    )
    SELECT h.tenant_id, h.sender_id
      FROM (SELECT w.tenant_id, d.sender_id, d.run_at,
                   row_number() OVER (PARTITION BY w.tenant_id ORDER BY d.run_at) AS place
              FROM waiting w
             CROSS JOIN LATERAL (
                SELECT o.sender_id, o.run_at FROM acuse.outbox o
                 WHERE o.tenant_id = w.tenant_id AND o.status = 'pending'
                   AND o.run_at <= statement_timestamp()
                   AND o.phone_number_id <> ALL(%(paused)s::text[])
                   AND NOT EXISTS (
                     SELECT FROM acuse.outbox e
                      WHERE e.tenant_id = o.tenant_id AND e.sender_id = o.sender_id
                        AND (e.status = 'sending' OR e.status = 'pending'
                             AND (e.created_at, e.id) < (o.created_at, o.id)))
                 ORDER BY o.run_at LIMIT %(limit)s) d
             WHERE w.tenant_id = ANY(%(tenants)s::uuid[])) h
     ORDER BY h.place, h.run_at
     LIMIT %(limit)s
"""

# A sender's open replies in order, with who they are and whether the 24-hour window is open.
OPEN_REPLIES = """
    SELECT o.id, o.tenant_id, o.sender_id, o.phone_number_id, o.kind,
           convert_to(o.content::text, 'UTF8') AS content, o.context_id, o.retries,
           o.attempt + 1 AS attempt, s.wa_id, s.user_id,
           coalesce(s.last_message_at > statement_timestamp() - interval '24 hours', false)
             AS window_open
      FROM acuse.senders s
     CROSS JOIN LATERAL (
        SELECT * FROM acuse.outbox o
         WHERE o.tenant_id = s.tenant_id AND o.sender_id = s.id AND o.status = 'pending'
         ORDER BY o.created_at, o.id LIMIT %(look)s) o
     WHERE s.tenant_id = %(tenant_id)s AND s.id = ANY(%(senders)s::uuid[])
     ORDER BY o.created_at, o.id
"""

TAKE = """
    UPDATE acuse.outbox o
       SET status = 'sending', attempt = o.attempt + 1, leased_by = %(worker)s, reason = NULL,
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
     WHERE o.id = ANY(%(ids)s::uuid[]) AND o.status = 'pending'
    RETURNING o.id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One reply under lease; `attempt` is the fencing token of this claim."""

    id: UUID
    tenant_id: UUID
    sender_id: UUID
    phone_number_id: str
    kind: Kind
    # JSON text: the content part of the Graph API's body.
    content: bytes = field(repr=False)
    context_id: str | None
    retries: int
    attempt: int
    wa_id: str | None = field(repr=False)
    user_id: str | None = field(repr=False)
    window_open: bool

    @property
    def address(self) -> Address:
        """Return how Meta reaches the sender."""
        return Address(self.wa_id, self.user_id)

    def decoded(self) -> dict[str, Any]:
        """Return the content as Meta takes it."""
        return msgspec.json.decode(self.content, type=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claims, for which tenants, except numbers that are paused; at most `limit` messages."""

    worker: str
    tenants: Sequence[UUID]
    paused: Sequence[str]
    limit: int
    # Seconds after which a row that is still sending counts as unknown.
    lease: float


async def claim(conn: Conn, wanted: Claim) -> list[tuple[Claimed, ...]]:
    """Take what is due; each tuple goes out as one message. Commit before anything is sent."""
    await conn.execute(LOCK_CLAIMS)
    where = {"tenants": wanted.tenants, "paused": wanted.paused, "limit": wanted.limit}
    heads = await (await conn.execute(HEADS, where)).fetchall()
    senders: dict[UUID, list[UUID]] = {}
    for tenant_id, sender_id in heads:
        senders.setdefault(tenant_id, []).append(sender_id)
    groups: list[tuple[Claimed, ...]] = []
    for tenant_id, theirs in senders.items():
        await conn.execute(SET_TENANT, {"tenant_id": str(tenant_id)})
        groups.extend(together(await _open_replies(conn, tenant_id, theirs)))
    ids = [row.id for group in groups for row in group]
    if not ids:
        return []
    values = {"ids": ids, "worker": wanted.worker, "lease": wanted.lease}
    taken = {row[0] for row in await (await conn.execute(TAKE, values)).fetchall()}
    # A status may have settled a row since it was read.
    left = [tuple(row for row in group if row.id in taken) for group in groups]
    return [group for group in left if group]


async def _open_replies(conn: Conn, tenant_id: UUID, senders: Sequence[UUID]) -> list[Claimed]:
    async with conn.cursor(row_factory=class_row(Claimed)) as cursor:
        await cursor.execute(
            OPEN_REPLIES, {"tenant_id": tenant_id, "senders": senders, "look": MOST_TOGETHER}
        )
        return await cursor.fetchall()


def together(replies: Sequence[Claimed]) -> list[tuple[Claimed, ...]]:
    """Return each sender's next message: its first reply, with the texts that may go along.

    Meta bills each message and limits them per person (131056), so waiting texts go as one.
    """
    by_sender: dict[UUID, list[Claimed]] = {}
    for reply in replies:
        by_sender.setdefault(reply.sender_id, []).append(reply)
    return [_first_message(theirs) for theirs in by_sender.values()]


def _first_message(replies: Sequence[Claimed]) -> tuple[Claimed, ...]:
    first = replies[0]
    if first.kind != "text" or not first.window_open:
        return (first,)
    texts: list[Claimed] = []
    for reply in replies:
        if reply.kind != "text" or reply.phone_number_id != first.phone_number_id:
            break
        texts.append(reply)
    return tuple(texts[: fit_together([body_of(text.decoded()) for text in texts])])
