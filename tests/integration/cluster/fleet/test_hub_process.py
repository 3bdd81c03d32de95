"""A hub as a process of its own, elected by its Lease: killed, and set back with its etcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.hub.differences import epoch_of
from support.etcd_copy import copy_etcd, restore_etcd
from support.eventually import until
from support.fleet_world import FarRegion, FleetWorld, fleet_world, numbers
from support.hub_world import HubWorld
from support.operator_process import operator_process
from support.plugin_run import run

MANY = 24


async def test_a_hub_that_is_killed_amid_pushing_leaves_no_half_of_it(
    fleet: FleetWorld, first: FarRegion, tmp_path: Path
) -> None:
    hub = fleet.hub
    tenants = [f"shop-{number}" for number in range(MANY)]
    await fleet.register(first)
    await hub.put_secret()
    for number, tenant in enumerate(tenants):
        await hub.apply(tenant, **numbers(str(300 + number)), placement={"home": first.name})
    # So slow that what is sent at a time comes far apart from what is sent next.
    first.proxy.lag = 2.0
    async with operator_process(hub, tmp_path) as operator:
        await until(lambda: _some(first), within=120.0)
        await asyncio.to_thread(operator.kill)
        pushed = await first.placements()
        assert 0 < len(pushed) < MANY
        first.proxy.lag = 0.0

        operator.start()
        for tenant in tenants:
            await hub.until_condition("Ready", "True", tenant=tenant)
    assert len(await first.placements()) == MANY
    # The Lease outlived its holder, and counts on.
    assert await first.floor() == "2"
    assert epoch_of(await first.placement(hub.key(pushed[0].rpartition(".")[2]))) == 1


async def _some(far: FarRegion) -> bool:
    return await far.placements() != []


@pytest.fixture
async def own_fleet(
    own_control_plane: ControlPlane,
    far_planes: tuple[ControlPlane, ControlPlane],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[FleetWorld, None]:
    """Yield a hub whose API server is its alone, and two regions that it does not know of."""
    async with fleet_world(own_control_plane, far_planes, monkeypatch) as made:
        yield made


async def test_a_hub_whose_etcd_was_set_back_takes_nothing_down_until_it_is_told_to_go_on(
    own_fleet: FleetWorld, tmp_path: Path
) -> None:
    """It counts on from its copy, to the very epoch in which the hub before it was."""
    fleet, hub = own_fleet, own_fleet.hub
    first, second = fleet.regions.values()
    async with operator_process(hub, tmp_path):
        for far in (first, second):
            await fleet.register(far)
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await hub.until_condition("Ready", "True")
    await asyncio.to_thread(copy_etcd, hub.plane, tmp_path / "copy")

    async with operator_process(hub, tmp_path):
        await hub.apply(placement={"home": first.name, "standby": [second.name]})
        await hub.apply("blue", **numbers("200"), placement={"home": first.name})
        for tenant in ("acme", "blue"):
            await hub.until_condition("Ready", "True", tenant=tenant)

        await until(lambda: _are_floored(fleet, "2"))
    there = await _there(fleet)
    assert there == [[hub.key("acme"), hub.key("blue")], [hub.key("acme")]]
    before = [len(far.hub_writes()) for far in (first, second)]

    await asyncio.to_thread(restore_etcd, hub.plane, tmp_path / "copy")
    assert await hub.live("blue") is None
    async with operator_process(hub, tmp_path) as operator:
        await hub.until_condition("RegionsSynced", "False", "NewerHub")
        assert await _there(fleet) == there
        assert [len(far.hub_writes()) for far in (first, second)] == before

        await _tell_to_go_on(hub)
        await until(operator.ended)
        operator.start()
        await until(lambda: _has_left(fleet, second))
        await hub.until_condition("Ready", "True")
    # What has no Tenant any more is somebody's to decide.
    assert await first.placements() == there[0]


async def _tell_to_go_on(hub: HubWorld) -> None:
    where = hub.settings
    flags = (
        f"--release-namespace={where.release_namespace}",
        f"--tenants-namespace={where.tenants_namespace}",
    )
    told = await run(hub.plane.kubeconfig(), *flags, "takeover", "--yes")
    assert told.last.startswith("Taken over"), told


async def _there(fleet: FleetWorld) -> list[list[str]]:
    return [await far.placements() for far in fleet.regions.values()]


async def _are_floored(fleet: FleetWorld, epoch: str) -> bool:
    return {await far.floor() for far in fleet.regions.values()} == {epoch}


async def _has_left(fleet: FleetWorld, far: FarRegion) -> bool:
    return not await far.has(fleet.hub.key())
