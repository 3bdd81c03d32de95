"""A TenantDirectory kept from a cluster: its TenantPlacements and their sealed Secrets, watched.

While the API server is absent the last answer stands, also across a restart where a file keeps it.
A tenant goes only when the API server says that its placement went.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from prometheus_client import Gauge

from acuse.settings import TenantSettings
from acuse.tenants.index import IndexedDirectory, TenantIndex
from acuse.tenants.watch import ERRORS, TENANTS
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.last_good import LastGood
from acuse_cluster.serving import APP, Served, Serving
from acuse_cluster.watched import Watched

log = structlog.get_logger()

SYNCED: Final = Gauge(
    "acuse_directory_synced",
    "1 while tenants are what the API server says, 0 while they are what it said last",
)
AGE: Final = Gauge(
    "acuse_directory_age_seconds", "Seconds since the API server last said anything of the tenants"
)

# A placement and its Secret come one after the other; what comes together is taken together.
_GATHER: Final = 0.05
# Compiling thousands of tenants must leave turns to requests.
_BATCH: Final = 50
_LOOK_EVERY: Final = 1.0
# A log line names no more than these of each; `count` says how many there are.
_NAMED: Final = 20


class ClusterDirectory(IndexedDirectory):
    """Tenants as the cluster last said; a broken part stays as it was."""

    def __init__(self, watched: Watched, kept: LastGood, *, region: str) -> None:
        super().__init__()
        self._watched = watched
        self._kept = kept
        self._serving = Serving(region)
        self._known = asyncio.Event()
        self._unsaved = False
        self._told_at = time.time()

    def fault(self) -> str | None:
        """Return a stable code while it is not known who the tenants are; a readiness check."""
        return None if self._known.is_set() else "tenants_unknown"

    async def known(self) -> None:
        """Return once it is known who the tenants are."""
        await self._known.wait()

    def age(self) -> float:
        """Return the seconds since the API server last confirmed what is served."""
        if self._watched.synced():
            return self._watched.age()
        return max(time.time() - self._told_at, 0.0)

    def load(self) -> None:
        """Serve what was kept, if there is anything."""
        kept = self._kept.load()
        if kept is None:
            return
        self._told_at = kept.saved
        tenants = {tenant.key: tenant for tenant in kept.tenants}
        self._serving = Serving(self._serving.region, Served(tenants, kept.app))
        self._serve(TenantIndex(tenants.values(), app=kept.app))
        TENANTS.set(len(tenants))
        self._known.set()
        log.warning(
            "tenants_from_cache", count=len(tenants), seconds=round(time.time() - kept.saved)
        )

    async def keep(self) -> None:
        """Take up what changes, until cancelled."""
        whole = False
        while True:
            await self._watched.changed.wait()
            await asyncio.sleep(_GATHER)
            self._watched.changed.clear()
            dirty = self._watched.take_dirty()
            if self._watched.synced() and not whole:
                # What is served and was not in the first whole answer has gone meanwhile.
                whole = True
                dirty |= set(self._serving.known())
            try:
                await self._take(dirty)
            except Exception:
                # The loop's top: one fault must not end all news.
                log.exception("tenants_not_taken")

    async def save(self) -> None:
        """Keep the file as what is served, and the metrics as what is so, until cancelled."""
        while True:
            SYNCED.set(self._watched.current())
            AGE.set(self.age())
            if self._unsaved:
                self._unsaved = False
                await asyncio.to_thread(self._kept.save, self.tenants(), self.app)
            await asyncio.sleep(_LOOK_EVERY)

    async def _take(self, dirty: set[str]) -> None:
        watched, serving = self._watched, self._serving
        before = serving.served
        if watched.app is not None and APP in dirty and watched.app.synced.is_set():
            secret = next(iter(watched.app.cache.values()), None)
            if serving.take_app(secret):
                dirty = dirty | set(serving.known())
        for number, key in enumerate(sorted(dirty - {APP}), 1):
            placement = watched.placement(key)
            if placement is not None or watched.placements.synced.is_set():
                serving.take(key, placement, watched.sealed(key))
            if number % _BATCH == 0:
                await asyncio.sleep(0)
        after = serving.settle()
        if (after.tenants, after.app) != (before.tenants, before.app):
            self._serve(TenantIndex(after.tenants.values(), app=after.app))
        self._tell(before, after)
        if watched.synced():
            self._unsaved = True
            self._known.set()

    def _tell(self, before: Served, after: Served) -> None:
        TENANTS.set(len(after.tenants))
        ERRORS.set(len(after.faults))
        for key, reason in after.faults.items():
            if before.faults.get(key) != reason:
                log.error("placement_refused", tenant=key or None, reason=reason)
        old, new = before.tenants, after.tenants
        added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
        changed = sorted(key for key in old.keys() & new.keys() if old[key] != new[key])
        if added or removed or changed:
            log.info(
                "tenants_loaded",
                count=len(new),
                added=added[:_NAMED],
                removed=removed[:_NAMED],
                changed=changed[:_NAMED],
            )


@asynccontextmanager
async def cluster_directory(
    settings: TenantSettings, *, region: str
) -> AsyncGenerator[ClusterDirectory, None]:
    """Yield the directory of `region`, kept up to date while the block runs.

    It need not know anything yet: `known` waits for that. Raises InvalidSettings or
    KubeconfigRefused.
    """
    async with Api(await load_access(), agent="acuse-directory") as api:
        watched = Watched.of(api, settings)
        kept = LastGood(settings.tenants_cache, region=region, namespace=settings.tenants_namespace)
        directory = ClusterDirectory(watched, kept, region=region)
        await asyncio.to_thread(directory.load)
        async with _running(
            directory.keep(),
            directory.save(),
            watched.wait_synced(),
            *(informer.run() for informer in watched.informers),
        ):
            yield directory


@asynccontextmanager
async def _running(*work: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    tasks = [asyncio.create_task(one, name="tenants") for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
