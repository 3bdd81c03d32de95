"""From `kubectl apply` of a Tenant until it is served and Ready, beside what that costs at least.

Three take turns, each with one tenant: Acuse; the same HTTPRoute applied by kubectl alone, which is
what the Gateway costs; and a client that knows all answers and writes the same objects.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from acuse.resources.names import sealed_name, slug, webhook_path
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HPAS,
    HTTPROUTES,
    NETWORKPOLICIES,
    PDBS,
    PLACEMENTS,
    SECRETS,
    SERVICEACCOUNTS,
    TENANTS,
    Manifest,
)
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from bench.operator_raw import MANAGER, as_tenant, copy_of, route_to
from bench.operator_site import COPIES_IN, TENANTS_IN, Site, manifests, pause
from bench.operator_size import Size
from bench.operator_watch import Watch, is_ready, is_there, watching, within
from bench.result import Row
from bench.tally import percentile

_SERVED_MS = 2000.0
# What a tenant's own workers are, in the order that they are made.
_OF_WORKERS = (SERVICEACCOUNTS, SECRETS, NETWORKPOLICIES, DEPLOYMENTS, HPAS, PDBS)


@dataclass(frozen=True, slots=True)
class Shared:
    """One round with a tenant of the shared pool; seconds from the first command on."""

    seen: float
    placed: float
    served: float
    ready: float
    # Until the first answer, of who took turns with Acuse.
    by_kubectl: float
    by_client: float

    @property
    def after_seen(self) -> float:
        """Return the seconds to the first answer without kubectl's own."""
        return self.served - self.seen


@dataclass(frozen=True, slots=True)
class Dedicated:
    """One round with a tenant with workers of its own, until a pod of them is ready."""

    seen: float
    ready: float
    by_client: float

    @property
    def after_seen(self) -> float:
        """Return the seconds to Ready without kubectl's own."""
        return self.ready - self.seen


@dataclass(frozen=True, slots=True)
class _Watches:
    tenants: Watch
    placements: Watch
    deployments: Watch


@asynccontextmanager
async def _watches(site: Site) -> AsyncGenerator[_Watches, None]:
    async with (
        watching(site.api, TENANTS, TENANTS_IN) as tenants,
        watching(site.api, PLACEMENTS, TENANTS_NAMESPACE) as placements,
        watching(site.api, DEPLOYMENTS, TENANTS_NAMESPACE) as deployments,
    ):
        yield _Watches(tenants, placements, deployments)


async def shared_tenants(site: Site, size: Size) -> list[Shared]:
    """Apply tenants of the shared pool one after another; they stay."""
    done: list[Shared] = []
    base = await _objects_of(site, site.base)
    async with _watches(site) as watches:
        for number in size.rounds(size.shared):
            tenant = await site.tenant(f"shared-{number:03}")
            await pause()
            seen, placed, served, ready = await _applied(site, watches, tenant)
            await pause()
            by_kubectl = await _route_by_kubectl(site, base[-1], f"kubectl-{number:03}")
            await pause()
            by_client = await _objects_by_client(site, base, f"client-{number:03}")
            done.append(Shared(seen, placed, served, ready, by_kubectl, by_client))
    await site.delete_copies()
    return done


async def _applied(site: Site, watches: _Watches, tenant: LabTenant) -> tuple[float, ...]:
    seen = watches.tenants.expect(tenant.name, is_there)
    placed = watches.placements.expect(tenant.key, is_there)
    ready = watches.tenants.expect(tenant.name, is_ready)
    path = webhook_path(tenant.key)
    served = asyncio.create_task(site.asking.answered(path, tenant.verify_token))
    started = await site.kubectl_apply(manifests([tenant]))
    times = await within(
        asyncio.gather(seen, placed, served, ready), what=f"{tenant.key} served and Ready"
    )
    return tuple(each - started for each in times)


async def _objects_of(site: Site, tenant: LabTenant) -> tuple[Manifest, ...]:
    """Return what the operator has made for a shared tenant, in its order."""
    return (
        await site.live(SECRETS, sealed_name(tenant.key), TENANTS_NAMESPACE),
        await site.live(PLACEMENTS, tenant.key, TENANTS_NAMESPACE),
        await site.live(HTTPROUTES, slug(tenant.key), NAMESPACE),
    )


def _route(site: Site, live: Manifest, name: str) -> tuple[Manifest, str]:
    """Return a copy of the first tenant's route, which answers in its stead, and its path."""
    path = f"/bench/{name}"
    return route_to(live, name, path=path, target=webhook_path(site.base.key)), path


async def _route_by_kubectl(site: Site, live: Manifest, name: str) -> float:
    route, path = _route(site, live, name)
    served = asyncio.create_task(site.asking.answered(path, site.base.verify_token))
    started = await site.kubectl_apply([route])
    return await served - started


