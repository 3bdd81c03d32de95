"""What tenants cost the operator: memory, processor time and writes; and a restart, a resync."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from acuse.resources.names import sealed_name, slug
from acuse_cluster.kinds import HTTPROUTES, PLACEMENTS, REGIONS, SECRETS, Manifest, Ref
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from bench.operator_raw import Spent, apply_all, as_tenant, copy_of
from bench.operator_site import COPIES_IN, TENANTS_IN, Site, apply_ready
from bench.operator_size import Size
from bench.result import Row, median

_EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Rest:
    """The operator with nothing left to do: its memory, and what looking costs."""

    tenants: int
    mib: float
    # Processor seconds per second.
    busy: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Many tenants applied at once."""

    tenants: int
    # Until kubectl was done, and until all were Ready.
    applied: float
    ready: float
    processor: float
    writes: Counter[str]
    # The same objects, by a client that decides nothing.
    raw: Spent


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A look at all tenants that finds nothing to do."""

    seconds: float
    processor: float
    writes: Counter[str]


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart with all tenants there: from the command, and from the process's own start."""

    since_asked: float
    since_start: float
    mib: float
    writes: Counter[str]


async def at_rest(site: Site, size: Size, tenants: int) -> Rest:
    """Watch the operator for a while, once it has settled."""
    operator = site.operator
    await operator.settled()
    before, started = operator.processor_seconds(), time.perf_counter()
    await asyncio.sleep(size.rest)
    busy = (operator.processor_seconds() - before) / (time.perf_counter() - started)
    return Rest(tenants, operator.resident_mib(), busy)


async def batches(site: Site, size: Size) -> list[Batch]:
    """Apply batches of tenants, each followed by the same objects from a bare client."""
    done: list[Batch] = []
    for number in size.rounds(size.batches):
        names = [f"batch-{number}-{each:03}" for each in range(size.batch)]
        tenants = [await site.tenant(name) for name in names]
        done.append(await _batch(site, tenants))
    return done


async def _batch(site: Site, tenants: Sequence[LabTenant]) -> Batch:
    await site.operator.settled()
    since, before = datetime.now(UTC), site.operator.processor_seconds()
    applied, ready = await apply_ready(site, tenants)
    await site.operator.settled()
    processor = site.operator.processor_seconds() - before
    writes = site.operator.writes(since)
    copies = [each for tenant in tenants for each in await _copies(site, tenant)]
    raw = await apply_all([site.api], copies)
    await site.delete_copies()
    return Batch(len(tenants), applied, ready, processor, writes, raw)


async def _copies(site: Site, tenant: LabTenant) -> list[Manifest]:
    """Return what the operator has made for a tenant, as somebody else's."""
    key, name = tenant.key, slug(tenant.key)
    names = as_tenant(key, f"{TENANTS_IN}.client-{tenant.name}")
    placed = [
        await site.live(SECRETS, sealed_name(key), TENANTS_NAMESPACE),
        await site.live(PLACEMENTS, key, TENANTS_NAMESPACE),
    ]
    route = await site.live(HTTPROUTES, name, NAMESPACE)
    return [*(copy_of(each, names, namespace=COPIES_IN) for each in placed), copy_of(route, names)]


async def restart(site: Site, tenants: int) -> Restart:
    """Replace the operator's pod, and wait until all tenants were reconciled."""
    await site.operator.settled()
    since, started = datetime.now(UTC), time.perf_counter()
    words = ("rollout", "restart", "deployment/acuse-operator", "--namespace", NAMESPACE)
    old = site.operator.pid()
    await asyncio.to_thread(site.region.kubectl, *words)
    await site.operator.replaced(old)
    await site.operator.reconciled(tenants)
    took, age = time.perf_counter() - started, site.operator.age()
    await site.operator.settled()
    return Restart(took, age, site.operator.resident_mib(), site.operator.writes(since))


async def resync(site: Site, tenants: int) -> Unchanged:
    """Let every tenant be looked at anew, by a change of the Region that concerns none of them.

    What is written to the Region itself is left out: that one did change.
    """
    await site.operator.settled()
    region = Ref(REGIONS, site.region.name)
    since, before = datetime.now(UTC), site.operator.processor_seconds()
    started = time.perf_counter()
    for is_cordoned in (True, False):
        queues = await site.operator.queues()
        done = 0.0 if queues is None else queues.least
        await site.api.merge_patch(region, {"spec": {"cordoned": is_cordoned}})
        await site.operator.reconciled(done + tenants)
    took = (time.perf_counter() - started) / 2
    await site.operator.settled()
    processor = (site.operator.processor_seconds() - before) / 2
    writes = site.operator.writes(since)
    return Unchanged(took, processor, _without_region(writes))


def _without_region(writes: Counter[str]) -> Counter[str]:
    return Counter({what: n for what, n in writes.items() if not what.startswith("regions")})


def rest_rows(points: Sequence[Rest]) -> list[Row]:
    """Return the rows of memory, and of the processor time of the last point."""
    last = points[-1]
    return [
        *(
            Row(f"operator: resident memory with {_tenants(point.tenants)}", point.mib, "MiB")
            for point in points
        ),
        Row(f"operator: at rest with {_tenants(last.tenants)}", last.busy * 1e3, "ms/s"),
    ]


def batch_rows(done: Sequence[Batch]) -> list[Row]:
    """Return the rows of tenants applied at once, per tenant where that can be."""
    each = done[0].tenants
    what = f"{each} tenants at once"
    writes = [(b.writes.total() - b.writes[_EVENTS]) / b.tenants for b in done]
    return [
        Row.compared(
            f"{what}: operator's processor time, against a client that writes the same objects",
            [(b.processor / b.tenants * 1e3, b.raw.processor / b.tenants * 1e3) for b in done],
            unit="ms/tenant",
        ),
        Row.compared(
            f"{what}: apply to all Ready, against a client that writes the same objects",
            [(b.ready, b.raw.wall) for b in done],
            unit="s",
        ),
        Row(f"{what}: kubectl's own time", median([b.applied for b in done]), "s"),
        Row("operator: writes per tenant", median(writes), "writes"),
        Row(
            "operator: Kubernetes Events per tenant",
            median([b.writes[_EVENTS] / b.tenants for b in done]),
            "writes",
        ),
    ]


def written(batch: Batch) -> str:
    """Return a batch's writes per tenant by kind of object, most first."""
    return ", ".join(f"{n / batch.tenants:.1f} {what}" for what, n in batch.writes.most_common())


def unchanged_rows(restarted: Restart, resynced: Unchanged, *, tenants: int) -> list[Row]:
    """Return the rows of a restart and a resync that find nothing to do."""
    there = _tenants(tenants)
    return [
        _none(f"operator: writes of an unchanged restart with {there}", restarted.writes),
        _none(f"operator: writes of an unchanged resync of {there}", resynced.writes),
        Row(f"operator: restart to {there} reconciled", restarted.since_asked, "s"),
        Row(f"operator: start of the process to {there} reconciled", restarted.since_start, "s"),
        Row(f"operator: resident memory after a restart with {there}", restarted.mib, "MiB"),
        Row(f"operator: unchanged resync of {there}", resynced.seconds, "s"),
        Row(
            "operator: processor time of an unchanged resync",
            resynced.processor / tenants * 1e3,
            "ms/tenant",
        ),
    ]


def _none(name: str, writes: Counter[str]) -> Row:
    return Row.at_most(name, writes.total(), unit="writes", goal=0)


def _tenants(count: int) -> str:
    return "no tenant" if count == 0 else f"{count} tenants"
