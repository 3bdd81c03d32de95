"""When requests are sent: as fast as answers come, or at fixed times whatever the answers do."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from time import perf_counter

from bench.connection import Connection
from bench.tally import Tally

# How long answers may take to come after the last request was sent.
_DRAIN = 30.0
# Timers are this coarse; requests that are due within it leave together.
_TICK = 0.001


class _Pace:
    """What both have in common: the requests, the count, and the end."""

    def __init__(self, requests: Iterator[bytes], connections: Sequence[Connection]) -> None:
        self._requests = requests
        self._connections = connections
        self._done = asyncio.Event()
        self._last = 0.0
        self._stopped = False
        self.tally = Tally()

    def answered(self, status: int, latency: float) -> None:
        """Count an answer."""
        self._last = perf_counter()
        self.tally.answer(status, latency)

    def lost(self) -> None:
        """Count a request whose connection ended; the connection is not replaced."""
        self.tally.broken += 1
        self._check()

    def _fire(self, connection: Connection, request: bytes, *, since: float) -> None:
        self.tally.sent += 1
        connection.fire(request, since=since)

    def _stop(self) -> None:
        self._stopped = True
        self._check()

    def _check(self) -> None:
        if self._stopped and self.tally.open == 0:
            self._done.set()

    async def _drained(self, *, seconds: float) -> None:
        """Wait for the end; requests still open after a while stay open in the count."""
        try:
            async with asyncio.timeout(seconds + _DRAIN):
                await self._done.wait()
        except TimeoutError:
            return


class ClosedLoop(_Pace):
    """Every connection sends its next request as soon as it has its answer."""

    def __init__(self, requests: Iterator[bytes], connections: Sequence[Connection]) -> None:
        super().__init__(requests, connections)
        self._until = 0.0

    async def run(self, *, seconds: float) -> float:
        """Send until the time is over or requests run out; return seconds to the last answer."""
        began = perf_counter()
        self._until = began + seconds
        for connection in self._connections:
            connection.source = self
            self.free(connection)
        await self._drained(seconds=seconds)
        return self._last - began

    def free(self, connection: Connection) -> None:
        """Send the next request, unless the time is over."""
        now = perf_counter()
        request = next(self._requests, None) if now < self._until else None
        if request is None:
            self._stop()
        else:
            self._fire(connection, request, since=now)


class OpenLoop(_Pace):
    """Requests are due at fixed times; one that finds no free connection waits, its clock running.

    There must be a request for each time. A server that stalls is charged for everyone who would
    have waited (no coordinated omission).
    """

    def __init__(
        self, requests: Iterator[bytes], connections: Sequence[Connection], *, rate: float
    ) -> None:
        super().__init__(requests, connections)
        self._rate = rate
        self._began = 0.0
        self._due = 0
        self._count = 0
        self._idle = deque(connections)
        self._waiting: deque[float] = deque()

    async def run(self, *, seconds: float) -> float:
        """Send `rate` requests a second for so long; return seconds to the last answer."""
        self._began = perf_counter()
        self._count = round(self._rate * seconds)
        for connection in self._connections:
            connection.source = self
        self._tick()
        await self._drained(seconds=seconds)
        return self._last - self._began

    def free(self, connection: Connection) -> None:
        """Send the request that has waited longest, if one does."""
        if self._waiting:
            self._next(connection, since=self._waiting.popleft())
        else:
            self._idle.append(connection)
        self._end()

    def _tick(self) -> None:
        due = min(self._count, int((perf_counter() - self._began) * self._rate) + 1)
        while self._due < due:
            since = self._began + self._due / self._rate
            self._due += 1
            if self._idle:
                self._next(self._idle.popleft(), since=since)
            else:
                self._waiting.append(since)
        if self._due < self._count:
            asyncio.get_running_loop().call_later(_TICK, self._tick)
        else:
            self._end()

    def _next(self, connection: Connection, *, since: float) -> None:
        self._fire(connection, next(self._requests), since=since)

    def _end(self) -> None:
        if self._due == self._count and not self._waiting:
            self._stop()
