"""What happens to a placement while the region is at work on it is not missed."""

from __future__ import annotations

import pytest

from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, Manifest
from acuse_operator.region import conditions
from acuse_operator.region.role import REGION_KEY, RegionRole
from support.placements import KEY
from support.region_world import RegionWorld


async def test_a_placement_changed_while_its_status_is_written_is_looked_at_again(
    world: RegionWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No status waits here for the next one.
    monkeypatch.setattr(conditions, "_SETTLE", 0.0)
    waiting: list[str] = []
    role = RegionRole(world.api, world.settings, world.told)

    def enqueue(key: str, *, after: float = 0.0) -> None:
        del after
        waiting.append(key)

    role.enqueue = enqueue
    apply, changed = Api.apply, False

    async def changed_meanwhile(api: Api, manifest: Manifest, **how: object) -> Manifest:
        nonlocal changed
        if (
            how.get("subresource") == "status"
            and manifest["kind"] == PLACEMENTS.kind
            and not changed
        ):
            changed = True
            await world.place(suspend=True)
        return await apply(api, manifest, **how)  # type: ignore[arg-type]

    try:
        await world.hand_over()
        await role.reconcile(REGION_KEY)
        placement = await world.placement()
        assert placement is not None
        role.placement_seen(placement)
        monkeypatch.setattr(Api, "apply", changed_meanwhile)
        waiting.clear()
        await role.reconcile(KEY)
        assert changed

        assert KEY in waiting
        await role.reconcile(KEY)
        assert await world.condition("Ready") == ("False", "Suspended")
    finally:
        await role.close()
