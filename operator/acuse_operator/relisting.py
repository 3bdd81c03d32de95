"""Lists what Kopf watches: once before anything is decided, and now and then after.

A watch that starts anew after its version was too old tells of what there is, and not of what went
meanwhile; Kopf passes that on as it is. A list says it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import structlog

from acuse.errors import AcuseError, ApiUnavailable
from acuse_cluster.client import Api
from acuse_cluster.kinds import Kind, Manifest
from acuse_operator.handlers import GONE, VANISHED, Told

log = structlog.get_logger()

# A watch's events are older than a list by seconds at most; what is this old is settled.
_EVERY: Final = 600.0
# Seconds between two looks at whether our kinds are served, and how many in a row have to say no:
# an API server that starts does not know them yet.
_SERVED_EVERY: Final = 5.0
_SERVED_LOOKS: Final = 3

Key: TypeAlias = tuple[str, str]


class Listing:
    """One kind: who is told of its objects, and which of them were there."""

    def __init__(self, kind: Kind, tell: Told, *, namespace: str | None) -> None:
        self.kind = kind
        self.namespace = namespace
        self._tell = tell
        self._known: dict[Key, Manifest] = {}

    def heard(self, change: str, obj: Manifest) -> None:
        """Pass on what the watch tells, and remember it."""
        key = _key(obj)
        known = self._known.get(key)
        if change not in GONE:
            self._known[key] = _mark(obj)
        elif known is not None and known["metadata"]["uid"] == obj["metadata"]["uid"]:
            del self._known[key]
        self._tell(change, obj)

    def listed(self, items: list[Manifest], version: str) -> None:
        """Pass on what a list holds, and what it holds no more."""
        there = {_key(item) for item in items}
        for item in items:
            self.heard("LISTED", item)
        for key, obj in tuple(self._known.items()):
            if key not in there and int(obj["metadata"]["resourceVersion"]) < int(version):
                log.warning("deletion_missed", kind=self.kind.plural)
                self.heard(VANISHED, obj)


def _mark(obj: Manifest) -> Manifest:
    """Return as much of an object as it takes to tell of its end."""
    kept = ("namespace", "name", "uid", "resourceVersion")
    metadata = {name: obj["metadata"].get(name) for name in kept}
    return {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": metadata}


def _key(obj: Manifest) -> Key:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


class Relisting:
    """Lists all kinds that the roles are told of."""

    def __init__(
        self, api: Api, told: Mapping[Kind, Told], *, namespaces: Mapping[Kind, str]
    ) -> None:
        self._api = api
        self._listings = [
            Listing(kind, tell, namespace=namespaces.get(kind)) for kind, tell in told.items()
        ]

    @property
    def told(self) -> dict[Kind, Told]:
        """Return whom the watches are to tell."""
        return {listing.kind: listing.heard for listing in self._listings}

    async def once(self) -> None:
        """List every kind and tell of all there is."""
        for listing in self._listings:
            listed = await self._api.list(listing.kind, namespace=listing.namespace)
            listing.listed(listed.items, listed.resource_version)

    async def run(self, *, after: Callable[[], None]) -> None:
        """List every kind now and then until cancelled; call `after` each time."""
        while True:
            after()
            # Not two operators at the same moment, and no secret in it.
            await asyncio.sleep(_EVERY * (0.75 + random.random() / 2))  # noqa: S311 - as above
            try:
                await self.once()
            except AcuseError as exc:
                log.warning("relisting_failed", code=exc.code)

    async def until_lost(self) -> None:
        """Look whether all kinds are served until cancelled; raise ApiUnavailable when one is not.

        The watch of a kind that was deleted may stay open for long, and tells of nothing more.
        """
        misses = 0
        while True:
            await asyncio.sleep(_SERVED_EVERY)
            try:
                lost = await self._lost()
            except AcuseError:
                lost = []
            misses = misses + 1 if lost else 0
            if misses >= _SERVED_LOOKS:
                raise ApiUnavailable(f"the cluster serves {', '.join(lost)} no more")

    async def _lost(self) -> list[str]:
        """Return the plurals of the kinds that the cluster does not serve."""
        kinds = [listing.kind for listing in self._listings]
        # All are of one group, so one answer says it.
        return [
            kind.plural
            for kind in kinds
            if not await self._api.has_kind(kind, believed=_SERVED_EVERY / 2)
        ]
