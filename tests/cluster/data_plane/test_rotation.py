"""Credentials are replaced in the tenant's own Secret while everything goes on."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from acuse.resources.names import PREVIOUS_UNTIL, slug, webhook_path
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import Front, new_message_id, reaction, traffic
from support.installed import Installed
from support.kept_events import until_ended


def rotate(installed: Installed, tenant: LabTenant, **values: str) -> None:
    """Replace values in the Secret that a Tenant names, as its owner would."""
    name = f"{tenant.name}-whatsapp"
    installed.patch("secret", name, {"stringData": values}, namespace=tenant.namespace)


async def test_no_webhook_is_refused_while_the_app_secret_is_replaced(
    acuse_installed: Installed, tenant: LabTenant, front: Front
) -> None:
    new = secrets.token_hex(16)

    async def is_taken() -> bool:
        body = reaction(tenant, new_message_id())
        return (await front.post(tenant, body, secret=new)).status_code == 200

    async with traffic(acuse_installed.region, tenant) as sent:
        rotate(acuse_installed, tenant, appSecret=new)
        await acuse_installed.until(is_taken, what="the new app secret is valid")
        # From here on Meta signs with either, until its own change is everywhere.
        sent.app_secrets.append(new)
        await sent.reach(80)

    assert sent.others == {}
    await until_ended(acuse_installed, tenant, sent.acknowledged)
    name = f"{tenant.key}.sealed"
    sealed = acuse_installed.here.object("secret", name, "--namespace", TENANTS_NAMESPACE)
    assert sealed is not None
    left = datetime.fromisoformat(sealed["metadata"]["annotations"][PREVIOUS_UNTIL])
    assert timedelta(hours=23) < left - datetime.now(UTC) < timedelta(hours=25)
    await acuse_installed.until_condition(tenant, "CredentialsValid", "True")


async def test_an_address_is_registered_anew_with_the_verify_token_of_today(
    acuse_installed: Installed, tenant: LabTenant, front: Front, meta: LabClient
) -> None:
    new, number = secrets.token_hex(16), tenant.phone_number_id
    url = acuse_installed.region.secure_gateway_url + webhook_path(tenant.key)
    assert (await meta.registration(number)).messages == url
    before = (await meta.management(number)).changes

    await meta.set_override(number, None)
    rotate(acuse_installed, tenant, verifyToken=new)

    async def is_registered() -> bool:
        """Meta asked for the challenge before it took the address."""
        return (await meta.registration(number)).override == url

    await acuse_installed.until(is_registered, what="the override is set again")
    assert (await meta.management(number)).changes == before + 1
    answers = [await front.challenge(tenant, token) for token in (new, tenant.verify_token)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[0].text == "9137"


async def test_workers_send_with_the_new_access_token_once_the_old_one_is_revoked(
    acuse_installed: Installed, meta: LabClient, tenant: LabTenant
) -> None:
    workers = {"mode": "Dedicated", "min": 1, "max": 1}
    own = await acuse_installed.add_tenant("molino", namespace=tenant.namespace, workers=workers)
    await acuse_installed.until_ready(own)
    rotated = replace(own, access_token=secrets.token_hex(16))

    await meta.revoke(own.phone_number_id)
    rotate(acuse_installed, own, accessToken=rotated.access_token)
    refused = await acuse_installed.until_condition(own, "CredentialsValid", "False")
    await meta.register(rotated.number())
    await acuse_installed.until_condition(own, "CredentialsValid", "True")
    name = ("--namespace", TENANTS_NAMESPACE, f"deployment/{slug(own.key)}")
    acuse_installed.kubectl("rollout", "status", *name, "--timeout=300s")

    assert "refuses the access token" in refused
    sent = await meta.send(own.phone_number_id, Person(), inbound.text("hola"))
    await until_ended(acuse_installed, own, sent.message_ids)
    await meta.wait_for_messages(1, number_id=own.phone_number_id)
