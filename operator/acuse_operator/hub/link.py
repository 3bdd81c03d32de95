"""The seam between the roles: how the hub hands a placement over and hears what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from acuse.resources.names import GROUP, HUB_MANAGER, sealed_name
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, SECRETS, Manifest, Ref, ref_of
from acuse_operator.hub.compiling import Compiled
from acuse_operator.store import Store

_OURS: Final = f"{GROUP}/"


@dataclass(frozen=True, slots=True)
class Observed:
    """What a region has of a tenant, as last seen."""

    placement: Manifest | None
    sealed: Manifest | None

    @property
    def is_gone(self) -> bool:
        """Tell whether nothing of the tenant is left."""
        return self.placement is None and self.sealed is None


class RegionLink(Protocol):
    """One region as the hub reaches it. Calls raise ApiUnavailable or ApiRefused."""

    def observed(self, key: str) -> Observed:
        """Return what the region has of a tenant, from memory."""
        ...

    async def apply(self, key: str, compiled: Compiled) -> Observed:
        """Bring the region to what is wanted; write nothing that is there already."""
        ...

    async def delete(self, key: str) -> bool:
        """Ask for everything of the tenant to go; True once it has."""
        ...


class LocalLink:
    """The hub's own cluster as a region."""

    def __init__(self, api: Api, *, namespace: str, placements: Store, sealed: Store) -> None:
        self._api = api
        self._namespace = namespace
        self._placements = placements
        self._sealed = sealed

    def observed(self, key: str) -> Observed:
        """Return what the region has of a tenant, from memory."""
        return Observed(
            self._placements.get(self._namespace, key),
            self._sealed.get(self._namespace, sealed_name(key)),
        )

    async def apply(self, key: str, compiled: Compiled) -> Observed:
        """Bring the region to what is wanted; write nothing that is there already.

        The credentials come first: a placement never names any that are not there.
        """
        seen = self.observed(key)
        sealed, placement = seen.sealed, seen.placement
        if sealed is None or differs(compiled.sealed, sealed):
            sealed = await self._write(compiled.sealed, self._sealed)
        if placement is None or differs(compiled.placement, placement):
            placement = await self._write(compiled.placement, self._placements)
        return Observed(placement, sealed)

    async def _write(self, manifest: Manifest, store: Store) -> Manifest:
        written = await self._api.apply(manifest, manager=HUB_MANAGER)
        if differs(manifest, written):
            # Server-side apply leaves what somebody else added beside ours.
            surplus = excess(manifest, written)
            written = await self._api.merge_patch(ref_of(manifest), surplus)
        # The watch tells of it later; until then this is what we know.
        store.put(written)
        return written

    async def delete(self, key: str) -> bool:
        """Ask for everything of the tenant to go; True once it has.

        The credentials go last: the region may still finish what it took on.
        """
        if not await self._is_gone(Ref(PLACEMENTS, key, self._namespace), self._placements):
            return False
        return await self._is_gone(Ref(SECRETS, sealed_name(key), self._namespace), self._sealed)

    async def _is_gone(self, ref: Ref, store: Store) -> bool:
        seen = store.get(self._namespace, ref.name)
        if seen is not None and seen["metadata"].get("deletionTimestamp"):
            # It is on its way: ask the server only now and then whether the watch missed its end.
            seen = await self._api.get(ref)
        elif await self._api.delete(ref):
            seen = await self._api.get(ref)
        else:
            seen = None
        if seen is None:
            store.drop(self._namespace, ref.name)
            return True
        store.put(seen)
        return False


def differs(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Tell whether a live object says anything else than what is wanted of it."""
    parts = ("spec", "data", "type")
    if any(wanted.get(part) != live.get(part) for part in parts):
        return True
    ours, theirs = wanted["metadata"], live["metadata"]
    for part in ("labels", "annotations"):
        has: Mapping[str, str] = theirs.get(part) or {}
        said: Mapping[str, str] = ours.get(part) or {}
        if any(has.get(key) != value for key, value in said.items()):
            return True
        # One of our own that is wanted no more has to go; others' are others' business.
        if any(key.startswith(_OURS) and key not in said for key in has):
            return True
    return False


def excess(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that takes from a live object what is not wanted in it."""
    patch: dict[str, Any] = {}
    for part in ("spec", "data"):
        if part in wanted:
            patch[part] = _surplus(wanted[part], live.get(part) or {})
    metadata: dict[str, Any] = {}
    for part in ("labels", "annotations"):
        has: Mapping[str, str] = live["metadata"].get(part) or {}
        said: Mapping[str, str] = wanted["metadata"].get(part) or {}
        gone = {key: None for key in has if key.startswith(_OURS) and key not in said}
        metadata |= {part: gone} if gone else {}
    return {**patch, "metadata": metadata} if metadata else patch


def _surplus(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, value in live.items():
        if key not in wanted:
            patch[key] = None
        elif isinstance(value, dict) and isinstance(wanted[key], dict):
            patch[key] = _surplus(wanted[key], cast("dict[str, Any]", value))
        elif value != wanted[key]:
            patch[key] = wanted[key]
    return patch
