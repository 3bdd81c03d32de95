"""The connection to a region in another cluster: its watches, its heartbeat, its queue at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from acuse.errors import AcuseError, ApiConflict, ApiRefused, ApiUnavailable
from acuse.resources.names import COMPONENT, HEARTBEAT
from acuse_cluster.access import access_from_bytes
from acuse_cluster.client import Api
from acuse_cluster.informer import Informer
from acuse_cluster.kinds import LEASES, PLACEMENTS, REGIONS, SECRETS, Manifest, Ref
from acuse_operator.floor import Mandate, floor_data, floor_ref, read_floor
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.reach import Standing

log = structlog.get_logger()

# A region that takes five seconds for an answer is slow, not dead; its first one is two of TLS's.
_DEADLINE: Final = 20.0
# Seconds between two looks at a region that is well, and at one that is not.
_LOOK: Final = 10.0
_LOOK_SOON: Final = 3.0
_TELL: Final = 1.0
_UNAUTHORIZED: Final = 401
# Another hub raises the floor as well; whoever does so more often than this is not one.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a region found: how it stands, and its own Region object if it has one."""

    standing: Standing
    region: Manifest | None


class RemoteRegion:
    """Keeps one link connected by one kubeconfig, until cancelled."""

    def __init__(
        self,
        link: RegionLink,
        *,
        namespace: str,
        mandate: Mandate,
        looked: Callable[[Look], None],
        unauthorized: Callable[[], None],
    ) -> None:
        self._link = link
        self._namespace = namespace
        self._mandate = mandate
        self._looked = looked
        self._unauthorized = unauthorized
        self._asked = False
        self._region: Manifest | None = None

    async def run(self, kubeconfig: bytes) -> None:
        """Watch and work until cancelled. Raises KubeconfigRefused."""
        access = await access_from_bytes(kubeconfig)
        async with Api(access, deadline=_DEADLINE, agent="acuse-hub", has_managers=False) as api:
            placements = Informer(
                api,
                PLACEMENTS,
                namespace=self._namespace,
                on_change=_told(self._link.placement_seen),
            )
            sealed = Informer(
                api,
                SECRETS,
                namespace=self._namespace,
                labels=f"{COMPONENT}=sealed",
                on_change=_told(self._link.sealed_seen),
            )
            placements.is_thin = sealed.is_thin = True
            self._link.connect(api)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(placements.run())
                    tasks.create_task(sealed.run())
                    tasks.create_task(self._know(placements, sealed))
                    tasks.create_task(self._look(api))
                    tasks.create_task(self._tell())
                    tasks.create_task(self._probe(api))
                    tasks.create_task(self._link.queue.run())
            finally:
                self._link.disconnect()

    async def _know(self, placements: Informer, sealed: Informer) -> None:
        await sealed.synced.wait()
        await placements.synced.wait()
        self._link.knows((name for _, name in placements.cache), (name for _, name in sealed.cache))

    async def _look(self, api: Api) -> None:
        """Look again and again at the region's heartbeat and at its own Region object."""
        while True:
            is_well = await self._ask(api) and self._standing().is_good
            self._asked = True
            await asyncio.sleep(_LOOK if is_well else _LOOK_SOON)

    async def _tell(self) -> None:
        """Say how the region stands, whatever becomes of a call that nobody answers."""
        while True:
            standing = self._standing()
            if self._asked or standing.condition.reason != "Connecting":
                self._looked(Look(standing, self._region))
            await asyncio.sleep(_TELL)

    def _standing(self) -> Standing:
        reach = self._link.reach
        assert reach is not None  # noqa: S101 - a region elsewhere always has one
        return reach.standing()

    async def _ask(self, api: Api) -> bool:
        try:
            lease = await api.get(Ref(LEASES, HEARTBEAT, self._namespace))
            self._beat(lease)
            self._region = await api.get(Ref(REGIONS, self._link.name))
            await self._raise_floor(api)
        except ApiUnavailable as exc:
            if exc.status == _UNAUTHORIZED:
                self._link.refused(exc)
                self._unauthorized()
            else:
                self._link.failed(str(exc))
        except ApiRefused as exc:
            self._link.refused(exc)
        except AcuseError as exc:
            log.warning("region_look_failed", region=self._link.name, code=exc.code)
        else:
            self._link.answered()
            return True
        return False

    def _beat(self, lease: Mapping[str, Any] | None) -> None:
        reach = self._link.reach
        if reach is not None:
            spec: Mapping[str, Any] = (lease or {}).get("spec") or {}
            reach.beat(spec.get("renewTime"))

    async def _raise_floor(self, api: Api) -> None:
        """Have the region refuse every hub before this one: no tenant is written for it.

        Hear which it has seen, each time: one after this one may have come. Raises ApiConflict
        where others keep changing it.
        """
        for attempt in range(_TRIES):
            live = await api.get(floor_ref(self._namespace))
            seen = read_floor(live)
            try:
                if live is not None and self._mandate.is_to_raise(seen):
                    await self._write_floor(api, live)
            except ApiConflict:
                # Another hub raised it just now, perhaps above this one.
                if attempt == _TRIES - 1:
                    raise
                continue
            self._link.floor_seen(seen)
            return

    async def _write_floor(self, api: Api, live: Manifest) -> None:
        # Only over what was read: it must never go down.
        metadata = {"resourceVersion": live["metadata"]["resourceVersion"]}
        patch = {"metadata": metadata, "data": floor_data(self._mandate)}
        await api.merge_patch(floor_ref(self._namespace), patch)

    async def _probe(self, api: Api) -> None:
        """Ask a region that stopped answering whether it does again, apart from the looks."""
        while True:
            wait = self._link.breaker.until_probe()
            if wait is None:
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(wait)
            if self._link.breaker.until_probe():
                continue
            await self._ask(api)


def _told(seen: Callable[[str, Manifest], None]) -> Callable[..., None]:
    def change(what: str, obj: Manifest, _before: Manifest | None) -> None:
        """Hand on what the watch told."""
        seen(what, obj)

    return change
