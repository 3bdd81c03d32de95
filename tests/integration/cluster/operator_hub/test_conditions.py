"""Each condition of a Tenant turns True, False and back, each time by a real cause."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager

from acuse.errors import ApiRefused
from acuse_cluster.kinds import REGIONS, SECRETS, TENANTS, Manifest, Ref
from acuse_lab.graph.contract import SendFault
from acuse_lab.regions.control_plane import ControlPlane
from support.control_plane import CRDS
from support.eventually import until
from support.hub_world import SECRET, HubWorld


async def test_ready_and_degraded_follow_what_the_region_says(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.until_condition("Progressing", "True", "Applying")
        await world.serving()
        await world.until_condition("Progressing", "False", "Settled")
        await world.answer(Ready=("False", "WorkersStuck"))
        await world.until_condition("Ready", "False", "RegionNotReady")
        await world.until_condition("Degraded", "True", "RegionNotReady")
        assert "Ready is False." in (await world.condition("Ready"))["message"]
        await world.answer()
        await world.until_condition("Ready", "True", "Serving")
        await world.until_condition("Degraded", "False", "AsExpected")
        await world.until_event("RegionNotReady")


async def test_regions_synced_is_false_while_a_region_is_unknown(world: HubWorld) -> None:
    await world.put_secret()
    await world.api.delete(Ref(REGIONS, world.region))
    await world.apply()
    async with world.running():
        await world.until_condition("RegionsSynced", "False", "UnknownRegion")
        assert await world.placement() is None
        await world.put_region()
        await world.serving()
        await world.until_condition("RegionsSynced", "True", "Synced")
        await world.api.delete(Ref(REGIONS, world.region))
        await world.until_condition("RegionsSynced", "False", "UnknownRegion")
        assert await world.placement() is not None
        await world.put_region()
        await world.until_condition("RegionsSynced", "True", "Synced")


async def test_a_cordoned_region_takes_no_new_tenant_and_keeps_the_old(world: HubWorld) -> None:
    await world.put_secret()
    await world.put_region(cordoned=True)
    await world.apply()
    async with world.running():
        await world.until_condition("RegionsSynced", "False", "RegionCordoned")
        assert await world.placement() is None
        await world.put_region(cordoned=False)
        await world.serving()
        await world.put_region(cordoned=True)
        await world.apply(displayName="Acme SRL")
        await world.until_condition("RegionsSynced", "False", "Applying")
        await world.answer()
        await world.until_condition("RegionsSynced", "True")


async def test_a_tenant_is_never_where_its_residency_does_not_allow(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply(residency={"jurisdictions": ["UY"]})
    async with world.running():
        await world.until_condition("ResidencyEnforced", "False", "JurisdictionNotAllowed")
        assert (await world.placement(), await world.sealed()) == (None, None)
        await world.apply(residency={"jurisdictions": ["UY", "AR"]})
        await world.serving()
        await world.until_condition("ResidencyEnforced", "True", "Allowed")
        await world.apply(residency={"jurisdictions": ["UY"]})
        await world.until_condition("ResidencyEnforced", "False", "JurisdictionNotAllowed")

        async def left() -> bool:
            return (await world.placement(), await world.sealed()) == (None, None)

        await until(left)


async def test_credentials_valid_follows_the_secret(world: HubWorld) -> None:
    await world.apply()
    async with world.running():
        await world.until_condition("CredentialsValid", "False", "SecretMissing")
        await world.put_secret(verifyToken="")
        await world.until_condition("CredentialsValid", "False", "SecretInvalid")
        message = (await world.condition("CredentialsValid"))["message"]
        assert message == f"Secret {SECRET} has no key verifyToken."
        await world.put_secret()
        await world.serving()
        await world.until_condition("CredentialsValid", "True", "Valid")
        sealed = await world.sealed()
        await world.api.delete(Ref(SECRETS, SECRET, world.namespace))
        await world.until_condition("CredentialsValid", "False", "SecretMissing")
        await world.until_condition("Degraded", "True", "SecretMissing")
        assert (await world.condition("Ready"))["status"] == "True"
        assert await world.sealed() == sealed
        await world.put_secret()
        await world.until_condition("CredentialsValid", "True", "Valid")
        await world.until_condition("Degraded", "False", "AsExpected")


async def test_credentials_valid_follows_what_meta_says_of_the_token(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running(meta_look_every=0.5):
        await world.serving()
        await world.graph.lab.revoke(world.number.phone_number_id)
        await world.until_condition("CredentialsValid", "False", "TokenRejected")
        await world.until_condition("Ready", "False", "TokenRejected")
        await world.graph.lab.register(world.number)
        await world.until_condition("CredentialsValid", "True", "Valid")
        await world.until_condition("Ready", "True")
        await world.until_event("TokenRejected")


async def test_credentials_are_unknown_while_meta_does_not_answer(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    number = world.number.phone_number_id
    async with world.running(meta_look_every=0.5):
        await world.serving()
        await world.graph.lab.script(number, SendFault(on="look", how="error", code=2, times=50))
        await world.until_condition("CredentialsValid", "Unknown", "GraphUnavailable")
        assert (await world.condition("Ready"))["status"] == "True"
        await world.graph.lab.script(number)
        await world.until_condition("CredentialsValid", "True", "Valid")


async def test_the_webhook_is_registered_only_once_the_route_answers(world: HubWorld) -> None:
    world.intake.verify_token = "another"
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.until_placed()
        await world.until_condition("WebhookRegistered", "False", "RouteNotReady")
        await world.answer()
        await world.until_condition("WebhookRegistered", "False", "RouteNotReachable")
        assert "403" in (await world.condition("WebhookRegistered"))["message"]
        assert await world.override() is None
        assert (await world.condition("Ready"))["status"] == "False"
        world.intake.verify_token = "verify-me"
        await world.until_condition("WebhookRegistered", "True", "Registered")
        assert await world.override() == world.url()


async def test_an_override_that_somebody_changed_is_set_again(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    number = world.number.phone_number_id
    async with world.running(meta_look_every=0.5):
        await world.serving()
        for changed in ("https://elsewhere.example/hook", None):
            await world.graph.lab.set_override(number, changed)
            await world.until_override(world.url())
        await world.until_event("WebhookRestored")
        world.intake.verify_token = "another"
        await world.graph.lab.set_override(number, "https://elsewhere.example/hook")
        await world.until_condition("WebhookRegistered", "False", "RouteNotReachable")
        await world.until_condition("Ready", "False", "RouteNotReachable")
        world.intake.verify_token = "verify-me"
        await world.until_condition("WebhookRegistered", "True", "Registered")
        await world.until_condition("Ready", "True")


async def test_another_address_of_the_intake_is_given_to_meta(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
        moved = world.intake_url.replace("127.0.0.1", "localhost")
        await world.put_region(intakeURL=moved)
        await world.until_override(world.url().replace("127.0.0.1", "localhost"))
        await world.until_condition("WebhookRegistered", "True", "Registered")


async def test_drift_detected_is_what_the_region_found(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
        await world.answer(DriftDetected=("True", "FieldChanged"))
        await world.until_condition("DriftDetected", "True", "FieldChanged")
        await world.answer(DriftDetected=("False", "AsApplied"))
        await world.until_condition("DriftDetected", "False")
        await world.until_event("FieldChanged")


async def test_a_suspended_tenant_keeps_its_webhook_and_is_not_ready(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
        await world.apply(suspend=True)
        await world.until_condition("RegionsSynced", "False", "Applying")
        await world.answer(Ready=("False", "Suspended"))
        await world.until_condition("Ready", "False", "Suspended")
        await world.until_condition("Degraded", "False")
        assert await world.override() == world.url()
        placement = await world.placement()
        assert placement is not None
        assert placement["spec"]["suspend"] is True
        await world.apply()
        await world.until_condition("RegionsSynced", "False", "Applying")
        await world.answer()
        await world.until_condition("Ready", "True", "Serving")


async def test_a_number_belongs_to_the_older_of_two_tenants(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
        await world.apply("other")
        await world.until_condition("CredentialsValid", "False", "NumberTaken", tenant="other")
        assert await world.placement("other") is None
        await world.delete()
        await world.until_gone()
        await world.until_placed("other")
        await world.answer("other")
        await world.until_condition("Ready", "True", tenant="other")
        await world.until_override(world.url("other"))


async def test_a_spec_that_this_version_cannot_read_changes_nothing(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    live = Ref(TENANTS, "acme", world.namespace)
    async with world.running():
        await world.serving()
        placement = await world.placement()
        with loose_currency(world.plane):
            await until(lambda: took(world, {"spec": {"currency": "no currency"}}))
            await world.until_condition("Ready", "False", "InvalidSpec")
            assert "currency" in (await world.condition("Ready"))["message"]
            assert await world.placement() == placement
            await world.api.merge_patch(live, {"spec": {"currency": "ARS"}})
            await world.until_condition("Ready", "True", "Serving")


async def took(world: HubWorld, patch: Manifest) -> bool:
    """Say whether the API server took a change: it takes up a new schema in its own time."""
    try:
        await world.api.merge_patch(Ref(TENANTS, "acme", world.namespace), patch)
    except ApiRefused:
        return False
    return True


@contextmanager
def loose_currency(plane: ControlPlane) -> Generator[None, None, None]:
    """Take the schema's rule about currencies away for a while, as a newer schema may."""
    document = json.loads(plane.kubectl("get", "crd", "tenants.acuse.dev", "-o", "json"))
    version = document["spec"]["versions"][0]
    currency = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["currency"]
    for name in ("pattern", "maxLength", "x-kubernetes-validations"):
        currency.pop(name, None)
    plane.kubectl("replace", "-f", "-", stdin=json.dumps(document))
    try:
        yield
    finally:
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
