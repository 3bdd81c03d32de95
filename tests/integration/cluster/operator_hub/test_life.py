"""A Tenant's life at the hub, on a real API server: placed, served, kept, let go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from acuse.resources.names import HUB_FINALIZER
from acuse.resources.placement import TenantPlacement
from acuse_cluster.kinds import NAMESPACES, PLACEMENTS, SECRETS, TENANTS, Ref
from acuse_operator.hub.tenant import FORCE_DELETE
from support.eventually import until
from support.hub_world import APP_SECRET, SECRET, VERIFY_TOKEN, HubWorld


async def test_a_tenant_is_placed_registered_and_ready(world: HubWorld) -> None:
    async with world.served():
        assert await world.override() == world.url()

    placement, tenant = await world.placement(), await world.live()
    assert placement is not None
    assert tenant is not None
    parsed = TenantPlacement.parse(placement)
    assert parsed.spec.role == "Home"
    assert tenant["metadata"]["finalizers"] == [HUB_FINALIZER]
    number = world.number.phone_number_id
    assert await world.sealed() == {
        f"{number}.appSecret": APP_SECRET,
        f"{number}.verifyToken": VERIFY_TOKEN,
        f"{number}.accessToken": world.token,
    }
    status = tenant["status"]
    assert (status["regionsReady"], status["active"], status["residency"]) == (
        "1/1",
        world.region,
        "any",
    )
    assert status["webhookURL"] == world.url()
    assert status["numbers"][0]["credentials"] == "Valid"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Ready": "True",
        "Progressing": "False",
        "Degraded": "False",
        "RegionsSynced": "True",
        "ResidencyEnforced": "True",
        "WebhookRegistered": "True",
        "CredentialsValid": "True",
        "DriftDetected": "False",
    }
    assert ("Normal", "Serving") in await world.events()


async def test_a_restart_that_finds_all_as_it_was_writes_nothing_and_kopf_never_does(
    world: HubWorld,
) -> None:
    async with world.served():
        await world.until_event("Serving")
    before = len(world.writes())
    looks = await world.graph.lab.management(world.number.phone_number_id)

    async with world.running() as operator:
        reads = world.calls().count(f"get secrets {SECRET}")

        def looked_again() -> bool:
            return world.calls().count(f"get secrets {SECRET}") > reads + 1

        await until(looked_again)
        assert not any(task.done() for task in operator.tasks)

    assert world.writes()[before:] == []
    assert await world.graph.lab.management(world.number.phone_number_id) == looks
    tenant = await world.live()
    assert tenant is not None
    assert "annotations" not in tenant["metadata"]
    assert tenant["metadata"]["finalizers"] == [HUB_FINALIZER]


async def test_an_edit_reaches_the_placement_and_ready_waits_for_the_region(
    world: HubWorld,
) -> None:
    async with world.served():
        await world.apply(displayName="Acme SRL")
        await world.until_condition("RegionsSynced", "False", "Applying")
        placement = await world.placement()
        assert placement is not None
        assert placement["spec"]["bundle"]["displayName"] == "Acme SRL"
        await world.answer()
        await world.until_condition("Ready", "True")

    tenant = await world.live()
    assert tenant is not None
    assert tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]


async def test_what_somebody_changes_in_a_region_by_hand_is_put_back(world: HubWorld) -> None:
    async with world.served():
        sealed = await world.sealed_secret()
        placement = await world.placement()
        assert sealed is not None
        assert placement is not None
        name, namespace = sealed["metadata"]["name"], sealed["metadata"]["namespace"]
        await world.api.merge_patch(Ref(SECRETS, name, namespace), {"data": {"x": "eA=="}})
        await world.api.merge_patch(
            Ref(PLACEMENTS, placement["metadata"]["name"], namespace), {"spec": {"suspend": True}}
        )

        async def put_back() -> bool:
            now = await world.placement()
            secret = await world.sealed_secret()
            assert now is not None
            assert secret is not None
            return (now["spec"], secret["data"]) == (placement["spec"], sealed["data"])

        await until(put_back)
        await world.api.delete(Ref(SECRETS, name, namespace))
        await until(put_back_secret(world))


def put_back_secret(world: HubWorld) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return await world.sealed_secret() is not None

    return there


async def test_a_deleted_tenant_takes_its_webhook_placement_and_credentials_along(
    world: HubWorld,
) -> None:
    async with world.served():
        assert await world.override() == world.url()
        await world.delete()
        await world.until_gone()

    assert await world.override() is None
    assert (await world.placement(), await world.sealed()) == (None, None)


async def test_a_tenant_that_never_got_anywhere_goes_at_once(world: HubWorld) -> None:
    await world.apply()
    async with world.running():
        await world.until_condition("CredentialsValid", "False", "SecretMissing")
        tenant = await world.live()
        assert tenant is not None
        assert "finalizers" not in tenant["metadata"]
        await world.delete()
        await world.until_gone()


async def test_a_region_that_does_not_let_go_keeps_the_tenant_and_says_so(world: HubWorld) -> None:
    async with world.served():
        held = await delete_held(world)
        tenant = await world.live()
        assert tenant is not None
        assert tenant["status"]["regions"][0]["phase"] == "Deleting"

        async def names_the_region() -> bool:
            return world.region in (await world.condition("Ready"))["message"]

        await until(names_the_region)
        await world.api.merge_patch(held, {"metadata": {"finalizers": None}})
        await world.until_gone()


async def delete_held(world: HubWorld) -> Ref:
    """Delete the Tenant, whose region does not let go; return the placement that is held."""
    held = Ref(PLACEMENTS, world.key(), world.settings.tenants_namespace)
    await world.api.merge_patch(held, {"metadata": {"finalizers": ["test.example/held"]}})
    await world.delete()
    await world.until_condition("Ready", "False", "Deleting")
    return held


async def test_force_delete_lets_a_tenant_go_from_a_region_that_does_not(world: HubWorld) -> None:
    async with world.served():
        await delete_held(world)
        live = Ref(TENANTS, "acme", world.namespace)
        await world.api.merge_patch(live, {"metadata": {"annotations": {FORCE_DELETE: "true"}}})
        await world.until_gone()
        await world.until_event("ForceDeleted")


async def test_a_meta_that_does_not_answer_holds_a_deleted_tenant_for_a_bounded_time(
    world: HubWorld,
) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running(delete_timeout=3.0):
        await world.serving()
        await world.graph.lab.revoke(world.number.phone_number_id)
        await world.delete()
        await world.until_gone()
        await world.until_event("WebhookLeft")

    assert await world.override() == world.url()


async def test_a_protected_tenant_is_served_on_until_it_is_protected_no_more(
    world: HubWorld,
) -> None:
    async with world.served(deletionProtection=True):
        await world.delete()
        await world.until_condition("Degraded", "True", "DeletionProtected")
        assert (await world.condition("Ready"))["status"] == "True"
        await world.api.merge_patch(
            Ref(TENANTS, "acme", world.namespace), {"spec": {"displayName": "Acme SRL"}}
        )
        await world.until_condition("RegionsSynced", "False", "Applying")
        await world.api.merge_patch(
            Ref(TENANTS, "acme", world.namespace), {"spec": {"deletionProtection": False}}
        )
        await world.until_gone()

    assert await world.override() is None


async def test_a_namespace_that_is_deleted_goes_with_its_tenants(world: HubWorld) -> None:
    async with world.served():
        await world.api.delete(Ref(NAMESPACES, world.namespace))
        await world.until_namespace_gone()

    assert await world.override() is None
    assert (await world.placement(), await world.sealed()) == (None, None)


async def test_a_tenant_that_loses_its_finalizer_by_force_leaves_nothing_behind(
    world: HubWorld,
) -> None:
    async with world.served():
        held = await delete_held(world)
        live = Ref(TENANTS, "acme", world.namespace)
        await world.api.merge_patch(live, {"metadata": {"finalizers": None}})
        await world.until_gone()
        await world.api.merge_patch(held, {"metadata": {"finalizers": None}})

        async def swept() -> bool:
            return (await world.placement(), await world.sealed()) == (None, None)

        await until(swept)
