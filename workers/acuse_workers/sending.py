"""The outbox's loop: claims what is due, sends each message at most once, writes down how it ended.

The row says `sending`, committed, before the request leaves. What is answered decides the rest:
sent, refused (failed), certainly not sent (back to pending), or nobody knows (unknown, for good).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

import structlog
from prometheus_client import Counter, Gauge

from acuse.data.pool import Conn, Pool, transaction
from acuse.errors import DatabaseUnavailable, GraphRefused, GraphUnavailable, SendAmbiguous
from acuse.meta.graph_errors import WINDOW_CLOSED, retry_delay
from acuse.replies.claiming import Claim, Claimed, claim
from acuse.replies.outbox import (
    expire,
    give_up,
    mark_failed,
    mark_sent,
    mark_unknown,
    release,
)
from acuse.replies.outgoing import to_message
from acuse.tenants.tenant import Number
from acuse_workers.membership import Membership

log = structlog.get_logger()

RESULTS: Final = Counter(
    "acuse_outbox_results_total", "Replies by how a try to send them ended.", ["result"]
)
PAUSED: Final = Gauge(
    "acuse_sending_paused_numbers", "Numbers that nothing is sent from until a person acts."
)

# How long a result is tried to be written down while PostgreSQL is away; then the row is unknown.
_RECORD_FOR: Final = 30.0
# A tenant or number that is not in the directory may be back after its next reload.
_NUMBER_AWAY: Final = 60.0
# Between two looks for what has waited too long.
_GIVE_UP_EVERY: Final = 60.0

Result = Literal["sent", "failed", "unknown", "retry", "paused"]


class Sends(Protocol):
    """What the loop needs of the Graph API."""

    async def send(self, number: Number, body: Mapping[str, Any]) -> str:
        """Send one message and return its wamid."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the outbox is emptied: seconds, and messages on the way at once."""

    at_once: int = 8
    idle: float = 0.5
    # Longer than a call and the writing down of its result can take.
    lease: float = 120.0
    # Three hours of an outage, or most of a day of a limit: within the window that a text has.
    max_tries: int = 24


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try ended: `reason` is a stable code, `delay` the seconds until the next one."""

    result: Result
    wamid: str = ""
    reason: str = ""
    delay: float = 0.0


async def run_outbox(
    pool: Pool,
    graph: Sends,
    membership: Membership,
    *,
    worker: str,
    stop: asyncio.Event,
    pace: Pace | None = None,
) -> None:
    """Send what is due until `stop` is set, then finish what is on its way and return."""
    outbox = _Outbox(pool, graph, membership, worker, pace or Pace())
    stopping = asyncio.create_task(stop.wait(), name="outbox-stop")
    running: set[asyncio.Task[Any]] = set()
    try:
        while not stop.is_set():
            claimed = await outbox.take(outbox.pace.at_once - len(running))
            running |= {asyncio.create_task(outbox.deliver(group)) for group in claimed}
            done, _ = await asyncio.wait(
                {stopping, *running},
                timeout=outbox.pace.idle,
                return_when=asyncio.FIRST_COMPLETED,
            )
            running -= done
        if running:
            await asyncio.wait(running)
    finally:
        # Cancelled: what is on its way stays `sending`, and so becomes unknown.
        for task in (stopping, *running):
            task.cancel()
        await asyncio.gather(stopping, *running, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Pause:
    """A number that Meta refuses as a whole, as it was then: new credentials end the pause."""

    number: Number
    until: float


@dataclass(slots=True)
class _Outbox:
    pool: Pool
    graph: Sends
    membership: Membership
    worker: str
    pace: Pace
    pauses: dict[str, _Pause] = field(default_factory=dict[str, _Pause])
    # When to look next for what has waited too long, in monotonic time.
    look_at: float = 0.0

    async def take(self, limit: int) -> list[tuple[Claimed, ...]]:
        """Return the next messages to send, at most `limit`; none when the database is away."""
        if limit <= 0:
            return []
        try:
            await self._give_up()
            async with transaction(self.pool) as conn:
                for outbox_id, tenant_id in await expire(conn):
                    RESULTS.labels("unknown").inc()
                    log.warning(
                        "reply_unknown",
                        outbox_id=str(outbox_id),
                        tenant_id=str(tenant_id),
                        reason="lease_expired",
                    )
            async with transaction(self.pool) as conn:
                return await claim(
                    conn,
                    Claim(
                        worker=self.worker,
                        tenants=self.membership.replies(),
                        paused=self._paused(),
                        limit=limit,
                        lease=self.pace.lease,
                    ),
                )
        except DatabaseUnavailable as exc:
            log.warning("outbox_waits", code=exc.code, retry_after=exc.retry_after)
        except Exception:
            # The loop's top: a fault in one look at the outbox must not end all sending.
            log.exception("outbox_take_failed")
        return []

    async def _give_up(self) -> None:
        if time.monotonic() < self.look_at:
            return
        async with transaction(self.pool) as conn:
            count = await give_up(conn)
        self.look_at = time.monotonic() + _GIVE_UP_EVERY
        if count:
            RESULTS.labels("failed").inc(count)
            log.warning("replies_given_up", count=count, reason="too_late")

    async def deliver(self, group: Sequence[Claimed]) -> None:
        """Send one message and write down how it ended."""
        try:
            ending = await self._send(group)
            await self._record(group, ending)
        except Exception:
            # The task's top. The rows stay `sending`: whether they went out is not known.
            log.exception("reply_delivery_failed", outbox_id=str(group[0].id))
            return
        RESULTS.labels(ending.result).inc(len(group))
        log.info(
            "reply_tried",
            outbox_id=str(group[0].id),
            tenant_id=str(group[0].tenant_id),
            status=ending.result,
            reason=ending.reason or None,
            count=len(group),
        )

    async def _send(self, group: Sequence[Claimed]) -> Ending:
        tenant = self.membership.directory.by_id(group[0].tenant_id)
        number = tenant.number(group[0].phone_number_id) if tenant else None
        if tenant is None or number is None:
            # A text that nobody may send any more need not wait for a number that has gone.
            too_late = group[0].kind == "text" and not group[0].window_open
            if too_late and (tenant is None or tenant.result_template is None):
                return Ending("failed", reason="number_unknown")
            return Ending("paused", reason="number_unknown", delay=_NUMBER_AWAY)
        body = to_message(group, tenant)
        if body is None:
            return Ending("failed", reason="window_closed")
        return await self._call(number, body, tries=group[0].retries + 1)

    async def _call(self, number: Number, body: Mapping[str, Any], *, tries: int) -> Ending:
        try:
            return Ending("sent", wamid=await self.graph.send(number, body))
        except SendAmbiguous as exc:
            return Ending("unknown", reason=exc.code)
        except GraphRefused as exc:
            return Ending("failed", reason=_reason(exc))
        except GraphUnavailable as exc:
            return self._not_now(exc, number, tries=tries)

    def _not_now(self, exc: GraphUnavailable, number: Number, *, tries: int) -> Ending:
        if exc.pauses:
            # No try is spent and nothing is delayed: the number as a whole waits.
            until = time.monotonic() + exc.retry_after
            self.pauses[number.phone_number_id] = _Pause(number, until)
            PAUSED.set(len(self.pauses))
            return Ending("paused", reason=_reason(exc))
        if tries >= self.pace.max_tries:
            return Ending("failed", reason=_reason(exc))
        return Ending("retry", reason=_reason(exc), delay=retry_delay(exc, retries=tries - 1))

    def _paused(self) -> list[str]:
        for number_id, pause in list(self.pauses.items()):
            tenant = self.membership.directory.by_phone_number_id(number_id)
            same = tenant is not None and tenant.number(number_id) == pause.number
            if not same or time.monotonic() >= pause.until:
                del self.pauses[number_id]
        PAUSED.set(len(self.pauses))
        return list(self.pauses)

    async def _record(self, group: Sequence[Claimed], ending: Ending) -> None:
        """Write the ending down; while the database is away, again for a while."""
        deadline = time.monotonic() + _RECORD_FOR
        while True:
            try:
                async with transaction(self.pool, tenant_id=group[0].tenant_id) as conn:
                    await _write(conn, group, ending)
            except DatabaseUnavailable as exc:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(exc.retry_after)
            else:
                return


async def _write(conn: Conn, group: Sequence[Claimed], ending: Ending) -> None:
    match ending.result:
        case "sent":
            await mark_sent(conn, group, wamid=ending.wamid)
        case "failed":
            await mark_failed(conn, group, reason=ending.reason)
        case "unknown":
            await mark_unknown(conn, group, reason=ending.reason)
        case "retry" | "paused":
            spent = 1 if ending.result == "retry" else 0
            await release(conn, group, delay=ending.delay, reason=ending.reason, spent=spent)


def _reason(exc: GraphRefused | GraphUnavailable) -> str:
    if exc.graph_code == WINDOW_CLOSED:
        return "window_closed"
    return exc.code if exc.graph_code is None else f"graph_{exc.graph_code}"
