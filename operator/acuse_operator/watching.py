"""Runs Kopf beside the program, in a thread with an event loop of its own.

Kopf takes a loop for its own: when it ends it cancels every task that began after it, and in the
main thread it takes the process's signals. In its own thread neither is ours.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import kopf

from acuse_cluster.kinds import Kind, Manifest
from acuse_operator.handlers import Told, expect, kopf_settings, registry_of
from acuse_operator.probe import Ages

_STOP_SECONDS: Final = 5.0
_GOODBYE_SECONDS: Final = 0.25


class KopfThread:
    """One Kopf operator; `ended` is done once it runs no more, with its exception if it has one."""

    def __init__(
        self, told: Mapping[Kind, Told], *, namespaces: Collection[str], ages: Ages
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._told = {kind: self._across(tell) for kind, tell in told.items()}
        self._namespaces = namespaces
        self._ages = ages
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)

    def _across(self, tell: Told) -> Told:
        """Return a teller that is called in our own thread."""

        def tell_there(change: str, obj: Manifest) -> None:
            """Hand over to the loop of the program."""
            # The loop may have gone while this thread took its time to end.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(tell, change, obj)

        return tell_there

    def start(self) -> None:
        """Begin to watch."""
        # Kopf warns that it takes no signals in a thread, and tells of each retry as an error.
        logging.getLogger("kopf").setLevel(logging.CRITICAL)
        expect(self._ages, self._told)
        self._thread.start()

    async def stop(self) -> None:
        """End the watch; a thread that does not end in time is left behind."""
        if self._stop is not None:
            loop, event = self._stop
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
        await asyncio.to_thread(self._thread.join, _STOP_SECONDS)

    def _run(self) -> None:
        failure: BaseException | None = None
        try:
            asyncio.run(self._watch())
        except BaseException as exc:  # noqa: BLE001 - whatever ended Kopf is the program's to know
            failure = exc
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end, failure)

    def _end(self, failure: BaseException | None) -> None:
        if self.ended.done():
            return
        if failure is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(failure)

    async def _watch(self) -> None:
        stop = asyncio.Event()
        self._stop = (asyncio.get_running_loop(), stop)
        try:
            await kopf.operator(
                registry=registry_of(self._told, ages=self._ages),
                settings=kopf_settings(),
                standalone=True,
                clusterwide=not self._namespaces,
                namespaces=list(self._namespaces),
                stop_flag=stop,
            )
        finally:
            # A TLS connection says goodbye after it was closed; a loop that ends first leaks it.
            await asyncio.sleep(_GOODBYE_SECONDS)


@asynccontextmanager
async def kopf_watching(
    told: Mapping[Kind, Told], *, namespaces: Collection[str] = (), ages: Ages
) -> AsyncGenerator[KopfThread, None]:
    """Have Kopf tell of these kinds, in some namespaces or in all, while the block runs."""
    thread = KopfThread(told, namespaces=namespaces, ages=ages)
    thread.start()
    try:
        yield thread
    finally:
        await thread.stop()
        # Looked at, so that a failure nobody asked about is not reported as forgotten.
        if thread.ended.done() and not thread.ended.cancelled():
            thread.ended.exception()
