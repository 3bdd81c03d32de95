"""A region that has another name now still lets go of what it held under the old one."""

from __future__ import annotations

from dataclasses import replace

from acuse.resources.names import REGION_FINALIZER
from acuse_cluster.kinds import DEPLOYMENTS, HTTPROUTES, PLACEMENTS, Ref
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld


async def test_a_placement_of_the_old_name_is_taken_down_when_it_is_deleted(
    world: RegionWorld,
) -> None:
    async def held() -> bool:
        placement = await world.placement() or {"metadata": {}}
        made = await world.has(DEPLOYMENTS) and await world.has(HTTPROUTES)
        return made and REGION_FINALIZER in placement["metadata"].get("finalizers", ())

    async with world.running():
        await world.hand_over()
        await until(held)
    world.settings = replace(world.settings, region=f"{world.settings.region}-renamed")

    async with world.running():
        await world.api.delete(Ref(PLACEMENTS, KEY, world.tenants))

        async def gone() -> bool:
            return await world.placement() is None

        await until(gone)
    assert not await world.has(HTTPROUTES)
