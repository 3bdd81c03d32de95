"""The API as a real server on a free port, and tokens to call it with."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn

from acuse.data.pool import Conn, open_pool, transaction
from acuse.data.roles import Role
from acuse.media.objects import open_objects
from acuse.tenants.index import IndexedDirectory
from acuse.tenants.tenant import Tenant
from acuse.tokens import Scope, create_token
from acuse_console.app import create_app
from acuse_console.scope import Means
from support.databases import Database

T = TypeVar("T")


@contextmanager
def running_api(database: Database, media: Path) -> Generator[str, None, None]:
    """Serve the API from a thread while the block runs; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()
        thread = threading.Thread(
            target=lambda: asyncio.run(_serve(database, media, listener, stop))
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join(60)


async def _serve(
    database: Database,
    media: Path,
    listener: socket.socket,
    stop: threading.Event,
) -> None:
    async with open_pool(database.url, "acuse_api", size=4, name="api", wait=5.0) as pool:
        means = Means(
            pool=pool,
            directory=IndexedDirectory(),
            objects=open_objects(f"file:{media}"),
            region="local",
        )
        config = uvicorn.Config(
            create_app(means), lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.to_thread(stop.wait)
        server.should_exit = True
        await task


def as_role(
    database: Database, role: Role, work: Callable[[Conn], Awaitable[T]], *, tenant: Tenant | None
) -> T:
    """Do the work in one transaction as this role, seeing this tenant."""

    async def run() -> T:
        async with (
            open_pool(database.url, role, size=1, name="t") as pool,
            transaction(pool, tenant_id=None if tenant is None else tenant.id) as conn,
        ):
            return await work(conn)

    return asyncio.run(run())


def as_worker(database: Database, tenant: Tenant, work: Callable[[Conn], Awaitable[T]]) -> T:
    """Do the work as a worker does, in one transaction that sees the tenant."""
    return as_role(database, "acuse_worker", work, tenant=tenant)


def client(
    address: str, database: Database, tenant: Tenant, *, scopes: Iterable[Scope] = Scope
) -> httpx.Client:
    """Return a client with a fresh token of the tenant; it has every scope unless told."""

    async def work(conn: Conn) -> str:
        made = await create_token(
            conn, tenant=tenant.key, name="t", scopes=scopes, lifetime=timedelta(days=1)
        )
        return made.text

    token = as_role(database, "acuse_admin", work, tenant=None)
    return httpx.Client(
        base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
