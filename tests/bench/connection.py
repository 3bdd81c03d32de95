"""One keep-alive connection: a request out, its answer in, never two at once."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Protocol, cast

from bench.answers import first_answer


class Source(Protocol):
    """Who a connection asks for work and tells what came of it."""

    def free(self, connection: Connection) -> None:
        """Take note that the connection can send its next request."""
        ...

    def answered(self, status: int, latency: float) -> None:
        """Count an answer that came `latency` seconds after its request was due."""
        ...

    def lost(self) -> None:
        """Count a connection that ended or spoke nonsense while a request was open."""
        ...


class Connection(asyncio.Protocol):
    """Sends what its source gives it; `source` may be exchanged between phases.

    Times are perf_counter's: uvloop's own clock has a resolution of a millisecond.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._since: float | None = None
        self._seen = b""
        self.source: Source | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def fire(self, request: bytes, *, since: float) -> None:
        """Send a request; its latency counts from `since`, when it was due."""
        self._since = since
        if self._transport is None or self._transport.is_closing():
            self._fail()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is whole, and ask for the next request."""
        seen = self._seen + data if self._seen else data
        try:
            found = first_answer(seen)
        except ValueError:
            self._fail()
            return
        if found is None:
            self._seen = seen
            return
        status, size = found
        since, source, self._since, self._seen = self._since, self.source, None, b""
        if since is None or source is None or size != len(seen):
            self._fail()
            return
        source.answered(status, perf_counter() - since)
        source.free(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Count an open request as lost."""
        self._transport = None
        self._fail()

    def close(self) -> None:
        """End the connection; nothing is lost by it."""
        self.source = None
        if self._transport is not None:
            self._transport.close()

    def _fail(self) -> None:
        since, self._since = self._since, None
        if since is not None and self.source is not None:
            self.source.lost()
        if self._transport is not None:
            self._transport.abort()
