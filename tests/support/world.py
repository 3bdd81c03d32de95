"""A whole Acuse for end-to-end tests: durable PostgreSQL, the fake of Meta, real processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import tuple_row

from acuse_lab.graph.client import LabClient
from acuse_lab.graph.server import running_graph
from acuse_lab.postgres import PostgresServer
from acuse_lab.running.installation import Installation, prepare_database
from acuse_lab.running.tenants import LabTenant, write_app_secret

# Long enough for a slow disk and two busy cores; no test passes or fails by it while things move.
DEADLINE = 240.0
APP_SECRET = "the-shared-apps-secret"
APP_VERIFY_TOKEN = "the-shared-apps-token"


@dataclass(slots=True)
class World:
    """What an end-to-end test acts on."""

    postgres: PostgresServer
    installation: Installation
    lab: LabClient
    tenants: Sequence[LabTenant]
    owner_url: str = ""
    people: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def tenant(self) -> LabTenant:
        """Return the first tenant."""
        return self.tenants[0]

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Return what the owner sees; row security is off for the superuser of a test's server."""
        with psycopg.connect(self.owner_url, row_factory=tuple_row, connect_timeout=30) as conn:
            return conn.execute(query, values).fetchall()

    async def open_callbacks(self) -> None:
        """Register every tenant's webhook address with the fake, which checks the challenge."""
        for tenant in self.tenants:
            await self.lab.set_callback(
                tenant.phone_number_id,
                url=self.installation.webhook_url(tenant),
                verify_token=tenant.verify_token,
            )


@asynccontextmanager
async def running_world(
    postgres: PostgresServer,
    database: str,
    folder: Path,
    *,
    tenants: Sequence[LabTenant],
    names: tuple[str, ...] = ("intake", "worker-1", "api"),
    settings: dict[str, str] | None = None,
) -> AsyncGenerator[World, None]:
    """Run a whole Acuse in `database`, which must exist."""
    owner_url = postgres.url(database)
    runtime_url = await asyncio.to_thread(prepare_database, owner_url)
    async with running_graph(live=True) as graph:
        installation = Installation(
            folder, runtime_url, graph.url, names=names, extra=settings or {}
        )
        write_app_secret(folder / "tenants", app_secret=APP_SECRET, verify_token=APP_VERIFY_TOKEN)
        for tenant in tenants:
            tenant.write(folder / "tenants")
            await graph.lab.register(tenant.number())
        world = World(postgres, installation, graph.lab, tenants, owner_url)
        try:
            await asyncio.to_thread(installation.start)
            await world.open_callbacks()
            yield world
        finally:
            await asyncio.to_thread(installation.stop)


async def until(
    holds: Callable[[], bool | Awaitable[bool]], *, what: str, deadline: float = DEADLINE
) -> None:
    """Return once `holds`; fail, naming `what`, if it does not come about in the deadline."""
    end = time.monotonic() + deadline
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < end, f"it never came about: {what}"
        await asyncio.sleep(0.05)
