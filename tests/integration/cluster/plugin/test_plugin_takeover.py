"""`kubectl acuse takeover`: this hub becomes the newest of its regions, when told to."""

from __future__ import annotations

import asyncio
from typing import Any

from acuse_cluster.kinds import LEASES, REGIONS, SECRETS, Ref
from acuse_operator.floor import Mandate, floor_data, floor_ref
from acuse_operator.leadership import Candidate
from acuse_operator.lease import Terms, lease_of
from support.plugin_world import PluginWorld


async def lease(world: PluginWorld) -> dict[str, Any] | None:
    found = await world.api.get(Ref(LEASES, "acuse-operator", world.release))
    return None if found is None else dict(found["spec"])


async def make_lease(world: PluginWorld, *, transitions: int) -> None:
    await world.api.create(
        {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": "acuse-operator", "namespace": world.release},
            "spec": {
                "holderIdentity": "somebody",
                "leaseDurationSeconds": 10,
                "leaseTransitions": transitions,
            },
        }
    )


async def newer_far(world: PluginWorld, epoch: int = 9) -> None:
    """Have a placement of a later epoch in the region elsewhere."""
    await world.apply(placement={"home": world.near, "standby": [world.far]})
    await world.hand_over(world.near, epoch=2)
    await world.hand_over(world.far, role="Standby", epoch=epoch)


async def test_nothing_is_done_where_no_region_has_seen_a_later_epoch(world: PluginWorld) -> None:
    await make_lease(world, transitions=9)
    await newer_far(world, epoch=10)

    ran = await world.run("takeover", "--yes", "-o", "json")
    text = await world.run("takeover")

    assert (ran.code, text.code) == (0, 0)
    assert (ran.json["epoch"], ran.json["isNeeded"], ran.json["isDone"]) == (10, False, False)
    assert "there is nothing to take over" in text.out
    assert (await lease(world) or {})["leaseTransitions"] == 9


async def test_another_hub_of_the_same_epoch_is_taken_over_from(world: PluginWorld) -> None:
    await make_lease(world, transitions=9)
    await newer_far(world, epoch=10)
    where = floor_ref(world.tenants)
    kept = floor_data(Mandate(10, "somebody"))
    metadata = {"name": where.name, "namespace": where.namespace}
    await world.far_api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": kept}
    )

    ours = await world.run("takeover", "-o", "json")
    await world.far_api.merge_patch(where, {"data": floor_data(Mandate(10, "who-was-first"))})
    another = await world.run("takeover", "--yes", "-o", "json")

    assert ours.json["isNeeded"] is False
    assert (another.json["isNeeded"], another.json["isDone"]) == (True, True)
    assert another.json["nextEpoch"] == 12


async def test_of_a_region_that_nobody_can_look_into_it_is_not_said_that_all_is_well(
    world: PluginWorld,
) -> None:
    await make_lease(world, transitions=9)
    await world.apply()
    secret = (await world.api.get(Ref(REGIONS, world.far)) or {})["spec"]["access"]
    named = secret["kubeconfigSecretRef"]
    await world.api.delete(Ref(SECRETS, named["name"], named["namespace"]))

    ran = await world.run("takeover", "--yes")

    assert ran.code == 3
    assert f"Not seen: {world.far}." in ran.out
    assert ran.last.startswith("None of the others has seen a later hub")
    assert (await lease(world) or {})["leaseTransitions"] == 9


async def test_nothing_is_done_before_somebody_says_yes(world: PluginWorld) -> None:
    await make_lease(world, transitions=1)
    await newer_far(world)

    asked = await world.run("takeover", stdin="n\n")
    unasked = await world.run("takeover", "-o", "json")

    assert asked.code == 1
    assert "in epoch 11" in asked.out
    assert unasked.err.startswith("error: invalid_request: ")
    assert (await lease(world) or {})["leaseTransitions"] == 1


async def test_the_next_leader_is_newer_than_all_that_regions_have_seen(
    world: PluginWorld,
) -> None:
    await make_lease(world, transitions=1)
    await newer_far(world)

    ran = await world.run("takeover", "--yes", "-o", "json")

    seen = {r["region"]: r["highestEpoch"] for r in ran.json["regions"]}
    assert (seen[world.near], seen[world.far]) == (2, 9)
    assert (ran.json["highestEpoch"], ran.json["nextEpoch"], ran.json["isDone"]) == (9, 11, True)
    left = await lease(world) or {}
    assert (left.get("holderIdentity", ""), left["leaseTransitions"]) == ("", 9)
    where = lease_of(world.release)
    candidate = Candidate(world.api, where, identity="next", terms=Terms())
    async with candidate.leading() as leader:
        assert leader.epoch == 11


async def test_a_hub_at_work_ends_and_is_elected_anew(world: PluginWorld) -> None:
    await newer_far(world)
    where = lease_of(world.release)
    async with Candidate(world.api, where, identity="us", terms=Terms()).leading() as leader:
        assert leader.epoch == 1

        ran = await world.run("takeover", "--yes")

        assert ran.code == 0, ran.err
        assert await asyncio.wait_for(leader.lost, 60) == "taken"
    async with Candidate(world.api, where, identity="again", terms=Terms()).leading() as leader:
        assert leader.epoch == 11


async def test_a_hub_without_a_lease_takes_over_as_well(world: PluginWorld) -> None:
    await newer_far(world)

    ran = await world.run("takeover", "--yes")

    assert ran.code == 0
    assert ran.out.rstrip().endswith("Taken over: the operator restarts now.")
    candidate = Candidate(world.api, lease_of(world.release), identity="next", terms=Terms())
    async with candidate.leading() as leader:
        assert leader.epoch == 11


async def test_who_may_not_write_the_lease_is_refused(world: PluginWorld) -> None:
    await make_lease(world, transitions=1)
    await world.apply()
    await world.hand_over(world.near, epoch=5)
    user = await world.viewer("viewer")

    ran = await world.run("takeover", "--yes", user=user)

    assert (ran.code, ran.err[:19]) == (1, "error: api_refused:")
    assert (await lease(world) or {})["leaseTransitions"] == 1
