"""A kind of ours that is deleted from the cluster while the operator runs, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest

from acuse.resources.names import slug
from acuse_cluster.kinds import CRDS, INGRESSES, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from support.control_plane import apply_crds
from support.eventually import until
from support.hub_world import HubWorld, hub_world


@pytest.fixture
async def both(
    own_control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[HubWorld, None]:
    """Yield a cluster of its own for an operator with both roles, and a Tenant not served yet."""
    async with hub_world(own_control_plane, monkeypatch, operator_role="both") as made:
        await made.put_region(ingressClassName="any")
        await made.put_secret()
        await made.apply()
        yield made


async def route(world: HubWorld) -> Manifest | None:
    """Return the tenant's route."""
    ref = Ref(INGRESSES, slug(world.key()), world.settings.release_namespace)
    return await world.api.get(ref)


async def lose(world: HubWorld, kind: str) -> None:
    """Run the operator, delete a kind, and return once it is gone and the operator has ended."""
    crd = Ref(CRDS, f"{kind}.acuse.dev")
    async with world.running() as operator:
        await world.until_condition("Ready", "True", "Serving")
        await world.api.delete(crd)

        async def gone() -> bool:
            return await world.api.get(crd) is None

        await until(gone)
        # An API server may keep a lost kind's watches open for minutes: the operator asks.
        async with asyncio.timeout(120.0):
            # Ended, whether by an error or not, the process ends too.
            with suppress(Exception):
                await operator.failed()


async def bring_back(world: HubWorld, kind: str) -> None:
    """Apply our kinds once a start of the operator has missed this one."""
    before = missed(world, kind)
    await until(lambda: missed(world, kind) > before)
    await asyncio.to_thread(apply_crds, world.plane)


def missed(world: HubWorld, kind: str) -> int:
    """Count how often the operator asked for a kind that is not there."""
    asked = f"list {kind}"
    missed = world.calls(lambda event: event["responseStatus"]["code"] == 404)
    return sum(call.startswith(asked) for call in missed)


async def test_tenants_whose_kind_is_deleted_go_as_each_does_and_are_served_once_it_is_back(
    both: HubWorld,
) -> None:
    await lose(both, "tenants")
    assert await both.override() is None
    assert (await both.placement(), await both.sealed(), await route(both)) == (None,) * 3

    back = asyncio.create_task(bring_back(both, "tenants"))
    async with both.running():
        await back
        await both.apply()
        await both.until_condition("Ready", "True", "Serving")
    assert await both.override() == both.url()


async def test_placements_whose_kind_is_deleted_are_handed_over_anew_once_it_is_back(
    both: HubWorld,
) -> None:
    await lose(both, "tenantplacements")
    assert await route(both) is None
    assert await both.live() is not None

    back = asyncio.create_task(bring_back(both, "tenantplacements"))
    async with both.running():
        await back
        await both.until_placed()
        await both.until_condition("Ready", "True", "Serving")
    assert await route(both) is not None
    assert await both.override() == both.url()
