"""`acuse api`: run the API until asked to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import click
import structlog
import uvicorn

from acuse import logs
from acuse.data.pool import Pool, open_pool, transaction
from acuse.errors import DatabaseUnavailable, InvalidSettings
from acuse.media.objects import open_objects
from acuse.monitoring import Health, monitoring
from acuse.settings import load
from acuse_cluster.tenants import open_directory
from acuse_console.app import create_app
from acuse_console.scope import Means
from acuse_console.settings import ApiSettings

log = structlog.get_logger()

_LOOK_EVERY = 5.0
# A caller is better told to come again than kept waiting.
_CONNECTION_WAIT = 10.0


@click.command()
def api() -> None:
    """Serve the HTTP API for people and systems."""
    settings = load(ApiSettings)
    logs.configure("api", level=settings.log_level, style=settings.log_format)
    asyncio.run(serve(settings))


async def serve(settings: ApiSettings) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those in flight."""
    health = Health()
    async with (
        monitoring(settings, health),
        open_pool(
            settings.database_url,
            "acuse_api",
            size=settings.api_connections,
            name="acuse-api",
            wait=_CONNECTION_WAIT,
        ) as pool,
        open_directory(settings, region=settings.region) as directory,
        _database_watched(pool, health),
    ):
        health.checks["tenants"] = directory.fault
        means = Means(
            pool=pool,
            directory=directory,
            objects=open_objects(settings.object_store),
            region=settings.region,
        )
        config = uvicorn.Config(
            create_app(means),
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.api_stop_timeout),
        )
        server = _Server(config)
        with _listening(settings) as listener, _stopping(server, health):
            log.info("api_listening", port=listener.getsockname()[1])
            await server.serve(sockets=[listener])
    log.info("api_stopped")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process before us."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the program."""
        yield


@contextmanager
def _listening(settings: ApiSettings) -> Generator[socket.socket, None, None]:
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    try:
        listener = socket.create_server((settings.api_host, settings.api_port), family=family)
    except OSError as exc:
        raise InvalidSettings("api_host, api_port: cannot listen there") from exc
    with listener:
        yield listener


@contextmanager
def _stopping(server: uvicorn.Server, health: Health) -> Generator[None, None, None]:
    """Let a signal make the program unready at once and end it when its requests are done."""
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        log.info("stopping", signal=signal.Signals(number).name)
        health.stopping = True
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _database_watched(pool: Pool, health: Health) -> AsyncGenerator[None, None]:
    """Keep the readiness check `database` true to whether PostgreSQL answers."""
    failing: list[str | None] = [None]

    async def look() -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK_EVERY), transaction(pool) as conn:
                    await conn.execute("SELECT 1")
                failing[0] = None
            except (DatabaseUnavailable, TimeoutError):
                failing[0] = DatabaseUnavailable.code
            await asyncio.sleep(_LOOK_EVERY)

    health.checks["database"] = lambda: failing[0]
    task = asyncio.create_task(look(), name="database-watch")
    try:
        yield
    finally:
        task.cancel()
