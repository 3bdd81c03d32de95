"""The lowest epoch that the region takes anything of, kept in the cluster so that it lasts.

A hub that was restored from an older copy, or that another has taken over from, does not know how
old it is. The region does: no epoch goes below the highest that it has seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog

from acuse.errors import AcuseError, ApiConflict, ApiRefused
from acuse.resources.names import REGION_MANAGER, labels
from acuse_cluster.client import Api
from acuse_cluster.kinds import CONFIGMAPS, Manifest
from acuse_operator.conditions import STALE, Condition
from acuse_operator.floor import EPOCH_KEY, floor_ref, read_floor

log = structlog.get_logger()

# Somebody else raises it as well; whoever does so more often than this is not us.
_TRIES: Final = 5


class Epochs:
    """Knows the floor, raises it for what is seen, and says which placements are below it."""

    def __init__(self, api: Api, *, namespace: str) -> None:
        self._api = api
        self._ref = floor_ref(namespace)
        self._floor = 0
        # What the ConfigMap said last; below the floor while it could not be written.
        self._kept = -1
        self._seen: dict[str, int] = {}
        self._turn = asyncio.Lock()

    @property
    def floor(self) -> int:
        """Return the highest epoch seen so far, by this operator or by one before it."""
        return self._floor

    async def look(self) -> None:
        """Read the floor, and raise or make what is kept of it. Raises ApiUnavailable."""
        async with self._turn:
            await self._keep()

    async def judge(self, obj: Manifest) -> Condition | None:
        """Take up a placement's epoch; return why the placement is not carried out.

        One below the floor that was carried out before, and has not changed since, is as good as
        it was: a hub that takes over does not write everything anew.
        """
        key, spec = obj["metadata"]["name"], obj["spec"]
        epoch, seen = int(spec.get("epoch", 0)), self._seen.get(key, 0)
        if epoch < seen:
            text = f"The placement is of the hub's epoch {epoch}; epoch {seen} was seen before."
            return Condition("Ready", "False", STALE, text)
        if epoch < self._floor and not _is_carried_out(obj):
            text = (
                f"The placement is of the hub's epoch {epoch}; the region has seen epoch"
                f" {self._floor}, and takes nothing of an older hub."
            )
            return Condition("Ready", "False", STALE, text)
        self._seen[key] = epoch
        if epoch > self._floor:
            await self._raise(epoch)
        return None

    def forget(self, key: str) -> None:
        """Forget a placement that is gone; the floor stays."""
        self._seen.pop(key, None)

    async def _raise(self, epoch: int) -> None:
        self._floor = epoch
        async with self._turn:
            if self._kept >= self._floor:
                return
            try:
                await self._keep()
            except AcuseError as exc:
                # It holds in memory, and the next look at the Region writes it.
                log.warning("epoch_not_kept", epoch=self._floor, code=exc.code)

    async def _keep(self) -> None:
        try:
            for _ in range(_TRIES):
                try:
                    await self._bring()
                except ApiConflict:
                    continue
                return
        except ApiRefused as exc:
            log.warning("epoch_not_kept", epoch=self._floor, code=exc.code, reason=exc.reason)

    async def _bring(self) -> None:
        """Read what is kept and write what is more; raise ApiConflict when it changed meanwhile."""
        live = await self._api.get(self._ref)
        kept = read_floor(live).epoch
        self._floor = max(self._floor, kept)
        if live is None or kept < self._floor:
            await self._write(live)
        self._kept = self._floor

    async def _write(self, live: Manifest | None) -> None:
        metadata: dict[str, Any] = {"name": self._ref.name, "namespace": self._ref.namespace}
        if live is not None:
            # Over what was read, and nothing else: it must never go down.
            metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
        else:
            metadata["labels"] = labels("region")
        manifest = {
            "apiVersion": CONFIGMAPS.api_version,
            "kind": CONFIGMAPS.kind,
            "metadata": metadata,
            "data": {EPOCH_KEY: str(self._floor)},
        }
        if live is None:
            await self._api.create(manifest)
        else:
            await self._api.apply(manifest, manager=REGION_MANAGER)
        log.info("epoch_kept", epoch=self._floor)


def _is_carried_out(obj: Manifest) -> bool:
    """Tell whether the region has carried out just what the placement says now."""
    status: Mapping[str, Any] = obj.get("status") or {}
    return bool(obj["spec"].get("hash")) and status.get("observedHash") == obj["spec"]["hash"]
