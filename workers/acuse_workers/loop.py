"""The worker's loop: claims while it has room, keeps its leases, reaps others, stops in order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import structlog

from acuse.errors import DatabaseUnavailable
from acuse.events.claimed import Claimed
from acuse.events.queue import Queue
from acuse.meta.kinds import KINDS
from acuse_workers import metrics
from acuse_workers.pipeline import Outcome

log = structlog.get_logger()

# Between two looks at an empty queue, in seconds: doubling from one to the other.
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
# While PostgreSQL is away.
_LONGEST_AWAY: Final = 5.0
_BACKLOG_EVERY: Final = 15.0
_OPEN: Final = ("received", "processing", "failed")
# Seconds without an answer of PostgreSQL after which the worker is not ready.
_SILENT: Final = 20.0


_Claim: TypeAlias = tuple[UUID, str, int]


class Works(Protocol):
    """Works on events."""

    async def work(self, event: Claimed) -> Outcome:
        """Take the event as far as it goes now."""
        ...

    async def hand_back(self, event: Claimed) -> None:
        """Let another worker have the event."""
        ...


@dataclass(slots=True)
class Loop:
    """One worker: `concurrency` events at once, `grace` seconds to finish them when it stops."""

    queue: Queue
    pipeline: Works
    concurrency: int = 16
    grace: float = 20.0
    # By claim: after an outage the same event may be here twice, the older claim having lost it.
    _running: dict[_Claim, tuple[Claimed, asyncio.Task[None]]] = field(
        default_factory=dict[_Claim, "tuple[Claimed, asyncio.Task[None]]"]
    )
    _heard: float = field(default_factory=time.monotonic)

    def database_silent(self) -> str | None:
        """Return a code when PostgreSQL has not answered for a while; a readiness check."""
        return "database_unavailable" if time.monotonic() - self._heard > _SILENT else None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in progress, and hand back the rest."""
        background = [
            asyncio.create_task(self._every(self.queue.lease / 3, self._renew), name="renewal"),
            asyncio.create_task(self._every(self.queue.lease / 2, self._reap), name="reaper"),
            asyncio.create_task(self._every(_BACKLOG_EVERY, self._measure), name="backlog"),
        ]
        try:
            await self._claim_until(stop)
            await self._drain()
        finally:
            leftovers = [task for _, task in self._running.values()]
            for task in (*background, *leftovers):
                task.cancel()
            await asyncio.gather(*background, *leftovers, return_exceptions=True)

    async def _claim_until(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait(), name="stop")
        pause = _SHORTEST_PAUSE
        try:
            while not stop.is_set():
                room = self.concurrency - len(self._running)
                if room <= 0:
                    tasks = {task for _, task in self._running.values()}
                    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
                    continue
                try:
                    claimed = await self._claim(room)
                    longest = _LONGEST_PAUSE
                except DatabaseUnavailable as exc:
                    log.warning("claim_failed", code=exc.code)
                    claimed, longest = 0, _LONGEST_AWAY
                except Exception:
                    # The loop's top: a fault in one claim must not end the work on what is held.
                    log.exception("claim_crashed")
                    claimed, longest = 0, _LONGEST_AWAY
                pause = _SHORTEST_PAUSE if claimed else min(pause * 2, longest)
                if not claimed:
                    await asyncio.wait({stopping}, timeout=_spread(pause))
        finally:
            stopping.cancel()

    async def _claim(self, room: int) -> int:
        events = await self.queue.claim(room)
        self._heard = time.monotonic()
        metrics.LAST_CLAIM.set_to_current_time()
        for event in events:
            task = asyncio.create_task(self._work(event), name=f"event {event.log_id}")
            self._running[event.claim] = (event, task)
        metrics.IN_PROGRESS.set(len(self._running))
        return len(events)

    async def _work(self, event: Claimed) -> None:
        outcome: Outcome = "lost"
        try:
            outcome = await self.pipeline.work(event)
        except asyncio.CancelledError:
            # Still ours when cancelled: the worker stops, and did not lose the lease.
            if event.claim in self._running:
                await self.pipeline.hand_back(event)
                outcome = "handed_back"
            raise
        finally:
            self._running.pop(event.claim, None)
            metrics.IN_PROGRESS.set(len(self._running))
            kind = event.kind if event.kind in KINDS else "other"
            metrics.EVENTS.labels(kind, outcome).inc()

    async def _drain(self) -> None:
        tasks = {task for _, task in self._running.values()}
        if tasks:
            log.info("worker_draining", count=len(tasks))
            await asyncio.wait(tasks, timeout=self.grace)

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(_spread(seconds))
            try:
                await act()
                self._heard = time.monotonic()
            except DatabaseUnavailable as exc:
                log.warning("database_away", code=exc.code)
            except Exception:
                # The loop's top: without renewal and reaping a worker does harm.
                log.exception("background_crashed")

    async def _renew(self) -> None:
        """Lengthen our leases, and stop the work on events that another worker has."""
        mine = [event for event, _ in self._running.values()]
        ours = await self.queue.renew(mine)
        for event in mine:
            current = None if event.claim in ours else self._running.pop(event.claim, None)
            if current is None:
                continue
            current[1].cancel()
            metrics.LEASES_LOST.inc()
            log.warning("lease_lost", event_id=event.log_id, attempt=event.attempt)

    async def _reap(self) -> None:
        for status in await self.queue.reap():
            metrics.LEASES_EXPIRED.inc()
            log.warning("lease_expired", status=status)

    async def _measure(self) -> None:
        found = {backlog.status: backlog for backlog in await self.queue.backlog()}
        for status in _OPEN:
            backlog = found.get(status)
            metrics.BACKLOG.labels(status).set(backlog.events if backlog else 0)
            metrics.OLDEST.labels(status).set(backlog.oldest if backlog else 0)


def _spread(seconds: float) -> float:
    """Return about as many seconds, so that many workers do not ask at the same moment."""
    return seconds * random.uniform(0.7, 1.3)  # noqa: S311 - only spreads load
