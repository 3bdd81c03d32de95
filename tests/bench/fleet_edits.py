"""How long one edit takes to be in the regions, in quiet and while all is looked at or pushed."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from acuse_cluster.kinds import PLACEMENTS, TENANTS, Manifest, Ref
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from bench.fleet_planes import Member
from bench.fleet_site import Arrivals, Fleet, check_placed
from bench.operator_site import TENANTS_IN
from bench.operator_watch import Holds, Watch, within
from bench.result import Row
from bench.tally import percentile

_IDLE_MS = 250.0
_BUSY_MS = 1_000.0
# Between two edits: what one causes afterwards is not in the next.
_PAUSE = 0.02
_RESYNC_EVERY = 1.0
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Edits:
    """Seconds from sending each edit to the hub until a watch of a region showed it."""

    # In each region on its own, all regions together.
    each: Sequence[float]
    # In the last of the regions.
    last: Sequence[float]


async def edit(fleet: Fleet, count: int, regions: Sequence[Member]) -> Edits:
    """Change one tenant after another, and wait for each in all of these regions."""
    each: list[float] = []
    last: list[float] = []
    async with _watching(regions) as watches:
        for number in range(count):
            tenant = fleet.tenants[number * 7 % len(fleet.tenants)]
            seconds = await _edit(fleet, tenant, watches)
            each += seconds
            last.append(max(seconds))
            await asyncio.sleep(_PAUSE)
    return Edits(each, last)


async def _edit(fleet: Fleet, tenant: LabTenant, watches: Sequence[Watch]) -> list[float]:
    name = f"edit {next(_numbers)}"
    seen = [watch.expect(tenant.key, _is_called(name)) for watch in watches]
    started = time.perf_counter()
    await fleet.hub.api.merge_patch(
        Ref(TENANTS, tenant.name, TENANTS_IN), {"spec": {"displayName": name}}
    )
    there = await within(asyncio.gather(*seen), what=f"an edit of {tenant.key} in its regions")
    return [moment - started for moment in there]


def _is_called(name: str) -> Holds:
    def holds(placement: Manifest) -> bool:
        return bool(placement["spec"]["bundle"]["displayName"] == name)

    return holds


@asynccontextmanager
async def _watching(regions: Sequence[Member]) -> AsyncGenerator[list[Watch], None]:
    async with AsyncExitStack() as stack:
        watches = [Watch(region.api, PLACEMENTS, TENANTS_NAMESPACE) for region in regions]
        for watch in watches:
            await stack.enter_async_context(watch.open())
        yield watches


@dataclass(frozen=True, slots=True)
class Resyncing:
    """Edits while the hub has every tenant to look at all the time."""

    edits: Edits
    # Tenants looked at meanwhile, edited ones among them.
    looks: float


async def edit_in_resync(fleet: Fleet, count: int) -> Resyncing:
    """Edit tenants while all are looked at anew every second, whether that was done or not."""
    await fleet.operator.rested()
    before = (await fleet.operator.queues()).done["tenant"]
    task = asyncio.create_task(_look_again_and_again(fleet))
    try:
        edits = await edit(fleet, count, fleet.regions)
        after = (await fleet.operator.queues()).done["tenant"]
        if task.done():
            task.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await fleet.cordon(is_cordoned=False)
    return Resyncing(edits, after - before)


async def _look_again_and_again(fleet: Fleet) -> None:
    for is_cordoned in itertools.cycle((True, False)):
        await fleet.cordon(is_cordoned=is_cordoned)
        await asyncio.sleep(_RESYNC_EVERY)


@dataclass(frozen=True, slots=True)
class Added:
    """A region added to a hub with tenants: until all were there, with edits meanwhile."""

    seconds: float
    processor: float
    edits: Edits


async def add_region(fleet: Fleet) -> Added:
    """Register the spare region and wait for every tenant there; edit others meanwhile."""
    await fleet.operator.rested()
    before = fleet.operator.processor_seconds()
    arrivals = Arrivals.at([fleet.spare])
    started = time.perf_counter()
    each: list[float] = []
    last: list[float] = []
    async with _watching(fleet.regions) as watches:
        await fleet.register(fleet.spare)
        coming = asyncio.create_task(arrivals.come(len(fleet.tenants)))
        number = 0
        while not coming.done():
            seconds = await _edit(fleet, fleet.tenants[number * 7 % len(fleet.tenants)], watches)
            each += seconds
            last.append(max(seconds))
            number += 1
        there = await coming
    await fleet.operator.rested()
    await check_placed(fleet, [fleet.spare])
    spent = fleet.operator.processor_seconds() - before
    return Added(there - started, spent, Edits(each, last))


def edit_rows(what: str, edits: Edits, *, goal: float) -> list[Row]:
    """Return the rows of edits, the goal first: milliseconds in a region, and in all of them."""
    head = f"{what}: an edit to applied in a region"
    return [
        Row.below(f"{head}: p99", percentile(edits.each, 0.99) * 1e3, unit="ms", goal=goal),
        Row(f"{head}: p50", percentile(edits.each, 0.5) * 1e3, "ms"),
        Row(f"{what}: an edit to applied in all: p99", percentile(edits.last, 0.99) * 1e3, "ms"),
        Row(f"{what}: an edit to applied in all: p50", percentile(edits.last, 0.5) * 1e3, "ms"),
        Row(f"{what}: edits one by one", len(edits.last), "rounds"),
    ]


def idle_rows(idle: Edits) -> list[Row]:
    """Return the rows of edits with nothing else to do."""
    return edit_rows("idle", idle, goal=_IDLE_MS)


def resync_rows(done: Resyncing) -> list[Row]:
    """Return the rows of edits while all tenants are looked at over and over."""
    return [
        *edit_rows("during a forced resync", done.edits, goal=_BUSY_MS),
        Row("during a forced resync: looks at a tenant", done.looks, "looks"),
    ]


def added_rows(added: Added, *, tenants: int) -> list[Row]:
    """Return the rows of a region added to a hub with tenants."""
    what = f"a region added to {tenants} tenants"
    return [
        *edit_rows("while a region is added", added.edits, goal=_BUSY_MS),
        Row(f"{what}: all placements there", added.seconds, "s"),
        Row(f"{what}: operator's processor time", added.processor / tenants * 1e3, "ms/tenant"),
    ]
