"""Keys that wait to be reconciled: each at most once, edits first, failures ever later."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

import structlog

from acuse.errors import AcuseError, Unavailable
from acuse_operator import metrics

log = structlog.get_logger()

_EXPONENT_LIMIT: Final = 16


class Priority(IntEnum):
    """Whose turn comes first: somebody's edit, what came of one, or a look that nobody waits for.

    A region that is added tells news of every tenant; who edits one of them waits for none of that.
    """

    EDIT = 0
    NEWS = 1
    RESYNC = 2


EDIT: Final = Priority.EDIT
NEWS: Final = Priority.NEWS
RESYNC: Final = Priority.RESYNC


class Reconciler(Protocol):
    """Brings one object to what is wanted of it; may be called at any time, twice, or half."""

    async def reconcile(self, key: str) -> float | None:
        """Return the seconds after which to look again, None for only on a change.

        Raises Unavailable to be called again, later each time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a key waits that failed: twice as long each time, never two keys in step."""

    first: float = 0.25
    longest: float = 60.0

    def delay(self, failures: int, *, at_least: float = 0.0, chance: float = 0.0) -> float:
        """Return the wait after so many failures; `chance` in [0, 1) spreads it by a half."""
        grown = self.first * 2.0 ** min(failures - 1, _EXPONENT_LIMIT)
        return max(min(grown, self.longest), at_least) * (1.0 + chance / 2.0)


class Waiting:
    """The keys that wait, as of a given time; knows no clock and no tasks."""

    def __init__(self) -> None:
        self._priority: dict[str, Priority] = {}
        self._since: dict[str, float] = {}
        self._ready: list[tuple[Priority, int, str]] = []
        self._due: dict[str, tuple[float, Priority]] = {}
        self._timers: list[tuple[float, int, str]] = []
        self._running: set[str] = set()
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._priority)

    def add(self, key: str, *, priority: Priority, now: float, after: float = 0.0) -> None:
        """Let a key wait, now or from later on; the sooner and the more urgent of two counts."""
        if after > 0.0:
            self._add_later(key, priority, now + after)
            return
        known = self._priority.get(key)
        if known is not None and known <= priority:
            return
        self._priority[key] = priority
        self._since.setdefault(key, now)
        if key not in self._running:
            heapq.heappush(self._ready, (priority, next(self._order), key))

    def _add_later(self, key: str, priority: Priority, due: float) -> None:
        known = self._due.get(key)
        if known is not None and known[0] <= due:
            return
        self._due[key] = (due, priority)
        heapq.heappush(self._timers, (due, next(self._order), key))

    def take(self, now: float) -> tuple[str, float] | None:
        """Return the next key and how long it waited; it is nobody else's until `done`."""
        self._promote(now)
        while self._ready:
            priority, _, key = heapq.heappop(self._ready)
            # An entry that a more urgent one of the same key has overtaken says nothing.
            if key in self._running or self._priority.get(key) != priority:
                continue
            del self._priority[key]
            # What it is about to find out says when to look again, not what was found before.
            self._due.pop(key, None)
            self._running.add(key)
            return key, now - self._since.pop(key)
        return None

    def done(self, key: str) -> None:
        """Give a taken key back; if it was added meanwhile, it waits again."""
        self._running.discard(key)
        priority = self._priority.get(key)
        if priority is not None:
            heapq.heappush(self._ready, (priority, next(self._order), key))

    def forget(self, key: str) -> None:
        """Drop a key's wait for later."""
        self._due.pop(key, None)

    def next_due(self, now: float) -> float | None:
        """Return the seconds until a key that waits for later comes up; None when none does."""
        while self._timers:
            due, _, key = self._timers[0]
            if self._due.get(key, (None,))[0] == due:
                return max(0.0, due - now)
            heapq.heappop(self._timers)
        return None

    def _promote(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            due, _, key = heapq.heappop(self._timers)
            known = self._due.get(key)
            if known is not None and known[0] == due:
                del self._due[key]
                self.add(key, priority=known[1], now=now)


class WorkQueue:
    """Reconciles what is added: several keys at a time, one key never twice at a time."""

    def __init__(
        self,
        name: str,
        reconciler: Reconciler,
        *,
        concurrency: int = 8,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._reconciler = reconciler
        self._concurrency = concurrency
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._waiting = Waiting()
        self._failures: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._active = 0
        self._closed = False
        metrics.prepare_queue(name)

    def add(self, key: str, *, priority: Priority = EDIT, after: float = 0.0) -> None:
        """Have a key reconciled, now or in `after` seconds; one that waits is not added twice."""
        self._waiting.add(key, priority=priority, now=self._clock(), after=after)
        metrics.QUEUE_ADDS.labels(self._name).inc()
        self._show_depth()
        self._wake.set()

    async def run(self) -> None:
        """Reconcile until cancelled or closed."""
        async with asyncio.TaskGroup() as workers:
            for number in range(self._concurrency):
                workers.create_task(self._work(), name=f"{self._name}-{number}")

    async def close(self, *, grace: float) -> None:
        """Start nothing more and give what runs `grace` seconds to end."""
        self._closed = True
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._idle.wait()

    async def _work(self) -> None:
        while not self._closed:
            taken = self._waiting.take(self._clock())
            if taken is None:
                await self._until_something_waits()
                continue
            key, waited = taken
            self._show_depth()
            metrics.QUEUE_WAIT.labels(self._name).observe(waited)
            self._begin()
            try:
                await self._reconcile(key)
            finally:
                self._waiting.done(key)
                self._end()

    async def _until_something_waits(self) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._waiting.next_due(self._clock())):
                await self._wake.wait()

    def _begin(self) -> None:
        self._active += 1
        self._idle.clear()
        metrics.ACTIVE_WORKERS.labels(self._name).set(self._active)

    def _end(self) -> None:
        self._active -= 1
        if not self._active:
            self._idle.set()
        metrics.ACTIVE_WORKERS.labels(self._name).set(self._active)
        self._wake.set()

    def _show_depth(self) -> None:
        metrics.QUEUE_DEPTH.labels(self._name).set(len(self._waiting))

    async def _reconcile(self, key: str) -> None:
        started = time.perf_counter()
        result = "error"
        try:
            again = await self._reconciler.reconcile(key)
        except Unavailable as exc:
            self._retry(key, exc, at_least=exc.retry_after)
        except Exception as exc:  # noqa: BLE001 - the top of the loop: one key's fault stops no other
            self._retry(key, exc, at_least=0.0)
        else:
            self._failures.pop(key, None)
            result = "success" if again is None else "requeue_after"
            if again is not None:
                self._waiting.add(key, priority=RESYNC, now=self._clock(), after=max(again, 0.001))
        finally:
            seconds = time.perf_counter() - started
            metrics.RECONCILES.labels(self._name, result).inc()
            metrics.RECONCILE_SECONDS.labels(self._name).observe(seconds)
            metrics.WORK_SECONDS.labels(self._name).observe(seconds)

    def _retry(self, key: str, exc: Exception, *, at_least: float) -> None:
        failures = self._failures.get(key, 0) + 1
        self._failures[key] = failures
        chance = random.random()  # noqa: S311 - spreads retries, protects nothing
        delay = self._backoff.delay(failures, at_least=at_least, chance=chance)
        self._waiting.add(key, priority=RESYNC, now=self._clock(), after=delay)
        metrics.RECONCILE_ERRORS.labels(self._name).inc()
        metrics.QUEUE_RETRIES.labels(self._name).inc()
        log.warning(
            "reconcile_failed",
            kind=self._name,
            tenant=key,
            code=exc.code if isinstance(exc, AcuseError) else None,
            retries=failures,
            retry_after=round(delay, 2),
            exc_info=exc,
        )
