"""Things that tenants' owners and others do to what a Tenant needs: all come right in the end."""

from __future__ import annotations

import asyncio

from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from support.installed import Installed, new_tenant


async def test_a_missing_secret_is_named_and_one_that_comes_is_taken(acuse: Installed) -> None:
    tenant = new_tenant("sinclave")
    async with acuse.meta() as meta:
        await meta.register(tenant.number())
    acuse.kubectl("create", "namespace", tenant.namespace)
    acuse.here.apply(tenant.manifest())

    message = await acuse.until_condition(
        tenant, "CredentialsValid", "False", reason="SecretMissing"
    )

    assert "sinclave-whatsapp" in message
    assert acuse.condition(tenant, "Ready")["status"] == "False"
    acuse.here.apply(tenant.secret())
    await acuse.until_condition(tenant, "CredentialsValid", "True")
    await acuse.until_ready(tenant)


async def test_a_namespace_that_is_deleted_takes_all_of_its_tenants_along(
    acuse: Installed,
) -> None:
    first = await acuse.add_tenant("una")
    second = await acuse.add_tenant("otra", namespace=first.namespace)
    await acuse.until_ready(first, second)

    delete = ("delete", "namespace", first.namespace, "--timeout=240s")
    await asyncio.to_thread(acuse.kubectl, *delete)

    # The namespace waited for the finalizers, and they for everything else.
    assert acuse.here.object("namespace", first.namespace) is None
    assert acuse.here.left_of(first) == acuse.here.left_of(second) == []
    assert await acuse.override(first) is None
    assert await acuse.override(second) is None


async def test_a_placement_that_is_deleted_by_hand_is_made_again(acuse: Installed) -> None:
    tenant = await acuse.add_tenant("mudada")
    await acuse.until_ready(tenant)
    before = acuse.placement(tenant)
    assert before is not None

    delete = ("delete", "tenantplacement", tenant.key, "--namespace", TENANTS_NAMESPACE)
    await asyncio.to_thread(acuse.kubectl, *delete, "--timeout=240s")

    def is_new() -> bool:
        now = acuse.placement(tenant)
        return now is not None and now["metadata"]["uid"] != before["metadata"]["uid"]

    await acuse.until(is_new, what="another placement")
    await acuse.until_ready(tenant)
    assert acuse.child("httproute", tenant) is not None
    assert await acuse.override(tenant) == acuse.url(tenant)
