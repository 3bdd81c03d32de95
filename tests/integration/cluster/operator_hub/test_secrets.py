"""Credentials change without a webhook refused, and are never seen where they do not belong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.resources.names import PREVIOUS_UNTIL, SECRET_HASH
from acuse_cluster.kinds import EVENTS
from support.eventually import until
from support.hub_world import APP_SECRET, HubWorld


async def sealed_value(world: HubWorld, key: str) -> str | None:
    sealed = await world.sealed()
    assert sealed is not None
    return sealed.get(f"{world.number.phone_number_id}.{key}")


async def test_an_app_secret_that_was_replaced_stays_valid_for_a_while(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running(secret_overlap=3600.0):
        await world.serving()
        await world.put_secret(appSecret="new-app-secret")

        async def rotated() -> bool:
            return await sealed_value(world, "appSecret") == "new-app-secret"

        await until(rotated)
        secret = await world.sealed_secret()
        assert secret is not None
        annotations = secret["metadata"]["annotations"]

        async def is_placed() -> bool:
            """Tell whether the placement, which is written after it, says so, too."""
            placement = await world.placement() or {"spec": {}}
            return bool(placement["spec"].get("secretHash") == annotations[SECRET_HASH])

        await until(is_placed)
        assert await sealed_value(world, "previousAppSecret") == APP_SECRET
        assert datetime.fromisoformat(annotations[PREVIOUS_UNTIL]) > datetime.now(UTC)


async def test_the_overlap_ends_also_when_the_operator_was_away(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running(secret_overlap=2.0):
        await world.serving()
        await world.put_secret(appSecret="new-app-secret")

        async def rotated() -> bool:
            return await sealed_value(world, "previousAppSecret") == APP_SECRET

        await until(rotated)
    async with world.running(secret_overlap=2.0):

        async def over() -> bool:
            return await sealed_value(world, "previousAppSecret") is None

        await until(over)
        assert await sealed_value(world, "appSecret") == "new-app-secret"


async def test_a_previous_secret_that_the_tenant_names_itself_stays(world: HubWorld) -> None:
    await world.put_secret(previousAppSecret="old-app-secret")
    await world.apply()
    async with world.running():
        await world.serving()
        assert await sealed_value(world, "previousAppSecret") == "old-app-secret"
    secret = await world.sealed_secret()
    assert secret is not None
    assert PREVIOUS_UNTIL not in secret["metadata"]["annotations"]


async def test_no_credential_is_in_a_status_an_event_an_annotation_or_a_log(
    world: HubWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    await world.put_secret(verifyToken="verify-canary-token")
    world.intake.verify_token = "verify-canary-token"
    await world.apply()
    async with world.running(meta_look_every=0.5):
        await world.serving()
        await world.put_secret(accessToken="a-refused-token-canary", verifyToken="")
        await world.until_condition("CredentialsValid", "False", "SecretInvalid")
        await world.put_secret(accessToken="a-refused-token-canary")
        await world.until_condition("CredentialsValid", "False", "TokenRejected")
        await world.until_event("TokenRejected")
        world.intake.verify_token = "another"

    events = (await world.api.list(EVENTS, namespace=world.namespace)).items
    seen = json.dumps([await world.live(), await world.placement(), events])
    printed = "".join(capfd.readouterr())
    for secret in (APP_SECRET, world.token, "a-refused-token-canary", "verify-canary-token"):
        assert secret not in seen
        assert secret not in printed


async def test_the_operator_lists_no_secret_but_its_own(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()

    def lists_secrets(event: dict[str, Any]) -> bool:
        is_of_secrets = event["objectRef"]["resource"] == "secrets"
        return is_of_secrets and event["verb"] in {"list", "watch"}

    def is_elsewhere(event: dict[str, Any]) -> bool:
        namespace: str | None = event["objectRef"].get("namespace")
        return lists_secrets(event) and namespace != world.settings.tenants_namespace

    assert world.calls(lists_secrets)
    assert world.calls(is_elsewhere) == []
