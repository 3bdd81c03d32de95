"""From a field being changed by somebody else until a watch shows the old value again.

Five take turns: the operator with an HTTPRoute and with a worker Deployment; for either, a loop in
this process that watches one copy and applies it, and decides nothing; and Kubernetes' own
Deployment controller, which keeps its ReplicaSets as we keep our objects.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from acuse.resources.names import TENANT, slug
from acuse_cluster.informer import Change, Informer
from acuse_cluster.kinds import DEPLOYMENTS, HTTPROUTES, Kind, Manifest, Ref
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from bench.operator_raw import MANAGER, SELECTOR, copy_of
from bench.operator_serving import compared_row, slowest_row
from bench.operator_site import Site, manifests, pause
from bench.operator_size import Size
from bench.operator_watch import Watch, is_there, watching, within
from bench.result import InvalidMeasurement, Row
from bench.tally import percentile

REPLICASETS = Kind("apps/v1", "replicasets", "ReplicaSet")
# The operator sets an object back without a wait so many times in a row: each has its turns.
OBJECTS = 10
_HEALED_MS = 5000.0
_BY_HAND = 7

Read: TypeAlias = Callable[[Manifest], object]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that nothing else depends on: where it is, and how it is read."""

    kind: Kind
    namespace: str
    pointer: str
    read: Read


ROUTE = Field(
    HTTPROUTES,
    NAMESPACE,
    "/spec/rules/0/backendRefs/0/weight",
    lambda route: route["spec"]["rules"][0]["backendRefs"][0]["weight"],
)
DEPLOYMENT = Field(
    DEPLOYMENTS,
    TENANTS_NAMESPACE,
    "/spec/template/spec/terminationGracePeriodSeconds",
    lambda deployment: deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
)
REPLICASET = Field(
    REPLICASETS,
    TENANTS_NAMESPACE,
    "/spec/minReadySeconds",
    lambda replica_set: replica_set["spec"].get("minReadySeconds", 0),
)


@dataclass(slots=True)
class Healed:
    """Holds once a field that was seen changed is seen as it was."""

    read: Read
    wanted: object
    _is_changed: bool = False

    def __call__(self, manifest: Manifest) -> bool:
        """Take the object as it is now."""
        is_wanted = self.read(manifest) == self.wanted
        self._is_changed = self._is_changed or not is_wanted
        return is_wanted and self._is_changed


@dataclass(frozen=True, slots=True)
class Drifts:
    """One round; seconds each."""

    route: float
    route_by_loop: float
    deployment: float
    deployment_by_loop: float
    replica_set: float


@dataclass(slots=True)
class _Ring:
    """Who takes part, with the objects of each."""

    site: Site
    watches: dict[Kind, Watch] = field(default_factory=dict[Kind, Watch])

    async def change(self, what: Field, name: str) -> float:
        """Change a field by hand and return the seconds until it is seen as it was."""
        await pause()
        watch = self.watches[what.kind]
        healed = watch.expect(name, Healed(what.read, what.read(watch.get(name))))
        # `add` sets a field whether it is there or not.
        patch = [{"op": "add", "path": what.pointer, "value": _BY_HAND}]
        started = time.perf_counter()
        await self.site.api.json_patch(Ref(what.kind, name, what.namespace), patch)
        return await within(healed, what=f"{what.kind.kind} {name} healed") - started


async def drifts(site: Site, size: Size) -> list[Drifts]:
    """Let everyone have their turn, each time with another object."""
    tenants = [await _suspended(site, number) for number in range(OBJECTS)]
    names = [slug(tenant.key) for tenant in tenants]
    done: list[Drifts] = []
    async with AsyncExitStack() as stack:
        ring = _Ring(site)
        for what in (ROUTE, DEPLOYMENT, REPLICASET):
            opened = watching(site.api, what.kind, what.namespace)
            ring.watches[what.kind] = await stack.enter_async_context(opened)
        await _made(ring, tenants)
        for what in (ROUTE, DEPLOYMENT):
            await stack.enter_async_context(_loop(ring, what, names[0]))
        sets = [await _replica_set(site, name) for name in names]
        for number in size.rounds(size.drifts):
            name = names[number % OBJECTS]
            done.append(
                Drifts(
                    await ring.change(ROUTE, name),
                    await ring.change(ROUTE, _COPY),
                    await ring.change(DEPLOYMENT, name),
                    await ring.change(DEPLOYMENT, _COPY),
                    await ring.change(REPLICASET, sets[number % OBJECTS]),
                )
            )
    await site.delete_copies()
    await site.delete_tenants(tenants)
    return done


