"""The calls that bring a region to what is wanted of one tenant, and take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from acuse.errors import ApiRefused
from acuse.resources.names import HUB_MANAGER, LEAVING, sealed_name
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, SECRETS, Manifest, Ref, ref_of
from acuse_operator.hub.compiling import Compiled
from acuse_operator.hub.differences import differs, excess
from acuse_operator.store import Store

_NOT_FOUND: Final = 404


class Hand:
    """Writes to one region what differs from what it has, and keeps what it was answered."""

    def __init__(self, namespace: str, *, placements: Store, sealed: Store) -> None:
        self._namespace = namespace
        self._placements = placements
        self._sealed = sealed

    async def carry_out(
        self, api: Api, key: str, wish: Compiled | None, *, mark: str | None = None
    ) -> bool:
        """Bring a tenant to the wish, None for away; True once that is done.

        `mark` says why it is away. Raises ApiUnavailable, ApiConflict or ApiRefused.
        """
        if wish is None:
            if mark is not None:
                await self._mark(api, key, mark)
            return await self._take_away(api, key)
        # The credentials come first: a placement never names any that are not there.
        await self._write(api, wish.sealed, self._sealed)
        await self._write(api, wish.placement, self._placements)
        return True

    async def _write(self, api: Api, manifest: Manifest, store: Store) -> None:
        live = store.get(self._namespace, manifest["metadata"]["name"])
        if live is not None and not differs(manifest, live):
            return
        written = await api.apply(manifest, manager=HUB_MANAGER)
        if differs(manifest, written):
            # Server-side apply leaves what somebody else added beside ours.
            surplus = excess(manifest, written)
            written = await api.merge_patch(ref_of(manifest), surplus)
        # The watch tells of it later; until then this is what we know.
        store.put(written)

    async def _mark(self, api: Api, key: str, mark: str) -> None:
        """Say on the placement, before it is asked to go, why it is.

        One that is going already is told as well: the hub before this one may have asked, and a
        region believes none that is older than the latest it has seen.
        """
        seen = self._placements.get(self._namespace, key)
        if seen is None:
            return
        annotations: Mapping[str, str] = seen["metadata"].get("annotations") or {}
        if annotations.get(LEAVING) != mark:
            patch = {"metadata": {"uid": seen["metadata"]["uid"], "annotations": {LEAVING: mark}}}
            try:
                marked = await api.merge_patch(Ref(PLACEMENTS, key, self._namespace), patch)
            except ApiRefused as exc:
                if exc.status != _NOT_FOUND:
                    raise
                # Gone already, and so nobody asks why.
                return
            self._placements.put(marked)

    async def _take_away(self, api: Api, key: str) -> bool:
        """Ask for everything of the tenant to go; True once it has.

        The credentials go last: the region may still finish what it took on.
        """
        if not await self._is_gone(api, Ref(PLACEMENTS, key, self._namespace), self._placements):
            return False
        ref = Ref(SECRETS, sealed_name(key), self._namespace)
        return await self._is_gone(api, ref, self._sealed)

    async def _is_gone(self, api: Api, ref: Ref, store: Store) -> bool:
        seen = store.get(self._namespace, ref.name)
        if seen is not None and seen["metadata"].get("deletionTimestamp"):
            # It is on its way: ask the server only now and then whether the watch missed its end.
            seen = await api.get(ref)
        elif await api.delete(ref):
            seen = await api.get(ref)
        else:
            seen = None
        if seen is None:
            store.drop(self._namespace, ref.name)
            return True
        store.put(seen)
        return False
