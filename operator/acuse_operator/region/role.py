"""The region role as a whole: what it watches, what it reconciles, and how the two meet.

Kopf tells it of placements and Regions; it watches itself what it made. Each change names a key,
which `enqueue` puts into the operator's queue, and the queue calls `reconcile`.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from prometheus_client import Gauge

from acuse.errors import ApiUnavailable
from acuse.resources.names import HELD_DELETIONS, SEALED_TYPE, key_of_sealed, slug
from acuse_cluster.client import Api
from acuse_cluster.informer import Informer
from acuse_cluster.kinds import REGIONS, Manifest, Ref
from acuse_operator import metrics
from acuse_operator.conditions import Condition
from acuse_operator.desired.views import RegionSettings
from acuse_operator.region.children import Children
from acuse_operator.region.deletions import Deletions
from acuse_operator.region.epochs import Epochs
from acuse_operator.region.health import (
    by_key,
    database_condition,
    intake_condition,
    routed,
)
from acuse_operator.region.ports import Handed, Tells
from acuse_operator.region.reconciler import RegionReconciler
from acuse_operator.region.region_status import RegionStatusWriter, spec_of
from acuse_operator.region.surroundings import RegionSurroundings
from acuse_operator.store import Store
from acuse_operator.trust import intake_trust

# The key under which the Region itself is reconciled; no tenant's key has such a sign.
REGION_KEY: Final = "@region"
# Seconds to wait for the placement that a changed Secret comes with: the hub writes both.
_TOGETHER: Final = 0.25
# Seconds to wait for what is watched before the first look.
_PATIENCE: Final = 30.0

BACKLOG: Final = Gauge(
    "acuse_tenant_backlog",
    "Events that wait for a tenant's workers in this region.",
    ["namespace", "tenant"],
)


class Enqueue(Protocol):
    """Puts a key into the queue."""

    def __call__(self, key: str, *, after: float = 0.0) -> None:
        """Have the key reconciled, at once or `after` seconds."""
        ...


class RegionRole:
    """Keeps the objects of all tenants in this region. Use `enqueue` to hear what to reconcile."""

    def __init__(self, api: Api, settings: RegionSettings, events: Tells) -> None:
        self.enqueue: Enqueue = _nobody
        self._api = api
        self._settings = settings
        self._trust = intake_trust(settings.intake_ca_file)
        self._placements = Store()
        self._placements.overtaken = lambda obj: self.enqueue(obj["metadata"]["name"])
        self._region: Manifest | None = None
        self._keys: dict[str, str] = {}
        # Of the held deletions, those that the Region's status counts.
        self._said_held = frozenset[str]()
        self._said_floor = 0
        self._shown: set[str] = set()
        self._children = Children(api, settings, heard=self._child_seen)
        self._surroundings = RegionSurroundings(
            api,
            settings,
            children=self._children,
            events=events,
            changed=self._all_again,
        )
        self._status = RegionStatusWriter(api, events)
        self._epochs = Epochs(api, namespace=settings.tenants_namespace)
        self._deletions = Deletions(
            percent=settings.mass_deletion, floor=lambda: self._epochs.floor
        )
        self._reconciler = RegionReconciler(
            api,
            settings,
            handed=Handed(self._placements, self._epochs, self._deletions),
            children=self._children,
            surroundings=self._surroundings,
            events=events,
        )

    @property
    def watches(self) -> dict[str, Informer]:
        """Return the role's own watches by kind, for the probe to judge their age."""
        return self._children.watches

    def keys(self) -> tuple[str, ...]:
        """Return every key, for a look at all of them."""
        return (REGION_KEY, *self._keys.values())

    def placement_seen(self, obj: Manifest, *, deleted: bool = False) -> None:
        """Take a placement as Kopf tells of it."""
        metadata = obj["metadata"]
        key: str = metadata["name"]
        if metadata["namespace"] != self._settings.tenants_namespace:
            return
        if deleted:
            if not self._placements.end(obj):
                return
            self._keys.pop(slug(key), None)
            self._deletions.ended(obj)
        else:
            if not self._placements.put(obj):
                return
            self._keys[slug(key)] = key
            self._deletions.seen(obj)
        self.enqueue(key)

    def region_seen(self, obj: Manifest, *, deleted: bool = False) -> None:
        """Take a Region as Kopf tells of it; all but this operator's own are passed over."""
        if obj["metadata"]["name"] != self._settings.region:
            return
        before, self._region = self._region, None if deleted else obj
        if before is None or deleted or _asked(before) != _asked(obj):
            self.enqueue(REGION_KEY)

    async def reconcile(self, key: str) -> float | None:
        """Bring the Region or one tenant up to date; return when to look again."""
        if key == REGION_KEY:
            return await self._look_at_region()
        again = await self._reconciler.reconcile(key)
        obj = self._placements.get(self._settings.tenants_namespace, key)
        if obj is not None and self._is_news(obj):
            self.enqueue(REGION_KEY, after=_TOGETHER)
        return again

    def _is_news(self, obj: Manifest) -> bool:
        """Tell whether a placement says what the Region does not yet: it is held, or is newer."""
        is_held = self._deletions.holds(obj) and obj["metadata"]["uid"] not in self._said_held
        return is_held or self._epochs.floor > self._said_floor

    async def close(self) -> None:
        """End the role's watches."""
        await self._children.close()

    async def _look_at_region(self) -> float:
        # Kopf may not have told of it yet: nothing is said to be missing unasked.
        region = self._region or await self._api.get(Ref(REGIONS, self._settings.region))
        self._take_answer(region)
        await self._epochs.look()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._surroundings.look(region)
        except TimeoutError as exc:
            raise ApiUnavailable("what the region role watches could not be listed yet") from exc
        if region is not None:
            await self._tell(region)
        return self._settings.region_every

    async def _tell(self, region: Manifest) -> None:
        """Say how the region is, and how much waits for whom."""
        keys = sorted(self._keys.values())
        routed_key = routed(self._placements, region=self._settings.region)
        intake, (database, backlogs) = await asyncio.gather(
            intake_condition(spec_of(region), key=routed_key, trust=self._trust),
            database_condition(self._settings.database_url, region=self._settings.region),
        )
        if database.status == "True":
            self._show(by_key(backlogs, keys))
        fault = self._surroundings.fault
        if fault is not None:
            database = Condition("DatabaseReady", "False", "RegionIncomplete", fault)
        held = self._deletions.held()
        self._said_held = frozenset(obj["metadata"]["uid"] for obj in held)
        metrics.DELETIONS_HELD.set(len(held))
        said = self._deletions.condition(self._settings.region, held)
        floor = self._epochs.floor
        await self._status.write(region, (intake, database), held=said, floor=floor)
        self._said_floor = floor

    def _take_answer(self, region: Manifest | None) -> None:
        """Take somebody's word on the deletions that are held, and go on with them."""
        text, is_draining = (None, False) if region is None else _answer(region)
        if self._deletions.answered(text, is_draining=is_draining):
            for key in self._deletions.going():
                self.enqueue(key)

    def _show(self, backlogs: dict[str, int]) -> None:
        for key in self._shown - backlogs.keys():
            BACKLOG.remove(*_names(key))
        for key, backlog in backlogs.items():
            BACKLOG.labels(*_names(key)).set(backlog)
        self._shown = set(backlogs)

    def _child_seen(self, obj: Manifest, before: Manifest | None) -> None:
        del before
        name: str = obj["metadata"]["name"]
        if obj.get("type") == SEALED_TYPE:
            key = key_of_sealed(name)
            if key is not None:
                self.enqueue(key, after=_TOGETHER)
            return
        key = self._keys.get(name)
        if key is not None:
            self.enqueue(key)
        elif _is_regional(obj):
            self.enqueue(REGION_KEY)

    def _all_again(self) -> None:
        for key in tuple(self._keys.values()):
            self.enqueue(key)


def _names(key: str) -> tuple[str, str]:
    namespace, _, name = key.partition(".")
    return namespace, name


def _asked(region: Manifest) -> tuple[Any, ...]:
    """Return what somebody asks of a Region: its spec, and the word on held deletions."""
    return region.get("spec"), _answer(region)


def _answer(region: Manifest) -> tuple[str | None, bool]:
    annotations: dict[str, str] = region["metadata"].get("annotations") or {}
    return annotations.get(HELD_DELETIONS), region["spec"].get("draining", False)


def _is_regional(obj: Manifest) -> bool:
    labels: dict[str, str] = obj["metadata"].get("labels") or {}
    return labels.get("app.kubernetes.io/component") == "region"


def _nobody(key: str, *, after: float = 0.0) -> None:
    del key, after
