"""`acuse worker`: the one place where a worker's parts are put together."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import click
import structlog

from acuse import logs
from acuse.data.pool import Pool, open_pool, transaction
from acuse.errors import DatabaseUnavailable, InvalidSettings
from acuse.events.queue import Patience, Queue
from acuse.media.fetch import MediaFetcher
from acuse.media.hosts import AllowedHosts
from acuse.media.objects import open_objects
from acuse.meta.graph import GraphClient, open_http
from acuse.monitoring import Health, monitoring
from acuse.settings import load
from acuse.tenants.index import IndexedDirectory
from acuse.tenants.registry import keep_tenants
from acuse.tenants.tenant import TenantDirectory
from acuse_cluster.tenants import open_directory
from acuse_workers.chosen import ChosenTenants
from acuse_workers.documents import remove_abandoned
from acuse_workers.loop import Loop
from acuse_workers.membership import Membership
from acuse_workers.pipeline import Pipeline
from acuse_workers.ports import Surroundings
from acuse_workers.reading.sandbox import open_reader
from acuse_workers.sending import run_outbox
from acuse_workers.settings import WorkerSettings
from acuse_workers.turns import Turns

log = structlog.get_logger()

# Seconds between two looks at whether the directory has other tenants than the database.
_SYNC_EVERY: Final = 2.0


@click.command()
def worker() -> None:
    """Work on events and send replies, until told to stop (SIGTERM, SIGINT)."""
    settings = load(WorkerSettings)
    logs.configure("worker", level=settings.log_level, style=settings.log_format)
    asyncio.run(serve(settings))


async def serve(settings: WorkerSettings) -> None:
    """Run one worker until a signal stops it; raise InvalidSettings or DatabaseUnavailable."""
    if not settings.database_url:
        raise InvalidSettings("ACUSE_DATABASE_URL is not set")
    stop, health = asyncio.Event(), Health()
    _stop_on_signals(stop, health)
    abandoned = await asyncio.to_thread(remove_abandoned)
    if abandoned:
        log.warning("abandoned_documents_removed", count=abandoned)
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    async with _open(settings) as (around, directory):
        membership = Membership(
            around.directory, keys=settings.worker_tenants, pool=settings.worker_pool
        )
        loop = _loop(settings, around, membership, name)
        health.checks |= {"database": loop.database_silent, "tenants": directory.fault}
        async with monitoring(settings, health):
            log.info("worker_started", worker=name, region=settings.region, pid=os.getpid())
            # Before it is known who the tenants are, an event of any would count as nobody's.
            await _first_of(directory.known(), stop.wait())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(loop.run(stop), name="loop")
                tasks.create_task(
                    run_outbox(around.pool, around.graph, membership, worker=name, stop=stop),
                    name="outbox",
                )
                tasks.create_task(
                    _sync_tenants(around.pool, around.directory, stop), name="tenants"
                )
    log.info("worker_stopped", worker=name)


async def _first_of(*waits: Coroutine[object, object, object]) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def _open(
    settings: WorkerSettings,
) -> AsyncGenerator[tuple[Surroundings, IndexedDirectory], None]:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(
                settings.database_url,
                "acuse_worker",
                size=settings.worker_pool_size,
                name="acuse-worker",
            )
        )
        directory = await stack.enter_async_context(
            open_directory(settings, region=settings.region)
        )
        http = await stack.enter_async_context(open_http(settings))
        graph, objects = GraphClient(http, settings), open_objects(settings.object_store)
        hosts = AllowedHosts.parse(settings.media_hosts)
        around = Surroundings(
            pool=pool,
            directory=ChosenTenants(directory, settings.worker_tenants),
            graph=graph,
            fetcher=MediaFetcher(graph, http, objects, hosts=hosts, settings=settings),
            objects=objects,
            reader=await stack.enter_async_context(open_reader()),
            reading=Turns(settings.worker_readers),
        )
        yield around, directory


def _loop(
    settings: WorkerSettings, around: Surroundings, membership: Membership, name: str
) -> Loop:
    patience = Patience(
        base=settings.worker_retry_base,
        cap=settings.worker_retry_cap,
        max_tries=settings.worker_max_tries,
        max_lost_leases=settings.worker_max_lost_leases,
    )
    queue = Queue(
        around.pool,
        settings.region,
        name,
        lease=settings.worker_lease,
        whose=membership.events,
        patience=patience,
    )
    return Loop(
        queue,
        Pipeline(around, patience),
        concurrency=settings.worker_concurrency,
        grace=settings.worker_grace,
    )


def _stop_on_signals(stop: asyncio.Event, health: Health) -> None:
    def begin(name: str) -> None:
        log.info("worker_stopping", signal=name)
        health.stopping = True
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, begin, signum.name)


async def _sync_tenants(pool: Pool, directory: TenantDirectory, stop: asyncio.Event) -> None:
    """Keep the tenants table as the directory says."""
    kept: object = None
    while not stop.is_set():
        tenants = directory.tenants()
        if tenants != kept:
            try:
                async with transaction(pool) as conn:
                    await keep_tenants(conn, tenants)
                kept = tenants
            except DatabaseUnavailable as exc:
                log.warning("tenants_not_kept", code=exc.code)
            except Exception:
                # The loop's top: a name that cannot be kept must not end the work for everyone.
                log.exception("tenants_not_kept")
        try:
            async with asyncio.timeout(_SYNC_EVERY):
                await stop.wait()
        except TimeoutError:
            continue
