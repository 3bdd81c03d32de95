"""The hub places tenants that leave it to the hub: by law, room and spread, and drains regions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from acuse.resources.names import LEAVING, webhook_path
from acuse_cluster.kinds import REGIONS, Manifest, Ref
from support.eventually import until
from support.fleet_world import FarRegion, FleetWorld, numbers

# Not {}: where home was applied before, server-side apply makes null of that.
FREE: dict[str, Any] = {"placement": {"standbys": 0}}


async def edit(fleet: FleetWorld, far: FarRegion, **spec: Any) -> None:
    """Change some of a Region's spec."""
    await fleet.hub.api.merge_patch(Ref(REGIONS, far.name), {"spec": spec})


async def where(fleet: FleetWorld, tenant: str = "acme") -> list[str]:
    """Return the regions that the hub chose, home first, as the status tells."""
    live = await fleet.hub.live(tenant) or {}
    states = live.get("status", {}).get("regions", [])
    return [state["name"] for state in states if state.get("chosen")]


async def active(fleet: FleetWorld, tenant: str = "acme") -> str:
    """Return the region that serves a tenant."""
    live = await fleet.hub.live(tenant) or {}
    return str(live.get("status", {}).get("active", ""))


async def message(fleet: FleetWorld, tenant: str = "acme") -> str:
    """Return what RegionsSynced says."""
    return str((await fleet.hub.condition("RegionsSynced", tenant)).get("message", ""))


async def both_registered(
    fleet: FleetWorld, first: FarRegion, second: FarRegion, **more: Any
) -> None:
    """Register both regions, each under another law, and have them heard.

    `more`: what both say besides. What is edited later, the hub may hear only after a Tenant
    that is applied next.
    """
    await fleet.register(first, jurisdiction="AR", **more)
    await fleet.register(second, jurisdiction="UY", intakeURL=elsewhere(fleet), **more)
    await fleet.hub.put_secret()
    for far in (first, second):
        await fleet.until_reachable(far, "True", "Answers")


async def asked_to_go(far: FarRegion, key: str) -> Manifest:
    """Return a placement once it was asked to go; something has to hold it there."""
    found: list[Manifest] = []

    async def holds() -> bool:
        found[:] = [await far.placement(key) or {"metadata": {}}]
        return "deletionTimestamp" in found[0]["metadata"]

    await until(holds)
    return found[0]


def elsewhere(fleet: FleetWorld) -> str:
    """Return another address of the same intake."""
    return fleet.hub.intake_url.replace("127.0.0.1", "localhost")


