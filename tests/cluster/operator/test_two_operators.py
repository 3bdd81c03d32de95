"""Two operators in a cluster: Helm waits for both, one works, and the other takes over from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from acuse.errors import Unavailable
from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_faults import pods
from support.installed import Installed

LABELS = "app.kubernetes.io/component=operator"


@pytest.fixture
async def two(acuse: Installed) -> AsyncGenerator[Installed, None]:
    """Install two operators; leave one, as it was."""
    operator: dict[str, Any] = {**acuse.values()["operator"], "replicas": 2}
    await asyncio.to_thread(acuse.install, operator=operator)
    yield acuse
    await asyncio.to_thread(acuse.install)
    await acuse.until(lambda: len(working(acuse)) == 1, what="one operator works again")


async def test_one_of_two_works_and_the_other_takes_over_from_it(two: Installed) -> None:
    await two.until(lambda: len(working(two)) == 1, what="one of both works")
    [first] = working(two)
    tenant = await two.add_tenant("doble")
    await two.until_ready(tenant)
    before = transitions(two)

    two.kubectl("delete", "pod", first, "--namespace", NAMESPACE, "--wait=false")
    await two.until(lambda: bool(set(working(two)) - {first}), what="another one works")

    assert transitions(two) > before
    two.change(tenant, displayName="Doble SRL")
    await two.until(lambda: name_in_placement(two, tenant) == "Doble SRL", what="an edit taken up")

    # A rollout of both ends, though one of them is not at work.
    operator: dict[str, Any] = {**two.values()["operator"], "replicas": 2}
    await asyncio.to_thread(two.install, operator=operator, logLevel="debug")
    await two.until(lambda: len(working(two)) == 1, what="one of the new ones works")
    await two.until_ready(tenant)
    await two.remove(tenant)


def working(acuse: Installed) -> list[str]:
    """Return the names of the operators' pods that say that they work."""
    names = [pod["metadata"]["name"] for pod in pods(acuse, NAMESPACE, LABELS)]
    return [name for name in names if "acuse_operator_leader 1.0" in metrics(acuse, name)]


def metrics(acuse: Installed, pod: str) -> list[str]:
    """Return the lines of what a pod shows; none while it does not answer."""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9090/proxy/metrics"
    try:
        return acuse.kubectl("get", "--raw", path).splitlines()
    except Unavailable:
        return []


def transitions(acuse: Installed) -> int:
    """Return how often the Lease has changed hands."""
    lease = acuse.here.object("lease", "acuse-operator", "--namespace", NAMESPACE)
    assert lease is not None
    return int(lease["spec"]["leaseTransitions"])


def name_in_placement(acuse: Installed, tenant: LabTenant) -> str:
    """Return the name by which the region knows a tenant."""
    placement = acuse.placement(tenant)
    assert placement is not None
    return str(placement["spec"]["bundle"]["displayName"])
