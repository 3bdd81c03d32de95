"""A tenant's life in a region, on a real API server: made, kept, changed, removed."""

from __future__ import annotations

from typing import Final

from acuse.resources.names import REGION_FINALIZER, slug
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HPAS,
    HTTPROUTES,
    INGRESSES,
    NETWORKPOLICIES,
    PDBS,
    REGIONS,
    SECRETS,
    SERVICEACCOUNTS,
    Ref,
    kind_of,
)
from acuse_operator.conditions import conditions_of, find
from acuse_operator.desired.network import default_deny
from acuse_operator.drift import differences
from acuse_operator.region.role import REGION_KEY
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld

OF_A_DEDICATED: Final = (
    HTTPROUTES,
    SERVICEACCOUNTS,
    SECRETS,
    NETWORKPOLICIES,
    DEPLOYMENTS,
    HPAS,
    PDBS,
)
ALL: Final = (*OF_A_DEDICATED, INGRESSES)


async def until_has_all(world: RegionWorld) -> None:
    async def has_all() -> bool:
        return await world.there(ALL) == {kind.kind for kind in OF_A_DEDICATED}

    await until(has_all)


async def test_a_placement_becomes_objects_and_looking_again_writes_nothing(
    world: RegionWorld,
) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_has_all(world)
        await world.until_condition("Progressing", "True")
        await world.until_settled(role)
        before = world.writes()
        assert f"patch deployments {slug(KEY)}" in before

        for key in tuple(role.keys()):
            await role.reconcile(key)

        assert world.writes() == before

    placement = await world.placement()
    assert placement is not None
    assert REGION_FINALIZER in placement["metadata"]["finalizers"]
    status = placement["status"]
    assert status["observedHash"] == placement["spec"]["hash"]
    assert status["workers"] == {"mode": "Dedicated", "desired": 1, "ready": 0}
    assert status["url"] == f"http://127.0.0.1:1/webhooks/whatsapp/meta/cloud/{KEY}"


async def test_a_restart_writes_nothing(world: RegionWorld) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_has_all(world)
        await world.until_settled(role)
    before = len(world.writes())

    async with world.running() as role:
        await until(lambda: slug(KEY) in {slug(key) for key in tuple(role.keys())})
        for key in tuple(role.keys()):
            await role.reconcile(key)

    assert world.writes()[before:] == []


async def test_the_region_has_its_secret_and_a_policy_that_refuses_the_rest(
    world: RegionWorld,
) -> None:
    policy = default_deny(world.settings)
    async with world.running():
        ref = Ref(SECRETS, "acuse-region", world.tenants)

        async def made() -> bool:
            return await world.api.get(ref) is not None

        await until(made)

    secret = await world.api.get(ref)
    live = await world.api.get(Ref(kind_of(policy), policy["metadata"]["name"], world.tenants))
    assert secret is not None
    assert sorted(secret["data"]) == ["AWS_ACCESS_KEY_ID", "databaseURL"]
    assert live is not None
    assert differences(policy, live) == ()


async def test_ready_follows_the_route_and_the_workers(world: RegionWorld) -> None:
    async with world.running():
        await world.hand_over(workers={"mode": "Shared"})
        await world.until_condition("RouteReady", "False", "Waiting")
        assert await world.condition("Ready") == ("False", "Waiting")

        await world.accept_route()

        await world.until_condition("RouteReady", "True", "RouteAccepted")
        await world.until_condition("Ready", "True", "Serving")
        assert await world.condition("Progressing") == ("False", "Complete")
        assert world.told.messages("Serving")


async def test_a_dedicated_tenant_that_becomes_shared_keeps_its_route_only(
    world: RegionWorld,
) -> None:
    async with world.running():
        await world.hand_over()
        await until_has_all(world)

        await world.hand_over(workers={"mode": "Shared"}, generation=2, hash="1123456789abcdef")

        async def only_a_route() -> bool:
            return await world.there(ALL) == {"HTTPRoute"}

        await until(only_a_route)


async def test_a_suspended_tenant_has_no_workers_and_comes_back(world: RegionWorld) -> None:
    async def replicas() -> int | None:
        deployment = await world.child(DEPLOYMENTS)
        return None if deployment is None else int(deployment["spec"]["replicas"])

    async def stopped() -> bool:
        return await replicas() == 0 and not await world.has(HPAS)

    async def back() -> bool:
        return await replicas() == 1 and await world.has(HPAS)

    async with world.running():
        await world.hand_over()
        await until_has_all(world)

        await world.hand_over(suspend=True, generation=2, hash="1123456789abcdef")
        await until(stopped)
        await world.until_condition("Ready", "False", "Suspended")
        assert await world.has(HTTPROUTES)

        await world.hand_over(generation=3, hash="2123456789abcdef")
        await until(back)


async def test_a_deleted_placement_leaves_nothing(world: RegionWorld) -> None:
    async with world.running():
        await world.hand_over()
        await until_has_all(world)

        world.plane.kubectl("delete", "tenantplacement", KEY, "-n", world.tenants, "--wait=false")

        async def gone() -> bool:
            return await world.placement() is None

        await until(gone)
    assert await world.there(ALL) == set()


async def test_a_region_that_is_not_reached_says_so_once_somebody_is_routed_there(
    world: RegionWorld,
) -> None:
    async def said(status: str) -> bool:
        region = await world.api.get(Ref(REGIONS, world.settings.region))
        found = find(conditions_of(region), "Ready")
        return found is not None and found["status"] == status

    async with world.running() as role:
        # Nobody is, so there is nothing to ask yet.
        await until(lambda: said("True"))
        await world.hand_over(workers={"mode": "Shared"})
        await until_has_route(world)
        await world.accept_route()
        await world.until_condition("RouteReady", "True", "RouteAccepted")

        role.enqueue(REGION_KEY)
        await until(lambda: said("False"))

    region = await world.api.get(Ref(REGIONS, world.settings.region))
    reasons = {c["type"]: (c["status"], c["reason"]) for c in conditions_of(region)}
    assert reasons == {
        "Ready": ("False", "NoAnswer"),
        "IntakeReachable": ("False", "NoAnswer"),
        "DatabaseReady": ("Unknown", "NotAsked"),
        "DeletionsHeld": ("False", "NoneHeld"),
    }


async def test_a_placement_of_another_region_is_left_alone(world: RegionWorld) -> None:
    async with world.running() as role:
        wanted = world.settings.region
        await world.place()
        await until_has_route(world)
        assert (await world.placement() or {})["spec"]["region"] == wanted
        before = len(world.writes())
        foreign = {**(await world.placement() or {})}
        foreign["metadata"] = {**foreign["metadata"], "name": "other.tenant"}
        foreign["spec"] = {**foreign["spec"], "region": "elsewhere"}

        role.placement_seen(foreign)
        await role.reconcile("other.tenant")

        assert [w for w in world.writes()[before:] if "other" in w] == []


async def until_has_route(world: RegionWorld) -> None:
    async def has_route() -> bool:
        return await world.has(HTTPROUTES)

    await until(has_route)
