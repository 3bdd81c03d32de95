"""Tenants in regions elsewhere: placed, taken up, changed, moved and taken down."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial

import pytest

from acuse_cluster.kinds import REGIONS, SECRETS, Ref
from support.eventually import until
from support.fleet_world import FarRegion, FleetWorld, numbers


async def placed(fleet: FleetWorld, home: FarRegion, *standby: FarRegion) -> None:
    """Register regions, and a Tenant in them."""
    for far in (home, *standby):
        await fleet.register(far)
    await fleet.hub.put_secret()
    await fleet.hub.apply(placement={"home": home.name, "standby": [far.name for far in standby]})


async def test_a_tenant_is_in_its_regions_and_its_status_says_so(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await placed(fleet, first, second)
        await fleet.hub.until_condition("Ready", "True")

        live = await fleet.hub.live() or {}
        assert live["status"]["regionsReady"] == "2/2"
        for far, role in ((first, "Home"), (second, "Standby")):
            placement = await far.placement(fleet.hub.key()) or {}
            assert placement["spec"]["role"] == role
            assert placement["spec"]["region"] == far.name
            await fleet.until_reachable(far, "True", "Answers")


async def test_an_edit_reaches_the_region_and_what_others_change_there_is_put_back(
    fleet: FleetWorld, first: FarRegion
) -> None:
    key = fleet.hub.key()

    async def name_is(name: str) -> bool:
        placement = await first.placement(key) or {"spec": {"bundle": {}}}
        return bool(placement["spec"]["bundle"].get("displayName") == name)

    async with fleet.hub.running():
        await placed(fleet, first)
        await fleet.hub.until_condition("Ready", "True")

        await fleet.hub.apply(displayName="Otra SA", placement={"home": first.name})
        await until(lambda: name_is("Otra SA"))
        first.plane.kubectl(
            *("patch", "tenantplacement", key, "--namespace", first.namespace, "--type=merge"),
            '--patch={"spec":{"bundle":{"displayName":"Nobody SA"}}}',
        )
        await until(lambda: name_is("Otra SA"))


async def is_floored(far: FarRegion, epoch: str) -> bool:
    """Tell whether a region has seen a hub of this epoch."""
    return await far.floor() == epoch


async def test_a_hub_that_starts_anew_writes_nothing_but_its_epoch(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await placed(fleet, first, second)
        await fleet.hub.until_condition("Ready", "True")
        for far in (first, second):
            await fleet.until_tenants(far, 1)
    before = [len(fleet.hub.writes()), len(first.hub_writes()), len(second.hub_writes())]

    async with fleet.hub.running():
        for far in (first, second):
            await fleet.until_reachable(far, "True", "Answers")
        await until(lambda: fleet.hub.calls() != [])
        for far in (first, second):
            await until(partial(is_floored, far, "2"))

    assert fleet.hub.writes()[before[0] :] == []
    assert first.hub_writes()[before[1] :] == ["patch configmaps acuse-epoch"]
    assert second.hub_writes()[before[2] :] == ["patch configmaps acuse-epoch"]


async def test_a_deleted_tenant_leaves_nothing_in_any_region(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await placed(fleet, first, second)
        await fleet.hub.until_condition("Ready", "True")

        await fleet.hub.delete()
        await fleet.hub.until_gone()

    assert not await first.has(fleet.hub.key())
    assert not await second.has(fleet.hub.key())


async def test_a_tenant_that_gives_up_a_region_leaves_nothing_there(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async def has_left() -> bool:
        live = await fleet.hub.live() or {}
        names = [state["name"] for state in live["status"]["regions"]]
        return not await second.has(fleet.hub.key()) and names == [first.name]

    async with fleet.hub.running():
        await placed(fleet, first, second)
        await fleet.hub.until_condition("Ready", "True")

        await fleet.hub.apply(placement={"home": first.name})
        await until(has_left)
        assert await first.has(fleet.hub.key())
        await fleet.hub.until_event("RegionLeft")


async def test_regions_come_and_go_under_load_and_nothing_in_them_is_touched(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    """One comes and goes twenty times while another one's tenant is edited all the time."""
    edits = Edits(fleet, second)
    async with fleet.hub.running():
        await placed(fleet, first)
        await fleet.register(second)
        await fleet.hub.until_condition("Ready", "True")
        async with asyncio.TaskGroup() as group:
            load = group.create_task(edits.go_on())
            before: Counter[str] = Counter()
            for turn in range(20):
                await fleet.deregister(first)
                await fleet.hub.until_condition("Ready", "False", "UnknownRegion")
                assert await first.has(fleet.hub.key())
                await fleet.register(first)
                await fleet.hub.until_condition("Ready", "True")
                await edits.another()
                if turn == 0:
                    before = tasks()
            assert tasks() == before, "each connection took its own along"
            load.cancel()

    assert [w for w in first.hub_writes() if w.startswith("delete")] == []


@dataclass(slots=True)
class Edits:
    """Edits of the tenant `blue`, one as soon as the last one has reached its region."""

    fleet: FleetWorld
    far: FarRegion
    count: int = 0

    async def go_on(self) -> None:
        """Edit until cancelled."""
        spec = {**numbers("200"), "placement": {"home": self.far.name}}
        while True:
            name = f"Edit {self.count + 1} SA"
            await self.fleet.hub.apply("blue", displayName=name, **spec)
            await until(partial(self.fleet.named, self.far, "blue", name))
            self.count += 1

    async def another(self) -> None:
        """Return once one more edit has reached the region."""
        so_far = self.count
        await until(lambda: self.count > so_far)


def tasks() -> Counter[str]:
    """Return what connections to regions are kept by, and how many there are of each."""
    kept = ("Fleet.", "RemoteRegion.", "Informer.", "WorkQueue.")
    running = [str(getattr(task.get_coro(), "__qualname__", "")) for task in asyncio.all_tasks()]
    return Counter(name for name in running if name.startswith(kept))


async def test_a_tenants_credentials_are_in_no_other_region_and_in_no_status(
    fleet: FleetWorld, first: FarRegion, second: FarRegion
) -> None:
    async with fleet.hub.running():
        await fleet.register(second)
        await placed(fleet, first)
        await fleet.hub.until_condition("Ready", "True")

    listed = await second.api.list(SECRETS, namespace=second.namespace)
    assert listed.items == []
    assert fleet.hub.token not in str(await fleet.hub.live())


@pytest.mark.parametrize("fleet", [{"region_poll": 3600.0}], indirect=True)
async def test_a_kubeconfig_that_names_a_plugin_is_refused(
    fleet: FleetWorld, first: FarRegion
) -> None:
    plugin = b"""
apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
users: [{name: x, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch}}}]
"""
    async with fleet.hub.running():
        await fleet.register(first)
        await fleet.until_reachable(first, "True", "Answers")
        # Asked for when the Region changes, too.
        await fleet.hand_kubeconfig(first, plugin)
        await fleet.hub.api.merge_patch(Ref(REGIONS, first.name), {"spec": {"cordoned": True}})
        await fleet.until_reachable(first, "Unknown", "Unauthorized")
