"""Many tenants at once in many regions: against the least of clients, at rest, and once more."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from bench.fleet_copies import write_copies
from bench.fleet_operator import Window
from bench.fleet_site import Arrivals, Fleet, check_placed
from bench.operator_raw import Spent
from bench.result import Row

_PROCESSOR_GOAL = 2.0
_WALL_GOAL = 1.5
_MIB_GOAL = 200.0
_EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: the clock, the operator's processor, all clusters' processors."""

    wall: float
    processor: float
    clusters: float
    writes: Counter[str]


@dataclass(frozen=True, slots=True)
class Rollout:
    """Tenants applied at once to a hub that runs."""

    tenants: int
    regions: int
    # Until the bench's own client had applied all Tenants.
    applied: float
    # Until the last of their placements was written; the rest until the operator was quiet.
    ours: Cost
    objects: int
    # The same objects by the least of clients, just after.
    raw: Spent
    mib: float


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A look at all tenants that finds nothing to do."""

    seconds: float
    processor: float
    writes: Counter[str]


async def roll_out(fleet: Fleet, count: int) -> Rollout:
    """Apply new tenants and wait until all are in every region, then write the same once more."""
    operator, first = fleet.operator, not fleet.tenants
    tenants = await fleet.secrets_of(count)
    await operator.rested()
    window, arrivals = Window.open(operator), Arrivals.at(fleet.regions)
    started = time.perf_counter()
    await fleet.apply(tenants)
    applied = time.perf_counter() - started
    wall = await arrivals.come(count) - started
    await operator.rested()
    ours = Cost(wall, window.processor(), window.clusters(), window.written())
    mib = operator.resident_mib()
    await check_placed(fleet, fleet.regions)
    objects, raw = await write_copies(fleet.regions) if first else (0, Spent(0.0, 0.0))
    return Rollout(count, len(fleet.regions), applied, ours, objects, raw, mib)


async def restart(fleet: Fleet) -> tuple[Unchanged, float]:
    """Start the operator anew; return what it took, and its memory."""
    operator = fleet.operator
    before = (await operator.rested()).writes
    await operator.stop()
    started = time.perf_counter()
    await operator.start()
    rest = await operator.rested(done=len(fleet.tenants))
    spent = operator.processor_seconds()
    took = rest.since - started
    writes = rest.writes - before
    return Unchanged(took, spent, of_tenants(writes)), operator.resident_mib()


async def resync(fleet: Fleet) -> Unchanged:
    """Have every tenant looked at anew, by a change of a Region that concerns none of them."""
    operator = fleet.operator
    await operator.rested()
    done = (await operator.queues()).done.get("tenant", 0.0)
    window, started = Window.open(operator), time.perf_counter()
    await fleet.cordon(is_cordoned=True)
    rest = await operator.rested(done=done + len(fleet.tenants))
    took, processor = rest.since - started, window.processor()
    await fleet.cordon(is_cordoned=False)
    return Unchanged(took, processor, of_tenants(window.written()))


def of_tenants(writes: Counter[str]) -> Counter[str]:
    """Leave out what is written to Regions: how they are changes by itself, and by a start."""
    return Counter({what: n for what, n in writes.items() if not what.startswith("regions")})


async def grow(fleet: Fleet, to: int) -> float:
    """Apply tenants until there are so many in every region; return the operator's memory.

    It is started anew before, and knows of the first regions only.
    """
    await fleet.unregister(fleet.spare)
    await fleet.operator.stop()
    await fleet.operator.start()
    count = to - len(fleet.tenants)
    arrivals = Arrivals.at(fleet.regions)
    await fleet.apply(await fleet.secrets_of(count))
    await arrivals.come(count)
    await fleet.operator.rested()
    return fleet.operator.resident_mib()


def rollout_rows(done: Rollout) -> list[Row]:
    """Return the rows of tenants applied at once."""
    what = f"{done.tenants} tenants in {done.regions} regions"
    ours, raw = done.ours, done.raw
    each = 1e3 / done.tenants
    writes = ours.writes.total() - ours.writes[_EVENTS]
    return [
        ratio_row(
            f"{what}: operator's processor time, against a bare client",
            ours.processor * each,
            raw.processor * each,
            unit="ms/tenant",
            goal=_PROCESSOR_GOAL,
        ),
        ratio_row(
            f"{what}: apply to all placements there, against a bare client",
            ours.wall,
            raw.wall,
            unit="s",
            goal=_WALL_GOAL,
        ),
        Row(f"{what}: all Tenants applied by the bench's own client", done.applied, "s"),
        Row(f"{what}: objects that the bare client wrote", done.objects, "objects"),
        Row(f"{what}: processor time of all clusters", ours.clusters * each, "ms/tenant"),
        Row(f"{what}: operator's writes per tenant", writes / done.tenants, "writes"),
        memory_row(done.tenants, done.mib),
    ]


def ratio_row(name: str, ours: float, theirs: float, *, unit: str, goal: float) -> Row:
    """Return the row of one turn of each, whose ratio is to be `goal` at most."""
    ratio = ours / theirs
    return Row(name, ours, unit, theirs, ratio, goal, "≤", ratio <= goal)


def memory_row(tenants: int, mib: float) -> Row:
    """Return the row of the hub's memory."""
    name = f"hub: resident memory with {tenants} tenants"
    return Row.below(name, mib, unit="MiB", goal=_MIB_GOAL)


def unchanged_rows(
    restarted: Unchanged, resynced: Unchanged, *, tenants: int, mib: float
) -> list[Row]:
    """Return the rows of a restart and a resync that find nothing to do."""
    what = f"of {tenants} tenants"
    each = 1e3 / tenants
    return [
        _none(f"hub: writes of an unchanged restart {what}", restarted.writes),
        _none(f"hub: writes of an unchanged resync {what}", resynced.writes),
        Row(f"hub: start of the process to a look at each {what}", restarted.seconds, "s"),
        Row(f"hub: processor time of a restart {what}", restarted.processor * each, "ms/tenant"),
        Row(f"hub: resident memory after a restart with {tenants} tenants", mib, "MiB"),
        Row(f"hub: unchanged resync {what}", resynced.seconds, "s"),
        Row(f"hub: processor time of a resync {what}", resynced.processor * each, "ms/tenant"),
    ]


def _none(name: str, writes: Counter[str]) -> Row:
    return Row.at_most(name, writes.total(), unit="writes", goal=0)


def told(writes: Counter[str], tenants: int) -> str:
    """Return writes per tenant by kind of object, most first."""
    return ", ".join(f"{n / tenants:.2f} {what}" for what, n in writes.most_common())
