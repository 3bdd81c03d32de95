"""The region's sign of life is renewed whatever its tenants do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from acuse.resources.names import HEARTBEAT
from acuse_cluster.kinds import LEASES, Manifest, Ref
from acuse_operator.region.heartbeat import Heartbeat
from support.eventually import until
from support.region_world import RegionWorld


@asynccontextmanager
async def beating(world: RegionWorld, *, every: float) -> AsyncGenerator[None, None]:
    """Renew the Lease while the block runs."""
    heartbeat = Heartbeat(
        world.api, region=world.settings.region, namespace=world.tenants, every=every
    )
    task = asyncio.create_task(heartbeat.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def lease(world: RegionWorld) -> Manifest | None:
    """Return the Lease."""
    return await world.api.get(Ref(LEASES, HEARTBEAT, world.tenants))


async def renewed(world: RegionWorld) -> str | None:
    """Return when the Lease was renewed last."""
    found = await lease(world)
    return None if found is None else str(found["spec"]["renewTime"])


async def until_renewed(world: RegionWorld, since: str | None) -> None:
    """Return once the Lease was renewed after `since`."""

    async def is_newer() -> bool:
        now = await renewed(world)
        return now is not None and now != since

    await until(is_newer)


async def test_the_lease_says_who_and_for_how_long_and_is_renewed(world: RegionWorld) -> None:
    async with beating(world, every=0.5):
        await until_renewed(world, None)
        found = await lease(world)
        assert found is not None
        assert found["spec"]["holderIdentity"] == world.settings.region
        assert found["spec"]["leaseDurationSeconds"] == 40
        moment = datetime.fromisoformat(found["spec"]["renewTime"])
        assert abs((datetime.now(UTC) - moment).total_seconds()) < 300

        await until_renewed(world, found["spec"]["renewTime"])


async def test_one_that_is_taken_away_is_made_again(world: RegionWorld) -> None:
    async with beating(world, every=0.5):
        await until_renewed(world, None)

        await world.api.delete(Ref(LEASES, HEARTBEAT, world.tenants))

        await until_renewed(world, None)


async def test_another_hand_on_the_lease_does_no_harm(world: RegionWorld) -> None:
    async with beating(world, every=0.5):
        await until_renewed(world, None)
        other = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": HEARTBEAT, "namespace": world.tenants},
            "spec": {"renewTime": "2026-01-01T00:00:00.000000Z", "holderIdentity": "another"},
        }
        await world.api.apply(other, manager="another-operator")

        async def is_ours() -> bool:
            found = await lease(world)
            return found is not None and found["spec"]["holderIdentity"] == world.settings.region

        await until(is_ours)
