"""A dedicated tenant: how its worker is admitted, suspended, and protected from deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from acuse.errors import Unavailable
from acuse.resources.names import TENANT, slug
from acuse_lab.documents.catalogue import sample
from acuse_lab.graph.contract import Person
from acuse_lab.person import send_document
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.installed import TENANTS, Installed
from support.kept_events import until_event


@pytest.fixture(scope="module")
def tenant(acuse_installed: Installed) -> Iterator[LabTenant]:
    """Serve a tenant that has one worker of its own."""

    async def serve() -> LabTenant:
        """Apply a Tenant and wait until it is Ready."""
        workers = {"mode": "Dedicated", "min": 1, "max": 1}
        made = await acuse_installed.add_tenant("propia", workers=workers)
        await acuse_installed.until_ready(made)
        return made

    made = asyncio.run(serve())
    yield made
    asyncio.run(acuse_installed.remove(made))


def pods_of(acuse: Installed, tenant: LabTenant) -> list[dict[str, Any]]:
    """Return a tenant's own pods."""
    selector = ("--namespace", TENANTS_NAMESPACE, f"--selector={TENANT}={slug(tenant.key)}")
    found = acuse.here.object("pods", *selector)
    pods: list[dict[str, Any]] = (found or {"items": []})["items"]
    return pods


def test_a_dedicated_worker_is_admitted_where_pod_security_is_restricted(
    acuse: Installed, tenant: LabTenant
) -> None:
    namespace = acuse.here.object("namespace", TENANTS_NAMESPACE)
    (pod,) = pods_of(acuse, tenant)

    assert namespace is not None
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["status"]["phase"] == "Running"


def test_a_dedicated_worker_has_no_token_for_the_api_server(
    acuse: Installed, tenant: LabTenant
) -> None:
    (pod,) = pods_of(acuse, tenant)

    volumes = [name for volume in pod["spec"]["volumes"] for name in volume if name != "name"]
    mounts = [m["mountPath"] for c in pod["spec"]["containers"] for m in c["volumeMounts"]]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert sorted(volumes) == ["emptyDir", "secret"]
    assert [path for path in mounts if "serviceaccount" in path] == []


async def test_what_a_suspended_tenant_is_sent_waits_and_is_answered_when_it_goes_on(
    acuse: Installed, tenant: LabTenant
) -> None:
    acuse.change(tenant, suspend=True)
    await acuse.until_condition(tenant, "Ready", "False", reason="Suspended")
    await acuse.until(lambda: pods_of(acuse, tenant) == [], what="no worker left")

    async with acuse.meta() as meta:
        number = tenant.phone_number_id
        asked = await send_document(meta, number, sample("factura-b"), person=Person(name="Ana"))
        await until_event(acuse, tenant, asked, status=["received"])
        deployment = acuse.child("deployment", tenant)
        assert deployment is not None
        assert deployment["spec"]["replicas"] == 0
        assert await meta.messages(number) == []

        acuse.change(tenant, suspend=False)
        await acuse.until_ready(tenant)
        await until_event(acuse, tenant, asked, status=["processed"])
        assert len(await meta.wait_for_messages(1, number_id=number, within=240.0)) == 1


async def test_a_protected_tenant_is_served_on_whoever_deletes_it(
    acuse: Installed, tenant: LabTenant
) -> None:
    acuse.change(tenant, deletionProtection=True)
    delete = ("delete", TENANTS, tenant.name, "--namespace", tenant.namespace, "--wait=false")

    with pytest.raises(Unavailable, match=r"is protected: set spec\.deletionProtection to false"):
        acuse.kubectl(*delete)

    acuse.change(tenant, deletionProtection=False)
    await acuse.until_ready(tenant)
    acuse.kubectl(*delete)
    await acuse.until_gone(tenant)
