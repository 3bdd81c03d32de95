"""The Region says how many tenants it has."""

from __future__ import annotations

import pytest

from acuse_cluster.kinds import REGIONS, Ref
from support.eventually import until
from support.hub_world import HubWorld


@pytest.mark.parametrize("world", [{"region_poll": 0.5}], indirect=True)
async def test_the_hubs_own_region_says_how_many_tenants_it_has(world: HubWorld) -> None:
    async def has(count: int) -> bool:
        region = await world.api.get(Ref(REGIONS, world.region)) or {}
        return bool(region.get("status", {}).get("tenants") == count)

    async with world.served():
        await until(lambda: has(1))
        await world.delete()
        await world.until_gone()
        await until(lambda: has(0))
