"""Each of our pods has the policy that is meant for it; nothing here enforces them."""

from __future__ import annotations

from typing import Any

from acuse.resources.names import slug
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_faults import pods
from support.installed import Installed

Manifest = dict[str, Any]

COMPONENT = "app.kubernetes.io/component"
PROGRAMS = {"operator", "intake", "workers", "api", "postgres", "s3"}
# Their pods come and go.
BRIEF = {"migrate", "release", "test"}
DENY = "acuse-default-deny"


def policies(installed: Installed, namespace: str) -> list[Manifest]:
    """Return the NetworkPolicies of a namespace."""
    found = installed.here.object("networkpolicies", "--namespace", namespace)
    items: list[Manifest] = (found or {"items": []})["items"]
    return items


def selecting(policies: list[Manifest], pod: Manifest) -> set[str]:
    """Return the names of the policies that select a pod."""
    labels = pod["metadata"]["labels"].items()
    return {
        policy["metadata"]["name"]
        for policy in policies
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels
    }


def test_each_program_has_a_policy_of_its_own(acuse_installed: Installed) -> None:
    found = policies(acuse_installed, NAMESPACE)

    chosen = {
        pod["metadata"]["labels"][COMPONENT]: selecting(found, pod)
        for pod in pods(acuse_installed, NAMESPACE, "app.kubernetes.io/name=acuse")
    }

    assert chosen.keys() - BRIEF == PROGRAMS
    assert all(names == {f"acuse-{program}"} for program, names in chosen.items())
    assert {policy["metadata"]["name"] for policy in found} == {
        f"acuse-{program}" for program in PROGRAMS | BRIEF
    }
    # None is open to one side: what is not named is denied.
    assert {tuple(policy["spec"]["policyTypes"]) for policy in found} == {("Ingress", "Egress")}
    assert not any("matchExpressions" in policy["spec"]["podSelector"] for policy in found)


async def test_a_tenants_workers_have_its_policy_beside_the_denial_for_all(
    acuse_installed: Installed, tenant: LabTenant
) -> None:
    workers = {"mode": "Dedicated", "min": 1, "max": 1}
    tenants = [
        await acuse_installed.add_tenant(name, namespace=tenant.namespace, workers=workers)
        for name in ("molino", "horno")
    ]
    await acuse_installed.until_ready(*tenants)
    found = policies(acuse_installed, TENANTS_NAMESPACE)

    for each in tenants:
        own = slug(each.key)
        (pod,) = pods(acuse_installed, TENANTS_NAMESPACE, f"acuse.dev/tenant={own}")
        assert selecting(found, pod) == {own, DENY}
    (deny,) = (policy for policy in found if policy["metadata"]["name"] == DENY)
    assert deny["spec"]["podSelector"] == {}
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & deny["spec"].keys()
