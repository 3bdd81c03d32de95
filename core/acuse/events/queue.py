"""The queue: a row of webhook_events is the job. Who may take what, and whose lease has run out.

A claim is one transaction: which tenants have work that is due, a lock on each (in one order, so
that claims wait for each other and never deadlock), which of their lanes may go on, and the update.
The statements run one after another because each must see what the lock before it waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from acuse.data.pool import Conn, Pool, transaction
from acuse.events.claimed import Claimed
from acuse.events.queries import (
    BACKLOG,
    CLAIM,
    IN_ORDER,
    LOCK_TENANTS,
    LONGEST_DUE,
    NEXT_LANES,
    REAP,
    RENEW,
    TENANTS_DUE,
)

# How many tenants one claim serves at most, and how many rows or lanes of each it looks at. Both
# bound the cost of a claim, whatever is waiting.
_TENANTS = 16
_LOOK = 128
# What is due may stand behind a first event of its lane that is not. A tenant that had nothing but
# such events is passed over for this many seconds, or a few of them would take all turns.
_BARREN_FOR = 1.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open events of one status, and the age of the oldest in seconds."""

    status: str
    events: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before a try (seconds, full jitter up to `cap`), and how often to try."""

    base: float = 1.0
    cap: float = 600.0
    max_tries: int = 20
    max_lost_leases: int = 5


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose events are taken: of `only` these tenants (None: of all), and of none of `but`."""

    only: frozenset[UUID] | None = None
    but: frozenset[UUID] = frozenset()


@dataclass(slots=True)
class Queue:
    """The events of one region, as one worker takes them; `whose` is asked before every claim."""

    pool: Pool
    region: str
    worker: str
    lease: float = 60.0
    whose: Callable[[], Whose] = Whose
    patience: Patience = Patience()
    # Per tenant, the lane where the last walk ended: the next goes on from there.
    _walked: dict[UUID, str] = field(default_factory=dict[UUID, str])
    # Tenants to pass over, each with when that ends.
    _barren: dict[UUID, float] = field(default_factory=dict[UUID, float])

    async def claim(self, limit: int) -> list[Claimed]:
        """Take up to `limit` events that may be worked on now, shared fairly among tenants."""
        async with transaction(self.pool) as conn:
            await conn.execute(IN_ORDER)
            due, more = await self._tenants_due(conn, min(limit, _TENANTS))
            if not due:
                return []
            lanes = await self._lanes(conn, list(due), limit)
            claimed = await self._take(conn, due, lanes, limit=limit)
        if more and len(claimed) < limit:
            until = time.monotonic() + _BARREN_FOR
            fruitful = {event.tenant_id for event in claimed}
            self._barren |= dict.fromkeys(due.keys() - fruitful, until)
        return claimed

    async def _take(
        self,
        conn: Conn,
        due: Mapping[UUID, int],
        lanes: Sequence[tuple[UUID, str]],
        *,
        limit: int,
    ) -> list[Claimed]:
        async with conn.cursor(row_factory=class_row(Claimed)) as cursor:
            await cursor.execute(
                CLAIM,
                {
                    "region": self.region,
                    "worker": self.worker,
                    "lease": self.lease,
                    "limit": limit,
                    "tenants": list(due),
                    "busy": list(due.values()),
                    "lane_tenants": [tenant for tenant, _ in lanes],
                    "lanes": [lane for _, lane in lanes],
                },
            )
            return await cursor.fetchall()

    async def _tenants_due(self, conn: Conn, limit: int) -> tuple[dict[UUID, int], bool]:
        """Return the tenants to serve, each with its number of events in progress; lock them.

        And whether there are more whose turn has not come.
        """
        now = time.monotonic()
        self._barren = {tenant: until for tenant, until in self._barren.items() if until > now}
        whose = self.whose()
        cursor = await conn.execute(
            TENANTS_DUE,
            {
                "region": self.region,
                "tenants": None if whose.only is None else list(whose.only),
                "passed_over": [*self._barren, *whose.but],
                "limit": limit + 1,
            },
        )
        rows = await cursor.fetchall()
        due = {row[0]: int(row[1]) for row in rows[:limit]}
        if due:
            await conn.execute(LOCK_TENANTS, {"region": self.region, "tenants": list(due)})
        return due, len(rows) > limit

    async def _lanes(
        self, conn: Conn, tenants: Sequence[UUID], limit: int
    ) -> list[tuple[UUID, str]]:
        cursor = await conn.execute(
            LONGEST_DUE,
            {"region": self.region, "tenants": list(tenants), "look": _LOOK, "limit": limit},
        )
        rows = await cursor.fetchall()
        lanes = [(row[0], str(row[1])) for row in rows]
        for tenant in {row[0] for row in rows if row[2]}:
            lanes += [(tenant, lane) for lane in await self._walk(conn, tenant)]
        return lanes

    async def _walk(self, conn: Conn, tenant: UUID) -> list[str]:
        """Return the next open lanes of a tenant, from where the last walk ended."""
        wanted: dict[str, Any] = {"region": self.region, "tenant": tenant, "look": _LOOK}
        cursor = await conn.execute(NEXT_LANES, wanted | {"after": self._walked.get(tenant, "")})
        found = [str(row[0]) for row in await cursor.fetchall()]
        self._walked[tenant] = found[-1] if len(found) == _LOOK else ""
        return found

    async def renew(self, held: Sequence[Claimed]) -> set[tuple[UUID, str, int]]:
        """Lengthen the leases that are still ours; return their claims."""
        if not held:
            return set()
        async with transaction(self.pool) as conn:
            cursor = await conn.execute(
                RENEW,
                {
                    "region": self.region,
                    "lease": self.lease,
                    "tenants": [event.tenant_id for event in held],
                    "events": [event.event_id for event in held],
                    "attempts": [event.attempt for event in held],
                },
            )
            return {(row[0], str(row[1]), int(row[2])) for row in await cursor.fetchall()}

    async def reap(self) -> list[str]:
        """Give up leases that have run out, whoever held them; return the new statuses."""
        async with transaction(self.pool) as conn:
            cursor = await conn.execute(
                REAP,
                {
                    "region": self.region,
                    "limit": self.patience.max_lost_leases,
                    "base": self.patience.base,
                    "cap": self.patience.cap,
                },
            )
            return [str(row[0]) for row in await cursor.fetchall()]

    async def backlog(self) -> list[Backlog]:
        """Count the open events by status."""
        async with transaction(self.pool) as conn:
            cursor = await conn.execute(BACKLOG, {"region": self.region})
            return [Backlog(str(r[0]), int(r[1]), float(r[2])) for r in await cursor.fetchall()]
