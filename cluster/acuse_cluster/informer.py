"""One kind of object, kept in memory as the API server says: a list, then a watch, for ever.

Nothing the server does ends it. A version that is too old, a silent connection (a dead peer, or a
server whose history was rewound) and a refusal lead to a new list; what vanished meanwhile is told
as deleted. While the server is absent the last answer stands.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from typing import Final, Literal, TypeAlias

import structlog

from acuse.errors import AcuseError, ApiExpired, ApiRefused, ApiUnavailable, Unavailable
from acuse_cluster.backoff import Backoff
from acuse_cluster.client import Api, Selection
from acuse_cluster.kinds import Kind, Manifest

log = structlog.get_logger()

Change: TypeAlias = Literal["ADDED", "MODIFIED", "DELETED"]
# What happened, the object as it is (when deleted: as it last was), and as it was before.
OnChange: TypeAlias = Callable[[Change, Manifest, Manifest | None], None]
Key: TypeAlias = tuple[str, str]

# The server sends a bookmark every minute: this long without a byte means nobody is there.
SILENCE: Final = 70.0
_SECONDS: Final = (240, 300)
# A watch that lasted this long did its work, whatever ended it.
_WORKED: Final = 1.0
_TOO_MANY: Final = 429


def key_of(manifest: Manifest) -> Key:
    """Return (namespace, name); the namespace is empty where there is none."""
    metadata = manifest["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


class Informer:
    """A copy of a cluster's objects of one kind, and word of each change."""

    def __init__(
        self,
        api: Api,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
        on_change: OnChange | None = None,
    ) -> None:
        # Whether to keep of each object no more than which one it is. For whoever keeps what it is
        # told itself: what was before, and what vanished, is told by name, uid and version only.
        self.is_thin = False
        self.cache: dict[Key, Manifest] = {}
        self.synced = asyncio.Event()
        self.silence = SILENCE
        self._api = api
        self._chosen = Selection(kind, namespace, labels, fields)
        self.on_change = on_change
        self._backoff = Backoff()
        self._version: str | None = None
        self._heard = time.monotonic()
        self._failing: str | None = None

    def age(self) -> float:
        """Return the seconds since the server last said anything: an object, a bookmark, a list."""
        return time.monotonic() - self._heard

    @property
    def failing(self) -> str | None:
        """Return the code of what keeps the copy from being current; None when all is well."""
        return self._failing

    async def run(self) -> None:
        """Keep the copy until cancelled."""
        while True:
            try:
                if self._version is None:
                    self._version = await self._list()
                await self._follow(self._version)
            except (Unavailable, ApiRefused) as exc:
                await self._wait(exc)

    async def _list(self) -> str:
        chosen = self._chosen
        listed = await self._api.list(
            chosen.kind, namespace=chosen.namespace, labels=chosen.labels, fields=chosen.fields
        )
        self._take_all(listed.items)
        self._listen()
        self.synced.set()
        return listed.resource_version

    async def _follow(self, version: str) -> None:
        started = time.monotonic()
        seconds = random.randint(*_SECONDS)  # noqa: S311 - spreads reconnections, nothing secret
        try:
            async with self._api.stream(
                self._chosen, version=version, silence=self.silence, seconds=seconds
            ) as objects:
                async for told in objects:
                    self._hear(told)
        finally:
            lasted = time.monotonic() - started
            if lasted > _WORKED:
                self._backoff.reset()
        if lasted <= _WORKED:
            raise ApiUnavailable(f"watch of {self._chosen}: it ended at once")

    def _hear(self, told: Manifest) -> None:
        kind, manifest = told["type"], told["object"]
        self._listen()
        self._backoff.reset()
        if kind == "DELETED":
            self._drop(manifest)
        elif kind in {"ADDED", "MODIFIED"}:
            self._take(manifest)
        self._version = manifest["metadata"]["resourceVersion"]

    def _listen(self) -> None:
        self._heard = time.monotonic()
        if self._failing is not None:
            log.info("cluster_watch_resumed", kind=self._chosen.kind.plural)
        self._failing = None

    async def _wait(self, exc: AcuseError) -> None:
        """Decide whether to list anew, log the first of a row of failures, and wait."""
        if isinstance(exc, (ApiExpired, ApiRefused)):
            self._version = None
        status = getattr(exc, "status", None)
        if self._failing != exc.code:
            log.warning(
                "cluster_watch_failed",
                kind=self._chosen.kind.plural,
                code=exc.code,
                http_status=status,
            )
        self._failing = exc.code
        told = exc.retry_after if isinstance(exc, ApiUnavailable) and status == _TOO_MANY else 0.0
        await asyncio.sleep(self._backoff.next(at_least=told))

    def _take_all(self, manifests: Iterable[Manifest]) -> None:
        found = {key_of(manifest): manifest for manifest in manifests}
        for key in self.cache.keys() - found.keys():
            self._tell("DELETED", self.cache[key], self.cache.pop(key))
        for manifest in found.values():
            self._take(manifest)

    def _take(self, manifest: Manifest) -> None:
        key = key_of(manifest)
        before = self.cache.get(key)
        if before is not None and _field(before, "uid") != _field(manifest, "uid"):
            # Deleted and made anew while nobody looked.
            self._tell("DELETED", self.cache.pop(key), before)
            before = None
        if before is not None and _field(before, "resourceVersion") == _field(
            manifest, "resourceVersion"
        ):
            return
        self.cache[key] = _thin(manifest) if self.is_thin else manifest
        self._tell("ADDED" if before is None else "MODIFIED", manifest, before)

    def _drop(self, manifest: Manifest) -> None:
        before = self.cache.pop(key_of(manifest), None)
        if before is not None:
            self._tell("DELETED", manifest, before)

    def _tell(self, change: Change, manifest: Manifest, before: Manifest | None) -> None:
        if self.on_change is None:
            return
        try:
            self.on_change(change, manifest, before)
        except Exception:
            # One object's fault must not end the watch of all others.
            log.exception("cluster_change_failed", kind=self._chosen.kind.plural)


def _thin(manifest: Manifest) -> Manifest:
    fields = ("namespace", "name", "uid", "resourceVersion")
    return {"metadata": {field: manifest["metadata"].get(field) for field in fields}}


def _field(manifest: Manifest, name: str) -> str | None:
    value: str | None = manifest["metadata"].get(name)
    return value
