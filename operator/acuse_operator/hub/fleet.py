"""The regions that the hub reaches: they come, change their credentials and go while it runs."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from acuse.errors import AcuseError, KubeconfigRefused
from acuse_cluster.backoff import Backoff
from acuse_cluster.client import Api
from acuse_cluster.kinds import SECRETS, Manifest, Ref
from acuse_operator import metrics
from acuse_operator.events import Events
from acuse_operator.floor import Mandate
from acuse_operator.hub.fleet_status import FleetStatus
from acuse_operator.hub.link import Listener, RegionLink
from acuse_operator.hub.reach import Reach
from acuse_operator.hub.remote import Look, RemoteRegion
from acuse_operator.queue import WorkQueue
from acuse_operator.settings import OperatorSettings
from acuse_operator.store import Store

log = structlog.get_logger()

_SOON: Final = 1.0


@dataclass(slots=True)
class _Connection:
    """What a region is reached by now."""

    digest: str
    task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class FleetMeans:
    """What a fleet is kept with: the hub's own cluster, and who hears of the others."""

    api: Api
    settings: OperatorSettings
    regions: Store
    events: Events
    listener: Listener
    mandate: Mandate


class Fleet:
    """The links to all regions by name; `queue` is to be run by the program."""

    def __init__(self, means: FleetMeans) -> None:
        self._means = means
        settings = means.settings
        self.links: dict[str, RegionLink] = {}
        self.local: RegionLink | None = None
        if settings.hub_local:
            self.local = self._link(settings.region)
            self.local.connect(means.api)
            self.links[settings.region] = self.local
        self.queue = WorkQueue("region", self)
        self._status = FleetStatus(means.api, means.events)
        self._connections: dict[str, _Connection] = {}
        self._looks: dict[str, Look] = {}
        self._has_looked_here = False

    def _link(self, name: str) -> RegionLink:
        means = self._means
        return RegionLink(
            name,
            namespace=means.settings.tenants_namespace,
            listener=means.listener,
            mandate=means.mandate,
            is_draining=partial(self._is_draining, name),
        )

    def _is_draining(self, name: str) -> bool:
        region = self._means.regions.get(None, name)
        return region is not None and bool(region["spec"].get("draining"))

    def knows(self, name: str) -> bool:
        """Tell whether what a region has is known."""
        link = self.links.get(name)
        return link is not None and link.is_known and link.obstacle() is None

    def region_changed(self, name: str) -> None:
        """Hear that a Region came, changed or went."""
        self.queue.add(name)

    async def reconcile(self, key: str) -> float | None:
        """Bring the connection to one region up to date; return when to look again."""
        region = self._means.regions.get(None, key)
        ref = None if region is None else _kubeconfig_of(region)
        link = self.links.get(key)
        if region is None or ref is None or (link is not None and link is self.local):
            await self._forget(key)
            return None if region is None or link is None else await self._count(region, link)
        if link is None:
            link = self.links[key] = self._link(key)
            link.reach = Reach()
        await self._connect(link, *ref)
        look, reach = self._looks.get(key), link.reach
        # A hub that has just begun says nothing of a region that it has not heard yet.
        if reach is not None and (look is not None or not reach.is_new or reach.is_refused):
            told = None if look is None else look.region
            await self._status.write(region, Look(reach.standing(), told), link)
        return self._means.settings.region_poll

    async def _count(self, region: Manifest, link: RegionLink) -> float:
        """Say now and then how many tenants the region here has; a start is no reason to."""
        if self._has_looked_here:
            await self._status.count(region, link)
        self._has_looked_here = True
        return self._means.settings.region_poll

    async def _connect(self, link: RegionLink, ref: Ref, field: str) -> None:
        """Connect by what the Secret says now, unless that is what we are connected by."""
        secret = await self._means.api.get(ref)
        known = self._connections.get(link.name)
        try:
            kubeconfig = _read(secret, ref, field)
        except KubeconfigRefused as exc:
            if known is None:
                link.refused(exc)
            # What it said last holds while it is missing: a region is not lost with its Secret.
            return
        digest = hashlib.sha256(kubeconfig).hexdigest()
        if known is not None and known.digest == digest and not known.task.done():
            return
        if known is not None:
            await _ended(known.task)
            log.info("region_reconnected", region=link.name)
        task = asyncio.create_task(self._keep(link, kubeconfig), name=f"region/{link.name}")
        self._connections[link.name] = _Connection(digest, task)

    async def _keep(self, link: RegionLink, kubeconfig: bytes) -> None:
        """Keep a connection for as long as the kubeconfig is the same."""
        backoff = Backoff(first=1.0, longest=30.0)
        while True:
            remote = RemoteRegion(
                link,
                namespace=self._means.settings.tenants_namespace,
                mandate=self._means.mandate,
                looked=partial(self._looked, link.name),
                unauthorized=partial(self.queue.add, link.name, after=_SOON),
            )
            try:
                await remote.run(kubeconfig)
            except KubeconfigRefused as exc:
                link.refused(exc)
                self._means.listener.region_heard(link.name)
                self.queue.add(link.name)
                return
            except Exception:
                # One region's fault is no other's; asked again, later each time.
                log.exception("region_connection_failed", region=link.name)
            await asyncio.sleep(backoff.next())

    def _looked(self, name: str, look: Look) -> None:
        before = self._looks.get(name)
        self._looks[name] = look
        if before is None or before.standing.condition != look.standing.condition:
            self._means.listener.region_heard(name)
        if before is None or before != look:
            self.queue.add(name)

    async def _forget(self, name: str) -> None:
        """Drop all that is known of a region; nothing in it is touched."""
        connection = self._connections.pop(name, None)
        if connection is not None:
            await _ended(connection.task)
            log.info("region_disconnected", region=name)
        self._looks.pop(name, None)
        link = self.links.get(name)
        if link is not None and link is not self.local:
            del self.links[name]
            with suppress(KeyError):
                metrics.REGION_UP.remove(name)
            self._means.listener.region_heard(name)

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections.values():
            connection.task.cancel()
        for connection in self._connections.values():
            await _ended(connection.task)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, AcuseError):
        await task


def _kubeconfig_of(region: Manifest) -> tuple[Ref, str] | None:
    """Return the Secret, and the key in it, that says how a region is reached; None for here."""
    access: Mapping[str, Any] = region["spec"].get("access") or {}
    if access.get("type") != "Kubeconfig":
        return None
    named: Mapping[str, str] = access["kubeconfigSecretRef"]
    return Ref(SECRETS, named["name"], named["namespace"]), named.get("key", "kubeconfig")


def _read(secret: Manifest | None, ref: Ref, field: str) -> bytes:
    if secret is None:
        raise KubeconfigRefused(f"there is no {ref}")
    data: Mapping[str, str] = secret.get("data") or {}
    text = data.get(field)
    if not text:
        raise KubeconfigRefused(f"{ref} has no key {field}")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise KubeconfigRefused(f"{ref}: key {field} is not base64") from exc