async def _objects_by_client(site: Site, live: Sequence[Manifest], name: str) -> float:
    *others, route = live
    names = as_tenant(site.base.key, f"{TENANTS_IN}.{name}")
    copies = [copy_of(each, names, namespace=COPIES_IN) for each in others]
    routed, path = _route(site, route, name)
    served = asyncio.create_task(site.asking.answered(path, site.base.verify_token))
    started = time.perf_counter()
    for manifest in (*copies, routed):
        await site.api.apply(manifest, manager=MANAGER)
    return await served - started


async def dedicated_tenants(site: Site, size: Size) -> list[Dedicated]:
    """Apply tenants with workers of their own one after another; each goes after its round."""
    done: list[Dedicated] = []
    async with _watches(site) as watches:
        for number in size.rounds(size.dedicated):
            workers = {"mode": "Dedicated", "min": 1, "max": 2}
            tenant = await site.tenant(f"dedicated-{number:03}", workers=workers)
            seen = watches.tenants.expect(tenant.name, is_there)
            ready = watches.tenants.expect(tenant.name, is_ready)
            await pause()
            started = await site.kubectl_apply(manifests([tenant]))
            at_ready = await within(ready, what=f"{tenant.key} Ready")
            await pause()
            by_client = await _workers_by_client(site, watches, tenant)
            done.append(Dedicated(await seen - started, at_ready - started, by_client))
            await site.delete_copies()
            await site.delete_tenants([tenant])
    return done


async def _workers_by_client(site: Site, watches: _Watches, tenant: LabTenant) -> float:
    name = slug(tenant.key)
    names = as_tenant(tenant.key, f"{TENANTS_IN}.client-{tenant.name}")
    route = copy_of(await site.live(HTTPROUTES, name, NAMESPACE), names)
    copies = [await site.live(kind, name, TENANTS_NAMESPACE) for kind in _OF_WORKERS]
    runs = watches.deployments.expect(names[name], _has_a_ready_pod)
    started = time.perf_counter()
    for manifest in (route, *(copy_of(each, names) for each in copies)):
        await site.api.apply(manifest, manager=MANAGER)
    return await within(runs, what="a copy of a worker") - started


def _has_a_ready_pod(deployment: Manifest) -> bool:
    status: Manifest = deployment.get("status") or {}
    return bool(status.get("readyReplicas"))


def latency_rows(name: str, seconds: Sequence[float]) -> list[Row]:
    """Return the median and the 99th percentile, which of less than 100 is the slowest."""
    return [Row(f"{name}: p50", percentile(seconds, 0.5) * 1e3, "ms"), slowest_row(name, seconds)]


def slowest_row(name: str, seconds: Sequence[float]) -> Row:
    """Return the 99th percentile."""
    return Row(f"{name}: p99", percentile(seconds, 0.99) * 1e3, "ms")


def compared_row(name: str, pairs: Sequence[tuple[float, float]]) -> Row:
    """Return the row of (ours, theirs) in seconds: how many times as long it takes."""
    return Row.compared(name, [(a * 1e3, b * 1e3) for a, b in pairs], unit="ms")


def shared_rows(rounds: Sequence[Shared]) -> list[Row]:
    """Return the rows of the shared tenants, the goal first."""
    what = "shared tenant: apply to"
    served = [r.served for r in rounds]
    p99 = percentile(served, 0.99) * 1e3
    return [
        Row.below(f"{what} first answer on its route: p99", p99, unit="ms", goal=_SERVED_MS),
        Row(f"{what} first answer on its route: p50", percentile(served, 0.5) * 1e3, "ms"),
        compared_row(
            f"{what} first answer on its route, against the same route by kubectl",
            [(r.served, r.by_kubectl) for r in rounds],
        ),
        compared_row(
            "shared tenant: there to first answer, against a client that writes the same objects",
            [(r.after_seen, r.by_client) for r in rounds],
        ),
        *latency_rows(f"{what} the Tenant there", [r.seen for r in rounds]),
        *latency_rows(f"{what} its placement there", [r.placed for r in rounds]),
        *latency_rows(f"{what} Ready", [r.ready for r in rounds]),
        slowest_row("same route by kubectl: apply to first answer", [r.by_kubectl for r in rounds]),
        slowest_row("same objects by a client: to first answer", [r.by_client for r in rounds]),
        Row("shared tenants applied one by one", len(rounds), "rounds"),
    ]


def dedicated_rows(rounds: Sequence[Dedicated]) -> list[Row]:
    """Return the rows of the tenants with workers of their own."""
    return [
        *latency_rows("dedicated tenant: apply to Ready", [r.ready for r in rounds]),
        compared_row(
            "dedicated tenant: there to Ready, against a client that writes the same objects",
            [(r.after_seen, r.by_client) for r in rounds],
        ),
        Row("dedicated tenants applied one by one", len(rounds), "rounds"),
    ]
