"""The fake as a server: inside the running event loop for tests, or alone for the CLI."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from typing import Any

import uvicorn
from litestar import Litestar, Response, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from acuse.errors import AcuseError, InvalidSettings
from acuse_lab.graph import app as meta
from acuse_lab.graph.answers import TRANSPORT
from acuse_lab.graph.asking import Asked
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.clock import Clock
from acuse_lab.graph.control import CONTROL_ROUTES, answer_refusal
from acuse_lab.graph.errors import GraphFault
from acuse_lab.graph.management import MANAGEMENT_ROUTES
from acuse_lab.graph.reach import Reach
from acuse_lab.graph.sender import WebhookSender
from acuse_lab.graph.state import Graph


@dataclass(frozen=True, slots=True)
class RunningGraph:
    """A fake that answers at `url`, and a client to steer it."""

    url: str
    lab: LabClient


@dataclass(frozen=True, slots=True)
class Served:
    """Where a fake answers: for everybody, and where it listens on this machine."""

    url: str
    local_url: str


@contextlib.asynccontextmanager
async def running_graph(
    *, live: bool = False, host: str = "127.0.0.1", reach: Reach | None = None
) -> AsyncGenerator[RunningGraph]:
    """Run a fake on a free port of `host` in this event loop; its clock stands unless live."""
    async with (
        serving(host, 0, live=live, reach=reach) as served,
        LabClient(served.local_url) as lab,
    ):
        yield RunningGraph(served.url, lab)


async def serve(
    host: str, port: int, *, live: bool, announce: Callable[[str], None], reach: Reach | None = None
) -> None:
    """Run a fake until SIGINT or SIGTERM; say its address once it answers."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(host, port, live=live, reach=reach) as served:
        announce(served.url)
        await stop.wait()


@contextlib.asynccontextmanager
async def serving(
    host: str, port: int, *, live: bool, reach: Reach | None = None
) -> AsyncGenerator[Served]:
    """Serve a new fake inside this block; yields its addresses when it answers."""
    reach = reach or Reach()
    if reach.base_url and not reach.base_url.startswith(("http://", "https://")):
        raise InvalidSettings("the base URL must start with http:// or https://")
    clock = Clock(live=live)
    graph = Graph(clock, WebhookSender(clock, reach), plain_http=reach.plain_http)
    server = _Server(build_app(graph))
    listening = _listen(host, port)
    graph.public = bool(reach.base_url)
    served = Served(reach.base_url.rstrip("/") or _own_url(listening), _own_url(listening))
    graph.base_url = served.url
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await server.answers.wait()
        yield served
    finally:
        graph.closing.set()
        await clock.close()
        server.stop()
        await running
        listening.close()
        await graph.sender.close()


def build_app(graph: Graph) -> ASGIApp:
    """Return the ASGI app of one fake: Meta's routes and the lab's own."""
    control = Router(
        path="/",
        route_handlers=CONTROL_ROUTES,
        exception_handlers={AcuseError: answer_refusal, HTTPException: answer_refusal},
    )
    litestar = Litestar(
        route_handlers=[
            meta.read_object,
            meta.download,
            meta.upload,
            meta.messages,
            *MANAGEMENT_ROUTES,
            control,
        ],
        exception_handlers={
            GraphFault: meta.answer_fault,
            HTTPException: _answer_unrouted,
        },
        state=State({"graph": graph}, deep_copy=False),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )
    return meta.recording(litestar, graph)


def _answer_unrouted(request: Asked, exc: HTTPException) -> Response[Any]:
    if request.scope["path"].startswith("/_lab"):
        return answer_refusal(request, exc)
    return meta.answer_unknown_path(request, exc)


def _own_url(listening: socket.socket) -> str:
    bound, port = listening.getsockname()[:2]
    # Nobody can call "every address"; on this machine the loopback is one of them.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, str(bound))  # noqa: S104 - only read
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's delay off (40 ms an answer) only where the socket says it is TCP's,
    # which socket.create_server's does not.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as exc:
        listening.close()
        raise InvalidSettings(f"cannot listen on {host}, port {port}: {exc.strerror}") from exc
    return listening


class _Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which lets the app drop the connection under a caller."""

    def on_message_begin(self) -> None:
        """Begin a request that knows its connection."""
        super().on_message_begin()
        self.scope.setdefault("state", {})[TRANSPORT] = self.transport


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone and says when it answers."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        self.answers = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let the server end by itself."""
        self.should_exit = True
        self._stopping.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the process's signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets=sockets)
        self.answers.set()

    async def main_loop(self) -> None:
        """Serve until `stop`."""
        # Uvicorn looks ten times a second whether it must stop; tests start many servers.
        ticks = 0
        while not self.should_exit:
            await self.on_tick(ticks)
            ticks += 10
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._stopping.wait()
