"""`acuse intake`: take Meta's webhooks, keep every update, answer 200 once it is committed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import click
import structlog
import uvloop

from acuse import logs
from acuse.data.pool import open_pool
from acuse.events.inbox import inbox_writer
from acuse.monitoring import Health, monitoring
from acuse.settings import load
from acuse_cluster.tenants import open_directory
from acuse_webhook.app import build_app
from acuse_webhook.body import Bodies
from acuse_webhook.group_commit import GroupCommit, Limits
from acuse_webhook.server import Listening, ServerLimits, listening
from acuse_webhook.settings import IntakeSettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Running:
    """An intake that runs: where it listens."""

    listening: Listening
    monitoring_port: int

    @property
    def port(self) -> int:
        """Return the port that webhooks come to."""
        return self.listening.port


@asynccontextmanager
async def running(settings: IntakeSettings, health: Health) -> AsyncGenerator[Running, None]:
    """Run the intake while the block runs; on leaving, answer what is in flight, then close.

    Raises InvalidSettings, UnsafeRole or DatabaseUnavailable when it cannot start.
    """
    limits = Limits(
        flushers=settings.intake_flushers,
        flush_rows=settings.intake_flush_rows,
        pending_rows=settings.intake_pending_rows,
        pending_bytes=settings.intake_pending_bytes,
        timeout=settings.intake_flush_timeout,
    )
    bodies = Bodies(timeout=settings.intake_body_timeout, memory=settings.intake_body_memory)
    server_limits = ServerLimits(
        connections=settings.intake_max_connections,
        head_timeout=settings.intake_head_timeout,
        linger_timeout=settings.intake_body_timeout,
        stop_timeout=settings.intake_stop_timeout,
    )
    health.checks["server"] = lambda: "not_listening"
    async with (
        monitoring(settings, health) as monitoring_port,
        open_directory(settings, region=settings.region) as directory,
        open_pool(
            settings.database_url, "acuse_intake", size=limits.flushers, name="acuse-intake"
        ) as pool,
        GroupCommit(partial(inbox_writer, pool, region=settings.region), limits) as inbox,
    ):
        health.checks["inbox"] = inbox.fault
        health.checks["tenants"] = directory.fault
        # Nobody may be told that a tenant is unknown before it is known who the tenants are.
        await directory.known()
        async with listening(
            build_app(directory, inbox, bodies),
            host=settings.intake_host,
            port=settings.intake_port,
            limits=server_limits,
        ) as server:
            del health.checks["server"]
            log.info("intake_listening", host=settings.intake_host, port=server.port)
            yield Running(server, monitoring_port)
            health.stopping = True


def _collect_less_often() -> None:
    """Leave what lives as long as the program out of garbage collections, and make those rarer.

    A request's own objects go by reference counting; the default walks over them every 700.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@dataclass(slots=True)
class _Stopping:
    """What signals ask for: the first to stop in order, the next to do so without delay."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    urged: asyncio.Event = field(default_factory=asyncio.Event)
    # While the program starts, whatever it waits for is given up.
    starting: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Take SIGTERM and SIGINT from now on; the current task is what starts."""
        self.starting = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._told)

    def _told(self) -> None:
        (self.urged if self.asked.is_set() else self.asked).set()
        if self.starting is not None:
            self.starting.cancel()
            self.starting = None


async def _until_stopped(settings: IntakeSettings) -> None:
    stopping = _Stopping()
    stopping.listen()
    try:
        await _serve(settings, stopping)
    except asyncio.CancelledError:
        if not stopping.asked.is_set():
            raise


async def _serve(settings: IntakeSettings, stopping: _Stopping) -> None:
    health = Health()
    async with running(settings, health) as intake:
        stopping.starting = None
        _collect_less_often()
        host = f"[{settings.intake_host}]" if ":" in settings.intake_host else settings.intake_host
        click.echo(f"intake: listening on http://{host}:{intake.port}")
        await stopping.asked.wait()
        health.stopping = True
        log.info("intake_stopping", seconds=settings.intake_drain)
        await _drain(intake, settings.intake_drain, stopping)


async def _drain(intake: Running, seconds: float, stopping: _Stopping) -> None:
    """Go on for the routers that do not know yet, but keep no connection."""
    intake.listening.let_go()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.urged.wait()


@click.command()
def intake() -> None:
    """Take Meta's webhooks until SIGTERM or SIGINT; settings come from ACUSE_* variables."""
    settings = load(IntakeSettings)
    logs.configure("intake", level=settings.log_level, style=settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(settings))
