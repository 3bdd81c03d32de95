"""Kubernetes Events: the story of an object, as `kubectl describe` tells it."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

import structlog

from acuse.errors import AcuseError
from acuse_operator import metrics

log = structlog.get_logger()

EventType = Literal["Normal", "Warning"]

# The API server refuses longer notes.
_LONGEST_NOTE: Final = 1024
_REMEMBERED: Final = 4096
_PENDING: Final = 1000
_DRAIN_SECONDS: Final = 2.0
# The same words about the same thing within this time are one story.
_REPEATED_WITHIN: Final = 60.0


class Poster(Protocol):
    """The API as far as events need it."""

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Create an object."""
        ...


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event says."""

    type: EventType
    reason: str
    message: str


def event_manifest(
    obj: Mapping[str, Any], happening: Happening, *, controller: str, now: datetime
) -> dict[str, Any]:
    """Return the Event about an object; in its namespace, or `default` where it has none."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace")
    regarding = {
        "apiVersion": obj.get("apiVersion", "acuse.dev/v1alpha1"),
        "kind": obj["kind"],
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
    }
    if namespace:
        regarding["namespace"] = namespace
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name'][:200]}.{uuid.uuid4().hex[:16]}",
            "namespace": namespace or "default",
        },
        "eventTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": controller,
        "reportingInstance": socket.gethostname()[:128],
        "action": "Reconcile",
        "type": happening.type,
        "reason": happening.reason,
        "note": happening.message[:_LONGEST_NOTE],
        "regarding": regarding,
    }


class Events:
    """Posts events behind the reconciler's back: one that cannot be posted delays nothing."""

    def __init__(
        self, api: Poster, *, controller: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._clock = clock
        self._controller = controller
        self._pending: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_PENDING)
        self._said: OrderedDict[tuple[str, str], tuple[Happening, float]] = OrderedDict()

    def emit(
        self,
        obj: Mapping[str, Any],
        *,
        type: EventType,  # noqa: A002 - the API's own name
        reason: str,
        message: str,
        topic: str = "",
    ) -> None:
        """Say something about an object, unless it was just said, and last said, of this topic.

        The topic is the reason where none is given.
        """
        happening = Happening(type, reason, message)
        uid = str(obj["metadata"].get("uid") or obj["metadata"]["name"])
        if self._is_repeated((uid, topic or reason), happening):
            metrics.EVENTS.labels("repeated").inc()
            return
        manifest = event_manifest(
            obj, happening, controller=self._controller, now=datetime.now(UTC)
        )
        try:
            self._pending.put_nowait(manifest)
        except asyncio.QueueFull:
            metrics.EVENTS.labels("dropped").inc()

    def _is_repeated(self, about: tuple[str, str], happening: Happening) -> bool:
        now = self._clock()
        said, at = self._said.get(about, (None, 0.0))
        self._said[about] = (happening, now)
        self._said.move_to_end(about)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return said == happening and now - at < _REPEATED_WITHIN

    @asynccontextmanager
    async def posting(self) -> AsyncGenerator[None, None]:
        """Post while the block runs; on leaving, give what waits a moment to go out."""
        task = asyncio.create_task(self._post(), name="events")
        try:
            yield
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    await self._pending.join()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _post(self) -> None:
        while True:
            manifest = await self._pending.get()
            try:
                await self._api.create(manifest)
                metrics.EVENTS.labels("posted").inc()
            except AcuseError as exc:
                # Its namespace may be going away; an event is worth no second try.
                metrics.EVENTS.labels("refused").inc()
                log.info("event_not_posted", code=exc.code, reason=manifest["reason"])
            finally:
                self._pending.task_done()
