"""When something was first seen to be so, by a watch like any controller's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, TypeVar

from acuse_cluster.client import Api
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import Kind, Manifest
from bench.result import InvalidMeasurement

Holds: TypeAlias = Callable[[Manifest], bool]
_T = TypeVar("_T")

# Nothing here takes so long on a machine that can be measured on.
PATIENCE = 180.0


class Watch:
    """The objects of one kind in one namespace; times are `time.perf_counter`'s."""

    def __init__(self, api: Api, kind: Kind, namespace: str) -> None:
        self._waiting: dict[str, list[tuple[Holds, asyncio.Future[float]]]] = {}
        self._informer = Informer(api, kind, namespace=namespace, on_change=self._seen)
        self._namespace = namespace

    def expect(self, name: str, holds: Holds) -> asyncio.Future[float]:
        """Return when a change of this object first makes it so; ask before you cause it."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, []).append((holds, future))
        return future

    def get(self, name: str) -> Manifest:
        """Return an object as last seen; raise InvalidMeasurement when there is none."""
        found = self._informer.cache.get((self._namespace, name))
        if found is None:
            raise InvalidMeasurement(f"there is no {name} in {self._namespace}")
        return found

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None, None]:
        """Watch while the block runs."""
        task = asyncio.create_task(self._informer.run())
        try:
            await within(self._informer.synced.wait(), what="the first list of a watch")
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _seen(self, change: Change, manifest: Manifest, before: Manifest | None) -> None:
        del before
        now = time.perf_counter()
        waiting = self._waiting.get(manifest["metadata"]["name"])
        if not waiting or change == "DELETED":
            return
        left: list[tuple[Holds, asyncio.Future[float]]] = []
        for holds, future in waiting:
            if future.done():
                continue
            if holds(manifest):
                future.set_result(now)
            else:
                left.append((holds, future))
        waiting[:] = left


@asynccontextmanager
async def watching(api: Api, kind: Kind, namespace: str) -> AsyncGenerator[Watch, None]:
    """Watch one kind in one namespace while the block runs."""
    watch = Watch(api, kind, namespace)
    async with watch.open():
        yield watch


async def within(awaited: Awaitable[_T], *, what: str, seconds: float = PATIENCE) -> _T:
    """Return what is awaited; raise InvalidMeasurement when it does not come."""
    try:
        async with asyncio.timeout(seconds):
            return await awaited
    except TimeoutError as exc:
        raise InvalidMeasurement(f"{what}: not within {seconds:.0f} s") from exc


def is_there(manifest: Manifest) -> bool:
    """Whether there is such an object: any that is seen."""
    del manifest
    return True


def is_ready(manifest: Manifest) -> bool:
    """Whether its condition Ready is True for what is asked of it now."""
    status: Manifest = manifest.get("status") or {}
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in status.get("conditions") or ()
    )