_COPY = "client-drift"


async def _suspended(site: Site, number: int) -> LabTenant:
    return await site.tenant(f"drift-{number:03}", workers={"mode": "Dedicated"})


async def _made(ring: _Ring, tenants: Sequence[LabTenant]) -> None:
    """Apply the tenants, suspended: their Deployments are there, and no pod makes noise."""
    watch = ring.watches[DEPLOYMENTS]
    made = [watch.expect(slug(tenant.key), is_there) for tenant in tenants]
    applied = manifests(tenants)
    for manifest in applied:
        if manifest["kind"] == "Tenant":
            spec = manifest["spec"]
            assert isinstance(spec, dict)
            spec["suspend"] = True
    await ring.site.kubectl_apply(applied)
    await within(asyncio.gather(*made), what="the Deployments of suspended tenants")
    await ring.site.operator.settled()


async def _replica_set(site: Site, deployment: str) -> str:
    labels = f"{TENANT}={deployment}"
    listed = await site.api.list(REPLICASETS, namespace=TENANTS_NAMESPACE, labels=labels)
    if len(listed.items) != 1:
        raise InvalidMeasurement(f"{deployment} has {len(listed.items)} ReplicaSets")
    name: str = listed.items[0]["metadata"]["name"]
    return name


@asynccontextmanager
async def _loop(ring: _Ring, what: Field, name: str) -> AsyncGenerator[None, None]:
    """Keep a copy of one object as it is: watch it, and apply it whenever the field differs."""
    copied = copy_of(ring.watches[what.kind].get(name), {name: _COPY})
    wanted, applying = what.read(copied), set[asyncio.Task[Manifest]]()

    def heal(change: Change, manifest: Manifest, before: Manifest | None) -> None:
        del before
        if change != "DELETED" and what.read(manifest) != wanted and not applying:
            task = asyncio.create_task(ring.site.api.apply(copied, manager=MANAGER))
            applying.add(task)
            task.add_done_callback(applying.discard)

    there = ring.watches[what.kind].expect(_COPY, is_there)
    await ring.site.api.apply(copied, manager=MANAGER)
    await within(there, what="a copy")
    informer = Informer(
        ring.site.api, what.kind, namespace=what.namespace, labels=SELECTOR, on_change=heal
    )
    task = asyncio.create_task(informer.run())
    try:
        await within(informer.synced.wait(), what="the first list of a watch")
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def drift_rows(rounds: Sequence[Drifts]) -> list[Row]:
    """Return the rows, for either kind of object the goal first."""
    return [
        *_rows("an HTTPRoute", [(r.route, r.route_by_loop) for r in rounds]),
        *_rows("a Deployment", [(r.deployment, r.deployment_by_loop) for r in rounds]),
        compared_row(
            "drift of a Deployment, against a ReplicaSet's by the Deployment controller",
            [(r.deployment, r.replica_set) for r in rounds],
        ),
        slowest_row(
            "drift of a ReplicaSet, healed by the Deployment controller",
            [r.replica_set for r in rounds],
        ),
        Row("drifts of each kind", len(rounds), "rounds"),
    ]


def _rows(kind: str, pairs: Sequence[tuple[float, float]]) -> list[Row]:
    ours, theirs = zip(*pairs, strict=True)
    what = f"drift of {kind}, changed to healed"
    p99 = percentile(ours, 0.99) * 1e3
    return [
        Row.below(f"{what}: p99", p99, unit="ms", goal=_HEALED_MS),
        Row(f"{what}: p50", percentile(ours, 0.5) * 1e3, "ms"),
        compared_row(f"{what}, against a bare watch-and-apply loop", pairs),
        slowest_row(f"drift of {kind}, healed by a bare loop", theirs),
    ]
