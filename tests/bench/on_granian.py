"""The intake's application for a server other than its own: `granian bench.on_granian:app`.

The same parts as `acuse intake` puts together, from the same settings, started and stopped by the
server's lifespan events; only the HTTP server is another.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from litestar import Litestar

from acuse import logs
from acuse.data.pool import open_pool
from acuse.events.inbox import inbox_writer
from acuse.settings import load
from acuse.tenants.watch import watch_folder
from acuse_webhook.app import build_app
from acuse_webhook.body import Bodies
from acuse_webhook.group_commit import GroupCommit, Limits
from acuse_webhook.settings import IntakeSettings

# Litestar's own types for these do not go together with the lifespan's events.
Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@asynccontextmanager
async def built() -> AsyncGenerator[Litestar, None]:
    """Build the application as the environment says, and yield it once it can keep events."""
    settings = load(IntakeSettings)
    logs.configure("intake", level=settings.log_level, style=settings.log_format)
    limits = Limits(
        flushers=settings.intake_flushers,
        flush_rows=settings.intake_flush_rows,
        pending_rows=settings.intake_pending_rows,
        pending_bytes=settings.intake_pending_bytes,
        timeout=settings.intake_flush_timeout,
    )
    bodies = Bodies(timeout=settings.intake_body_timeout, memory=settings.intake_body_memory)
    async with (
        watch_folder(settings, region=settings.region) as directory,
        open_pool(
            settings.database_url, "acuse_intake", size=limits.flushers, name="acuse-intake"
        ) as pool,
        GroupCommit(partial(inbox_writer, pool, region=settings.region), limits) as inbox,
    ):
        yield build_app(directory, inbox, bodies)


class Hosted:
    """An ASGI application that exists from the server's startup event to its shutdown event."""

    def __init__(self) -> None:
        self._app: Litestar | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request, or live through the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            assert self._app is not None
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with built() as self._app:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


app = Hosted()
