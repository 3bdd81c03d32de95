"""Proof that every event that was accepted has ended, and ended in rows that agree.

Runs as acuse_admin: states, never content. The id of a message's event is the message's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row

from acuse.data.pool import Conn

# How many faults are listed; the counts are of all.
LISTED = 1000


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """An event that has not ended; `age` in seconds since it was accepted."""

    event_id: str
    tenant: str
    kind: str
    status: str
    step: str | None
    reason: str | None
    retries: int
    age: float


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """Two rows that disagree: a stable code, and the event, receipt or reply it is about."""

    code: str
    tenant: str
    subject: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many events there are and have ended, which have not, and what does not agree."""

    events: int
    terminal: int
    open: tuple[OpenEvent, ...]
    inconsistent: tuple[Inconsistency, ...]

    @property
    def holds(self) -> bool:
        """Say whether every event has ended and all rows agree."""
        return self.events == self.terminal and not self.inconsistent


COUNT = """
    SELECT count(*)::int, count(*) FILTER (WHERE status IN ('processed', 'ignored', 'dead'))::int
      FROM acuse.webhook_events
     WHERE %(tenant_id)s::uuid IS NULL OR tenant_id = %(tenant_id)s
"""

OPEN = """
    SELECT e.event_id, coalesce(t.key, e.tenant_id::text) AS tenant, e.kind, e.status, e.step,
           e.reason, e.retries,
           round(extract(epoch FROM clock_timestamp() - e.created_at), 1)::float8 AS age
      FROM acuse.webhook_events e LEFT JOIN acuse.tenants t ON t.id = e.tenant_id
     WHERE e.status IN ('received', 'processing', 'failed')
       AND (%(tenant_id)s::uuid IS NULL OR e.tenant_id = %(tenant_id)s)
     ORDER BY e.created_at, e.event_id LIMIT %(limit)s
"""

INCONSISTENT = """
    WITH answered AS (
      -- An edit is answered when it brought a document.
      SELECT tenant_id, event_id, kind FROM acuse.webhook_events
       WHERE status = 'processed' AND (kind LIKE 'message.%%' OR kind = 'edit' AND step = 'match')
    ), found AS (
      SELECT 'receipt_missing' AS code, a.tenant_id, a.event_id AS subject FROM answered a
       WHERE a.kind IN ('message.image', 'message.document')
         AND NOT EXISTS (SELECT FROM acuse.receipts r
                          WHERE r.tenant_id = a.tenant_id AND r.message_id = a.event_id)
      UNION ALL
      SELECT 'receipt_undecided', r.tenant_id, r.id::text FROM acuse.receipts r
       WHERE r.status = 'read'
         AND NOT EXISTS (SELECT FROM acuse.webhook_events e
                          WHERE e.tenant_id = r.tenant_id
                            AND e.status IN ('received', 'processing', 'failed', 'dead')
                            AND (e.event_id = r.message_id OR e.kind = 'edit'))
      UNION ALL
      SELECT 'reply_missing', a.tenant_id, a.event_id FROM answered a
       WHERE NOT EXISTS (SELECT FROM acuse.outbox o
                          WHERE o.tenant_id = a.tenant_id AND o.cause = a.event_id)
      UNION ALL
      SELECT 'reply_stuck', o.tenant_id, o.id::text FROM acuse.outbox o
       WHERE o.status = 'pending' AND o.run_at < clock_timestamp() - interval '5 minutes'
          OR o.status = 'sending' AND o.lease_until < clock_timestamp() - interval '1 minute'
      UNION ALL
      SELECT 'match_missing', r.tenant_id, r.id::text FROM acuse.receipts r
       WHERE r.status = 'matched'
         AND NOT EXISTS (SELECT FROM acuse.matches m
                          WHERE m.tenant_id = r.tenant_id AND m.receipt_id = r.id
                            AND m.undone_at IS NULL)
      UNION ALL
      SELECT 'match_stray', r.tenant_id, r.id::text
        FROM acuse.receipts r JOIN acuse.matches m
             ON m.tenant_id = r.tenant_id AND m.receipt_id = r.id AND m.undone_at IS NULL
       WHERE r.status <> 'matched'
      UNION ALL
      SELECT 'review_missing', r.tenant_id, r.id::text FROM acuse.receipts r
       WHERE r.status = 'review'
         AND NOT EXISTS (SELECT FROM acuse.reviews v
                          WHERE v.tenant_id = r.tenant_id AND v.receipt_id = r.id
                            AND v.closed_at IS NULL)
    )
    SELECT f.code, coalesce(t.key, f.tenant_id::text) AS tenant, f.subject
      FROM found f LEFT JOIN acuse.tenants t ON t.id = f.tenant_id
     WHERE %(tenant_id)s::uuid IS NULL OR f.tenant_id = %(tenant_id)s
     ORDER BY f.code, tenant, f.subject LIMIT %(limit)s
"""


async def reconcile(conn: Conn, *, tenant_id: UUID | None = None) -> Report:
    """Return what has ended, what has not, and what does not agree, of one tenant or of all.

    The transaction should be one moment's view (REPEATABLE READ), or work in progress may show.
    """
    values = {"tenant_id": tenant_id, "limit": LISTED}
    row = await (await conn.execute(COUNT, values)).fetchone() or (0, 0)
    async with conn.cursor(row_factory=class_row(OpenEvent)) as cursor:
        await cursor.execute(OPEN, values)
        still_open = tuple(await cursor.fetchall())
    async with conn.cursor(row_factory=class_row(Inconsistency)) as faults:
        await faults.execute(INCONSISTENT, values)
        found = tuple(await faults.fetchall())
    return Report(int(row[0]), int(row[1]), still_open, found)
