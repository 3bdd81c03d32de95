"""/metrics, /livez and /readyz of a program, on a port of their own that no Gateway routes to.

Live means the process still turns (its event loop answered lately); ready means every check passes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
import structlog
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from acuse.settings import MonitoringSettings

log = structlog.get_logger()

# A check answers None when all is well, else a stable code saying what is not.
Check = Callable[[], str | None]
StartResponse = Callable[[str, list[tuple[str, str]]], object]

# The loop beats every second; one that has not for this long is stuck.
_STUCK_AFTER = 30.0


@dataclass(slots=True)
class Health:
    """A program's state, as its checks tell it; safe to read from another thread."""

    checks: dict[str, Check] = field(default_factory=dict[str, Check])
    # Checks that only a restart of the process can mend.
    vital: dict[str, Check] = field(default_factory=dict[str, Check])
    stopping: bool = False
    _beat: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        """Say that the event loop turns."""
        self._beat = time.monotonic()

    def live(self) -> dict[str, str]:
        """Return what is wrong with the process itself; empty when nothing is."""
        stuck = time.monotonic() - self._beat > _STUCK_AFTER
        failing = {"loop": "stuck"} if stuck else {}
        return {**failing, **_failing(self.vital)}

    def ready(self) -> dict[str, str]:
        """Return each failing check with its code; empty when the program can do its work."""
        failing = self.live()
        if self.stopping:
            failing["process"] = "stopping"
        return {**failing, **_failing(self.checks)}


def _failing(checks: dict[str, Check]) -> dict[str, str]:
    codes = ((name, check()) for name, check in tuple(checks.items()))
    return {name: code for name, code in codes if code is not None}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write no access log: probes come every few seconds."""


def _app(
    health: Health, registry: CollectorRegistry
) -> Callable[[dict[str, object], StartResponse], Iterable[bytes]]:
    def answer(environ: dict[str, object], start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [generate_latest(registry)]
        if path not in {"/livez", "/readyz"}:
            start("404 Not Found", [("Content-Type", "application/json")])
            return [b'{"code":"not_found"}']
        failing = health.live() if path == "/livez" else health.ready()
        status = "503 Service Unavailable" if failing else "200 OK"
        start(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode({"ok": not failing, "failing": failing})]

    return answer


@asynccontextmanager
async def monitoring(
    settings: MonitoringSettings, health: Health, *, registry: CollectorRegistry = REGISTRY
) -> AsyncGenerator[int, None]:
    """Serve metrics and health from a thread while the block runs; yield the port."""
    server: WSGIServer = make_server(
        settings.monitoring_host,
        settings.monitoring_port,
        _app(health, registry),
        handler_class=_Quiet,
    )
    thread = threading.Thread(target=server.serve_forever, name="monitoring", daemon=True)
    thread.start()

    async def beats() -> None:
        """Say every second that the event loop turns."""
        while True:
            health.beat()
            await asyncio.sleep(1.0)

    task = asyncio.create_task(beats(), name="heartbeat")
    log.info("monitoring_listening", port=server.server_port)
    try:
        yield server.server_port
    finally:
        task.cancel()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5.0)
