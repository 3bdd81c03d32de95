"""Group commit: requests that arrive together share one commit, and none is answered before it.

There is no timer. A flusher takes whatever waits as soon as it is free, so a lone request commits
at once, and under load the groups grow by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from acuse.errors import AcuseError, DatabaseUnavailable, IntakeOverloaded
from acuse.events.inbox import Key, NewEvent, Write
from acuse_webhook.metrics import (
    FLUSH_FAILURES,
    FLUSH_ROWS,
    FLUSH_SECONDS,
    PENDING,
    UPDATES,
    Outcome,
)

log = structlog.get_logger()

# Opens a connection to the inbox; raises DatabaseUnavailable.
Connect = Callable[[], AbstractAsyncContextManager[Write]]

# What a waiting event takes besides its payload, roughly.
_ROW_BYTES = 1024
_RECONNECT_AFTER = 0.25


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait for a commit, how much one takes, and how long a request waits for it."""

    flushers: int = 2
    flush_rows: int = 256
    pending_rows: int = 20_000
    pending_bytes: int = 64 * 1024 * 1024
    timeout: float = 5.0


@dataclass(slots=True, eq=False)
class _Delivery:
    """What one request brought, and the promise it waits for."""

    events: Sequence[NewEvent]
    size: int
    # Until when it may wait for its turn, in the event loop's time.
    patience: float
    committed: asyncio.Future[None]


class GroupCommit:
    """The inbox as requests see it: `put` returns once the events are committed."""

    def __init__(self, connect: Connect, limits: Limits) -> None:
        self._connect = connect
        self._limits = limits
        self._waiting: deque[_Delivery] = deque()
        self._some = asyncio.Event()
        self._up = asyncio.Event()
        self._connected = 0
        self._rows = 0
        self._bytes = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        PENDING.set_function(lambda: self._rows)
        self._tasks = [
            asyncio.create_task(self._run(), name=f"flusher-{n}")
            for n in range(self._limits.flushers)
        ]
        self._tasks.append(asyncio.create_task(self._give_up_late_ones(), name="patience"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.timeout):
                await self._up.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, exc, trace
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.timeout):
                await self._idle.wait()
        if self._rows:
            log.error("intake_stopped_with_events_waiting", count=self._rows)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting(IntakeOverloaded("the intake has stopped"))

    def fault(self) -> str | None:
        """Return why events cannot be kept now; None when they can."""
        if self._stopping:
            return "stopping"
        return None if self._connected else DatabaseUnavailable.code

    async def put(self, events: Sequence[NewEvent]) -> None:
        """Return once all the events are committed, whether new or already known.

        Raises IntakeOverloaded or DatabaseUnavailable; then they may be committed all the same, and
        coming again with them does no harm.
        """
        await self._admit(events).committed

    def _admit(self, events: Sequence[NewEvent]) -> _Delivery:
        limits = self._limits
        size = sum(len(event.update.payload) + _ROW_BYTES for event in events)
        if self._stopping:
            raise IntakeOverloaded("the intake is stopping", retry_after=1.0)
        if not self._connected:
            raise DatabaseUnavailable("PostgreSQL did not answer", retry_after=2.0)
        if self._rows + len(events) > limits.pending_rows or (
            self._bytes + size > limits.pending_bytes
        ):
            raise IntakeOverloaded("too many events wait for their commit", retry_after=5.0)
        loop = self._loop
        delivery = _Delivery(events, size, loop.time() + limits.timeout, loop.create_future())
        self._account(delivery, +1)
        self._waiting.append(delivery)
        self._some.set()
        return delivery

    def _account(self, delivery: _Delivery, sign: int) -> None:
        self._rows += sign * len(delivery.events)
        self._bytes += sign * delivery.size
        if self._rows:
            self._idle.clear()
        else:
            self._idle.set()

    async def _give_up_late_ones(self) -> None:
        """Answer 503 to what has waited too long for its turn; one timer serves all requests."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(0.25, self._limits.timeout))
            while self._waiting and self._waiting[0].patience < loop.time():
                late = IntakeOverloaded("the commit took too long", retry_after=5.0)
                self._settle(self._waiting.popleft(), late)

    async def _run(self) -> None:
        while True:
            try:
                async with self._connect() as write:
                    self._connected += 1
                    self._up.set()
                    try:
                        await self._flush_until_broken(write)
                    finally:
                        self._connected -= 1
            except AcuseError as exc:
                log.warning("flush_failed", code=exc.code, exc_info=exc.__cause__ or exc)
            except Exception:  # the top of the flusher's loop: it must not end
                log.exception("flush_failed")
            if not self._connected:
                self._fail_waiting(DatabaseUnavailable("PostgreSQL did not answer"))
            await asyncio.sleep(_RECONNECT_AFTER)

    async def _flush_until_broken(self, write: Write) -> None:
        while True:
            await self._some.wait()
            group = self._take()
            if group:
                await self._flush(write, group)

    def _take(self) -> list[_Delivery]:
        """Take whole deliveries, at least one, up to the rows of a flush."""
        group: list[_Delivery] = []
        rows = 0
        while self._waiting:
            delivery = self._waiting[0]
            if group and rows + len(delivery.events) > self._limits.flush_rows:
                break
            self._waiting.popleft()
            if delivery.committed.done():
                # Its request has been answered 503, or its client has gone: Meta comes again.
                self._account(delivery, -1)
                continue
            group.append(delivery)
            rows += len(delivery.events)
        if not self._waiting:
            self._some.clear()
        return group

    async def _flush(self, write: Write, group: list[_Delivery]) -> None:
        events = [event for delivery in group for event in delivery.events]
        started = time.perf_counter()
        failure: AcuseError = IntakeOverloaded("the flush was interrupted")
        try:
            async with asyncio.timeout(self._limits.timeout):
                kept = await write(events)
        except TimeoutError as exc:
            failure = IntakeOverloaded("the commit took too long", retry_after=5.0)
            raise failure from exc
        except AcuseError as exc:
            failure = exc
            raise
        else:
            FLUSH_SECONDS.observe(time.perf_counter() - started)
            FLUSH_ROWS.observe(len(events))
            for delivery in group:
                self._settle(delivery, None)
            _count(events, kept)
            group.clear()
        finally:
            # Only what was not committed is left here.
            if group:
                FLUSH_FAILURES.inc()
            for delivery in group:
                self._settle(delivery, failure)

    def _settle(self, delivery: _Delivery, failure: AcuseError | None) -> None:
        self._account(delivery, -1)
        if delivery.committed.done():
            return
        if failure is None:
            delivery.committed.set_result(None)
        else:
            delivery.committed.set_exception(failure)

    def _fail_waiting(self, failure: AcuseError) -> None:
        while self._waiting:
            self._settle(self._waiting.popleft(), failure)
        self._some.clear()


def _count(events: Sequence[NewEvent], kept: set[Key]) -> None:
    seen: Counter[tuple[str, Outcome]] = Counter()
    for event in events:
        outcome: Outcome = "duplicate"
        if event.key in kept:
            # The same event twice in one flush: the second is a duplicate.
            kept.remove(event.key)
            outcome = "ignored" if event.status == "ignored" else "stored"
        seen[event.update.kind, outcome] += 1
    for (kind, outcome), count in seen.items():
        UPDATES.labels(kind, outcome).inc(count)
