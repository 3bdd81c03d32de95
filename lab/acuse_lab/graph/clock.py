"""The lab's clock: starts at the real now, then stands still until moved, or flows.

Statuses, webhook retries and expiries run on it, so a test sees seven days pass without waiting.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Action = Callable[[], Awaitable[None]]


@dataclass(order=True, slots=True)
class _Timer:
    due: float
    order: int
    action: Action = field(compare=False)
    lane: str | None = field(compare=False)


class Clock:
    """Tells the time and runs what is due; actions of one lane run one after another."""

    def __init__(self, *, live: bool = False, start: float | None = None) -> None:
        self.live = live
        self._base = time.time() if start is None else start
        self._started = time.monotonic()
        self._timers: list[_Timer] = []
        self._order = itertools.count()
        self._lanes: dict[str, asyncio.Lock] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Return the lab's Unix time, in seconds."""
        flowed = time.monotonic() - self._started if self.live else 0.0
        return self._base + flowed

    def after(self, seconds: float, action: Action, *, lane: str | None = None) -> None:
        """Run `action` when `seconds` have passed on this clock; at once if none have to."""
        timer = _Timer(self.now() + max(seconds, 0.0), next(self._order), action, lane)
        heapq.heappush(self._timers, timer)
        self._start_due()

    async def advance(self, seconds: float) -> None:
        """Move forward; each thing due on the way has happened, in order, before this returns."""
        target = self.now() + seconds
        await self.drain()
        while self._timers and self._timers[0].due <= target:
            self._set(max(self._timers[0].due, self.now()))
            self._start_due()
            await self.drain()
        self._set(max(target, self.now()))
        self._start_due()
        await self.drain()

    async def drain(self) -> None:
        """Return when nothing that is due remains undone."""
        while self._running:
            done, _ = await asyncio.wait(self._running)
            for task in done:
                if not task.cancelled():
                    task.result()

    async def close(self) -> None:
        """Forget what is to come and end what runs."""
        self._timers.clear()
        if self._alarm is not None:
            self._alarm.cancel()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _set(self, now: float) -> None:
        self._base = now
        self._started = time.monotonic()

    def _start_due(self) -> None:
        now = self.now()
        while self._timers and self._timers[0].due <= now:
            task = asyncio.get_running_loop().create_task(self._run(heapq.heappop(self._timers)))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if self.live:
            self._arm(now)

    def _arm(self, now: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._timers:
            wait = self._timers[0].due - now
            self._alarm = asyncio.get_running_loop().call_later(wait, self._start_due)

    async def _run(self, timer: _Timer) -> None:
        if timer.lane is None:
            await timer.action()
            return
        # asyncio's lock is fair, so tasks of one lane keep the order in which they were due.
        async with self._lanes.setdefault(timer.lane, asyncio.Lock()):
            await timer.action()
