"""Workers that somebody scaled to none: an HPA leaves such a Deployment alone for ever."""

from __future__ import annotations

from acuse.resources.names import slug
from acuse_cluster.kinds import DEPLOYMENTS, HPAS, Ref
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld


async def test_they_are_brought_back_and_then_left_to_the_autoscaler(world: RegionWorld) -> None:
    async def replicas() -> int | None:
        deployment = await world.child(DEPLOYMENTS)
        return None if deployment is None else int(deployment["spec"]["replicas"])

    async def scale(count: int) -> None:
        ref = Ref(DEPLOYMENTS, slug(KEY), world.tenants)
        await world.api.merge_patch(ref, {"spec": {"replicas": count}}, subresource="scale")

    async with world.running() as role:
        await world.hand_over()
        await until(lambda: world.has(HPAS))
        await scale(0)

        async def back() -> bool:
            return await replicas() == 1

        await until(back)
        await world.until_settled(role)
        # How many there are is the autoscaler's again.
        await scale(3)
        await world.until_settled(role)
        assert await replicas() == 3
