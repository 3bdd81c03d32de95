"""The HTTP server: uvicorn, with the limits it lacks against slow, endless and idle clients."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Any, Final, cast

import uvicorn
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

# llhttp itself has no limit on headers.
_LARGEST_HEAD: Final = 65536
_KEEP_ALIVE: Final = 75
_BACKLOG: Final = 2048

# What may still come of a body after it was refused. Closing at once would reset the connection,
# and the client would lose the answer that says why.
_LINGER_BYTES: Final = 64 * 1024 * 1024

# In a request's scope once its body has come whole: then nothing has to be timed.
BODY_IS_HERE: Final = "acuse.body_is_here"


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What the server allows its clients."""

    connections: int = 1024
    head_timeout: float = 10.0
    # For what still comes of a body that was refused.
    linger_timeout: float = 10.0
    stop_timeout: float = 20.0


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, closing a connection whose request line and headers do not come.

    uvicorn itself waits for them forever, and keeps whatever amount of them comes.
    """

    limits = ServerLimits()

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._asked = False
        self._awaiting_head = True
        self._head_size = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._linger_timer: asyncio.TimerHandle | None = None
        self._lingered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start waiting for a first request, unless there are too many connections."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > self.limits.connections:
            self.transport.abort()
        else:
            self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._head_has_come()
        self._stop_lingering()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; hang up on a head without end, and give one that has begun its time."""
        super().data_received(data)
        if self._linger_timer is not None:
            self._lingered += len(data)
            if self._lingered > _LINGER_BYTES:
                self._hang_up()
        if not self._awaiting_head:
            self._head_has_come()
        elif not self._asked or self.cycle.response_complete:
            self._head_size += len(data)
            if self._head_size > _LARGEST_HEAD:
                self.transport.abort()
            else:
                self._watch_head()

    def on_headers_complete(self) -> None:
        """Note that the head has come, and start the request."""
        self._asked = True
        self._awaiting_head = False
        self._head_size = 0
        self._in_body = True
        self._head_has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the body is here and that what comes next is another head."""
        self._awaiting_head = True
        self._in_body = False
        if self._linger_timer is not None:
            self._stop_lingering()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        cast("dict[str, object]", self.scope)[BODY_IS_HERE] = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Let the rest of a body that was refused come and go, for a while."""
        super().on_response_complete()
        if self._in_body and not self.transport.is_closing():
            self._lingered = 0
            self._linger_timer = self.loop.call_later(self.limits.linger_timeout, self._hang_up)

    def end_with_answer(self) -> None:
        """Close the connection with the answer to what is in flight, if anything is."""
        # None before the first request, whatever uvicorn says of its type.
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self.shutdown()

    def _stop_lingering(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None

    def _watch_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.head_timeout, self._hang_up)

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the program, which has more than this server to stop."""
        yield


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that listens."""

    port: int
    _server: uvicorn.Server

    def let_go(self) -> None:
        """Close each connection with its next answer; new ones are taken and answered as before."""
        closing = (b"connection", b"close")
        state = self._server.server_state
        # The one is read every second to make the other.
        self._server.config.encoded_headers.append(closing)
        state.default_headers = [*state.default_headers, closing]
        for connection in cast("tuple[GuardedProtocol, ...]", tuple(state.connections)):
            connection.end_with_answer()


@contextlib.asynccontextmanager
async def listening(
    app: Litestar, *, host: str, port: int, limits: ServerLimits
) -> AsyncGenerator[Listening, None]:
    """Serve `app` while the block runs; then finish what is in flight."""
    config = uvicorn.Config(
        app,
        # uvicorn makes the protocols itself: a class of its own carries what they need to know.
        http=type("LimitedProtocol", (GuardedProtocol,), {"limits": limits}),
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=round(limits.stop_timeout),
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]), name="http")
    try:
        yield Listening(int(listener.getsockname()[1]), server)
    finally:
        server.should_exit = True
        await task
