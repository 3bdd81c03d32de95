"""What the operator asked of the API server in the whole run, beside what its roles allow.

Last of this folder: it reads what all the others made the operator do.
"""

from __future__ import annotations

import pytest

from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from support.cluster_audit import Call, Right, calls_since, rights_of, used
from support.installed import OPERATOR, Installed

# What of its rights no run in a region of the lab makes use of, and why it has them.
UNUSED = {
    "configmaps": "created only where somebody deleted what the chart made",
    "ingresses": "only where a Region names no Gateway",
    "scaledobjects": "only where KEDA is installed",
    "triggerauthentications": "only where KEDA is installed",
    "leases": "the audit log leaves them out: most of it would be theirs",
    "get": "of what was made, only when a watch or a label lost it: tests/integration does that",
}


# The account of the Job that runs before an uninstall; its roles are there no longer.
RELEASE = f"system:serviceaccount:{NAMESPACE}:acuse-release"


@pytest.fixture(scope="module")
def calls(acuse_installed: Installed) -> list[Call]:
    """Return every call of the operator's in this run."""
    return [call for call in calls_since(acuse_installed) if call.user == OPERATOR]


@pytest.fixture(scope="module")
def rights(acuse_installed: Installed) -> set[Right]:
    """Return what the chart's roles allow the operator, as they are in the cluster."""
    return rights_of(acuse_installed, "acuse-operator", namespaces=(NAMESPACE, TENANTS_NAMESPACE))


def test_the_operator_is_refused_nothing(acuse_installed: Installed, calls: list[Call]) -> None:
    assert calls
    assert always_refused(calls) == set()
    assert "forbidden" not in acuse_installed.operator_logs().lower()


def test_the_job_before_an_uninstall_is_refused_nothing(acuse_installed: Installed) -> None:
    calls = [call for call in calls_since(acuse_installed) if call.user == RELEASE]

    assert always_refused(calls) == set()


def always_refused(calls: list[Call]) -> set[Right]:
    """Return what was refused and never allowed: a restarted API server knows no roles at first."""
    asked: dict[bool, set[Right]] = {True: set(), False: set()}
    for call in calls:
        asked[call.is_allowed].add(Right(call.namespace, call.group, call.resource, call.verb))
    return asked[False] - asked[True]


def test_every_call_of_the_operator_is_one_that_its_roles_name(
    calls: list[Call], rights: set[Right]
) -> None:
    assert {right for call in calls for right in used(call, rights)} <= rights


def test_every_right_of_the_operator_is_made_use_of(
    calls: list[Call], rights: set[Right], request: pytest.FixtureRequest
) -> None:
    folder = request.path.parent
    ran = {item.path for item in request.session.items if item.path.parent == folder}
    if ran != set(folder.glob("test_*.py")):
        pytest.skip("only a part of these tests ran")

    never = rights - {right for call in calls for right in used(call, rights)}

    unexplained = {
        right for right in never if right.resource not in UNUSED and right.verb not in UNUSED
    }
    assert unexplained == set()
