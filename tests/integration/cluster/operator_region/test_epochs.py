"""The highest epoch that a region has seen lasts, and nothing of an older hub is carried out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from acuse.resources.names import EPOCH_FLOOR
from acuse_cluster.client import Api
from acuse_cluster.kinds import CONFIGMAPS, DEPLOYMENTS, HTTPROUTES, PLACEMENTS, Manifest, Ref
from acuse_operator.region.epochs import Epochs
from acuse_operator.region.role import REGION_KEY
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld


def floor_ref(world: RegionWorld) -> Ref:
    """Return the address of the floor."""
    return Ref(CONFIGMAPS, EPOCH_FLOOR, world.tenants)


async def kept(world: RegionWorld) -> str | None:
    """Return the epoch that is kept."""
    live = await world.api.get(floor_ref(world)) or {}
    data: dict[str, str] = live.get("data") or {}
    return data.get("epoch")


async def until_kept(world: RegionWorld, epoch: int) -> None:
    """Return once this epoch is kept."""

    async def holds() -> bool:
        return await kept(world) == str(epoch)

    await until(holds)


async def put(world: RegionWorld, epoch: int) -> None:
    """Write the floor as an administrator."""
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": EPOCH_FLOOR, "namespace": world.tenants},
        "data": {"epoch": str(epoch)},
    }
    await world.api.apply(manifest, manager="kubectl")


async def until_workers(world: RegionWorld) -> None:
    """Return once the tenant has workers."""

    async def made() -> bool:
        return await world.has(DEPLOYMENTS) and await world.has(HTTPROUTES)

    await until(made)


async def remove(world: RegionWorld) -> None:
    """Delete the placement, and return once it is gone."""
    await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))

    async def gone() -> bool:
        return await world.placement() is None

    await until(gone)


async def test_a_placement_made_anew_by_an_older_hub_is_refused_also_after_a_restart(
    world: RegionWorld,
) -> None:
    async with world.running():
        await world.hand_over(epoch=5)
        await until_workers(world)
        await until_kept(world, 5)
        await remove(world)

    async with world.running():
        await world.place(epoch=4)

        await world.until_condition("Ready", "False", "StaleEpoch")
        assert await world.there((DEPLOYMENTS, HTTPROUTES)) == set()

        # The newer hub's is taken.
        await world.place(epoch=6, generation=2)
        await until_workers(world)
        await until_kept(world, 6)


async def test_what_was_carried_out_before_goes_on_under_a_higher_floor(
    world: RegionWorld,
) -> None:
    async with world.running() as role:
        await world.hand_over(epoch=2)
        await until_workers(world)
        await world.until_settled(role)

    await put(world, 5)

    async with world.running():
        # A hub that takes over writes only what it changes: this one is as good as it was.
        await world.api.delete(
            Ref(HTTPROUTES, (await route_name(world)), world.namespace(HTTPROUTES))
        )
        await until_workers(world)
        assert (await world.condition("Ready"))[1] != "StaleEpoch"

        # What the older one changes from now on is not carried out.
        await world.place(epoch=2, generation=2, hash="1123456789abcdef", suspend=True)

        await world.until_condition("Ready", "False", "StaleEpoch")
        deployment = await world.child(DEPLOYMENTS)
        assert deployment is not None
        assert deployment["spec"]["replicas"] == 1


async def route_name(world: RegionWorld) -> str:
    """Return the name of the tenant's route."""
    route = await world.child(HTTPROUTES)
    assert route is not None
    return str(route["metadata"]["name"])


async def test_the_floor_is_made_again_and_raised_over_what_somebody_else_wrote(
    world: RegionWorld,
) -> None:
    async with world.running() as role:
        await world.hand_over(epoch=3)
        await until_kept(world, 3)

        await world.api.delete(floor_ref(world))
        role.enqueue(REGION_KEY)
        await until_kept(world, 3)

        # Raised by the hub, or by the operator before this one.
        await put(world, 7)
        role.enqueue(REGION_KEY)
        await world.place(epoch=8, generation=2)
        await until_kept(world, 8)


async def test_a_thousand_placements_of_a_new_epoch_raise_it_once(world: RegionWorld) -> None:
    epochs = Epochs(world.api, namespace=world.tenants)
    await epochs.look()
    placements = [one(number) for number in range(1000)]

    said = await asyncio.gather(*map(epochs.judge, placements))

    assert set(said) == {None}
    assert await kept(world) == "4"
    live = await world.api.get(floor_ref(world))
    assert live is not None
    version = live["metadata"]["resourceVersion"]
    await asyncio.gather(*map(epochs.judge, placements))
    assert (await world.api.get(floor_ref(world)) or {})["metadata"]["resourceVersion"] == version


def one(number: int, *, epoch: int = 4) -> Manifest:
    """Return as much of a placement as says its epoch."""
    return {"metadata": {"name": f"shops.t{number}"}, "spec": {"epoch": epoch, "hash": "feed"}}


async def test_two_that_raise_it_at_once_never_lower_it(
    world: RegionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs = Epochs(world.api, namespace=world.tenants)
    await epochs.look()
    apply, raised = Api.apply, False

    async def raised_meanwhile(api: Api, manifest: Manifest, **how: Any) -> Manifest:
        nonlocal raised
        if manifest["kind"] == CONFIGMAPS.kind and not raised:
            raised = True
            await put(world, 9)
        return await apply(api, manifest, **how)

    monkeypatch.setattr(Api, "apply", raised_meanwhile)

    assert await epochs.judge(one(0, epoch=6)) is None

    assert raised
    assert await kept(world) == "9"
    assert epochs.floor == 9
    refused = await epochs.judge(one(1, epoch=8))
    assert refused is not None
    assert refused.reason == "StaleEpoch"
