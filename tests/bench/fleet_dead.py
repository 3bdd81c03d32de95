"""A region that is dead: how soon the hub says so, and what the other regions notice of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from acuse_cluster.kinds import PLACEMENTS, REGIONS, TENANTS, Manifest
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from bench.fleet_edits import Edits, edit
from bench.fleet_planes import Member
from bench.fleet_site import Fleet
from bench.operator_site import TENANTS_IN
from bench.operator_watch import Holds, watching, within
from bench.result import Row
from bench.tally import percentile

_DETECTED_S = 30.0
_LOOK_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Death:
    """One region dead for a while; seconds."""

    # Until the hub's Region says that it does not know of it, and until a Tenant says so.
    region_says: float
    tenant_says: float
    # In the other regions: with it alive just before, and with it dead.
    alive: Edits
    dead: Edits
    # From its return until every edit of meanwhile was there.
    caught_up: float


async def die(
    fleet: Fleet, count: int, *, kill: Callable[[Member], None], revive: Callable[[Member], None]
) -> Death:
    """Have the last region dead by `kill` while others are edited, and let it come back."""
    victim, others = fleet.regions[-1], fleet.regions[:-1]
    await fleet.operator.rested()
    alive = await edit(fleet, count, others)
    await fleet.operator.rested()
    async with (
        watching(fleet.hub.api, REGIONS, "") as regions,
        watching(fleet.hub.api, TENANTS, TENANTS_IN) as tenants,
    ):
        region_says = regions.expect(victim.name, is_unknown)
        tenant_says = tenants.expect(fleet.tenants[0].name, is_unknown_in(victim.name))
        started = time.perf_counter()
        kill(victim)
        try:
            # Right away, when the hub does not know yet, and it is the dearest.
            dead = await edit(fleet, count, others)
            seen = await within(region_says, what=f"word that {victim.name} is dead")
            told = await within(tenant_says, what=f"word of it in {fleet.tenants[0].key}")
        finally:
            # One that was killed is started by a program that returns once it is ready.
            revive(victim)
    back = time.perf_counter()
    await _caught_up(fleet, victim)
    return Death(seen - started, told - started, alive, dead, time.perf_counter() - back)


def stop_process(member: Member) -> None:
    """End the region's API server as a crash would: connections are refused."""
    member.plane.kill_apiserver()


def start_process(member: Member) -> None:
    """Start the region's API server again."""
    member.plane.start_apiserver()


def drop_packets(member: Member) -> None:
    """Stop the region's API server's clock: connections are taken, and nobody answers."""
    member.plane.pause()


def let_packets_through(member: Member) -> None:
    """Let the region's API server go on."""
    member.plane.resume()


def is_unknown(region: Manifest) -> bool:
    """Tell whether a Region says that the hub does not know how it is."""
    status: Manifest = region.get("status") or {}
    return any(
        condition["status"] == "Unknown" and condition["reason"] in {"Unreachable", "Silent"}
        for condition in status.get("conditions") or ()
    )


def is_unknown_in(region: str) -> Holds:
    """Return whether a Tenant says that of one of its regions."""

    def holds(tenant: Manifest) -> bool:
        status: Manifest = tenant.get("status") or {}
        return any(
            state["name"] == region and state["phase"] == "Unknown"
            for state in status.get("regions") or ()
        )

    return holds


async def _caught_up(fleet: Fleet, victim: Member) -> None:
    """Return once the region has of every tenant what another has."""
    other = fleet.regions[0]

    async def until() -> None:
        while True:
            if await _names(victim) == await _names(other):
                return
            await asyncio.sleep(_LOOK_EVERY)

    await within(until(), what=f"{victim.name} with all that it missed")


async def _names(member: Member) -> dict[str, str]:
    listed = await member.api.list(PLACEMENTS, namespace=TENANTS_NAMESPACE)
    return {
        placement["metadata"]["name"]: placement["spec"]["bundle"]["displayName"]
        for placement in listed.items
    }


def death_rows(what: str, death: Death) -> list[Row]:
    """Return the rows of one death."""
    pair = (percentile(death.dead.each, 0.99), percentile(death.alive.each, 0.99))
    return [
        Row.below(
            f"a region {what}: until its Region says so",
            death.region_says,
            unit="s",
            goal=_DETECTED_S,
        ),
        Row(f"a region {what}: until a Tenant says so", death.tenant_says, "s"),
        Row.compared(
            f"a region {what}: an edit to applied in another: p99, against all alive",
            [(pair[0] * 1e3, pair[1] * 1e3)],
            unit="ms",
        ),
        Row(f"a region {what}: back to all edits there", death.caught_up, "s"),
    ]