async def test_a_full_region_takes_no_more_though_two_come_at_once_and_it_is_said_why(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await both_registered(fleet, first, second, capacity=1)
        bound = {**FREE, "residency": {"jurisdictions": ["AR"]}}
        await asyncio.gather(
            fleet.hub.apply("acme", **bound),
            fleet.hub.apply("blue", **bound, **numbers("200")),
        )

        async def one_is_in() -> bool:
            chosen = [await where(fleet, tenant) for tenant in ("acme", "blue")]
            return sorted(chosen) == [[], [first.name]]

        await until(one_is_in)
        late = "blue" if await where(fleet) else "acme"
        in_time = "acme" if late == "blue" else "blue"
        await fleet.hub.until_condition("Ready", "True", tenant=in_time)
        await fleet.hub.until_condition("RegionsSynced", "False", "NoRegionFits", tenant=late)
        said = await message(fleet, late)
        assert f"{first.name}: full (1 of 1)" in said
        assert f"{second.name}: UY is not allowed" in said
        assert len(await first.placements()) == 1
        assert await second.placements() == []

        await edit(fleet, first, capacity=2)
        await fleet.hub.until_condition("Ready", "True", tenant=late)


async def test_what_was_chosen_is_kept_over_a_restart_and_a_cordon(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    spread: dict[str, Any] = {"placement": {"standbys": 1, "spread": "Jurisdiction"}}
    async with fleet.hub.running():
        await both_registered(fleet, first, second)
        await fleet.hub.apply(**spread)
        await fleet.hub.until_condition("Ready", "True")
        before = await where(fleet)
        assert sorted(before) == sorted([first.name, second.name])

    home = fleet.regions[before[0]]
    await edit(fleet, home, cordoned=True, capacity=0)
    async with fleet.hub.running(epoch=2):
        await fleet.hub.apply(**spread, displayName="Later SA")

        async def is_taken_up() -> bool:
            found = await home.placement(fleet.hub.key()) or {"spec": {"bundle": {}}}
            return bool(found["spec"]["bundle"].get("displayName") == "Later SA")

        await until(is_taken_up)
        await fleet.hub.until_condition("Ready", "True")

        assert await where(fleet) == before


@pytest.mark.parametrize("fleet", [{"meta_registration": True}], indirect=True)
async def test_a_drained_region_is_left_once_another_serves_and_has_the_webhooks(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    key = fleet.hub.key()
    async with fleet.hub.running():
        await both_registered(fleet, first, second)
        await fleet.hub.apply(**FREE, residency={"jurisdictions": ["AR"]})
        await fleet.hub.until_condition("Ready", "True")
        assert await where(fleet) == [first.name]
        await fleet.hub.until_override(f"{fleet.hub.intake_url}{webhook_path(key)}")

        second.is_answering = False
        await fleet.hub.apply(**FREE, residency={"jurisdictions": ["AR", "UY"]})
        await edit(fleet, first, draining=True)
        await fleet.hub.until_condition("RegionsSynced", "False", "Moving")
        await until(lambda: second.has(key))
        assert "is being drained" in await message(fleet)
        assert (await fleet.hub.condition("Ready"))["status"] == "True"
        assert (await active(fleet), await first.has(key)) == (first.name, True)

        # What is held by somebody for a while shows what the hub said before it deleted it.
        await first.hold(key)
        second.is_answering = True

        going = await asked_to_go(first, key)
        assert going["metadata"]["annotations"][LEAVING] == "drain:1"
        await first.hold(key, is_held=False)

        async def is_left() -> bool:
            return not await first.has(key)

        await until(is_left)
        await fleet.hub.until_condition("RegionsSynced", "True")
        await fleet.hub.until_override(f"{elsewhere(fleet)}{webhook_path(key)}")
        assert (await where(fleet), await active(fleet)) == ([second.name], second.name)
        assert (await fleet.hub.condition("Ready"))["status"] == "True"
        await fleet.until_tenants(first, 0)
        await fleet.until_tenants(second, 1)


async def test_the_next_hub_says_of_what_goes_already_that_it_is_drained(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    key = fleet.hub.key()
    async with fleet.hub.running():
        await both_registered(fleet, first, second)
        await fleet.hub.apply(**FREE, residency={"jurisdictions": ["AR"]})
        await fleet.hub.until_condition("Ready", "True")
        await first.hold(key)
        await fleet.hub.apply(**FREE, residency={"jurisdictions": ["AR", "UY"]})
        await edit(fleet, first, draining=True)
        assert (await asked_to_go(first, key))["metadata"]["annotations"][LEAVING] == "drain:1"

    async with fleet.hub.running():

        async def is_said_anew() -> bool:
            going = await asked_to_go(first, key)
            return bool(going["metadata"]["annotations"][LEAVING] == "drain:2")

        await until(is_said_anew)
        await first.hold(key, is_held=False)
        await fleet.hub.until_condition("RegionsSynced", "True")
        assert await where(fleet) == [second.name]


async def test_who_names_a_drained_region_stays_until_the_hub_may_choose(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    key = fleet.hub.key()
    async with fleet.hub.running():
        await both_registered(fleet, first, second)
        await fleet.hub.apply(placement={"home": first.name})
        await fleet.hub.until_condition("Ready", "True")

        await edit(fleet, first, draining=True)
        await fleet.hub.until_condition("RegionsSynced", "False", "RegionDraining")
        assert "put standbys: 0 in place of spec.placement.home" in await message(fleet)
        assert (await fleet.hub.condition("Ready"))["status"] == "True"

        await fleet.hub.apply(**FREE)

        async def is_moved() -> bool:
            return await second.has(key) and not await first.has(key)

        await until(is_moved)
        assert await active(fleet) == second.name
