"""What alerts read of Tenants and Regions follows their conditions, and goes with them."""

from __future__ import annotations

import uuid

from prometheus_client import REGISTRY

from acuse_operator import metrics


def shown(metric: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(metric, labels)


def condition(kind: str, status: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason}


def test_a_tenants_condition_is_one_for_its_status_and_zero_for_the_others() -> None:
    name = uuid.uuid4().hex
    metrics.show_conditions("shops", name, [condition("Ready", "False", "SecretMissing")])
    labels = {"namespace": "shops", "tenant": name}

    statuses = ("True", "False", "Unknown")
    assert [
        shown("acuse_tenant_condition", type="Ready", status=status, **labels)
        for status in statuses
    ] == [0, 1, 0]
    assert shown("acuse_tenant_suspended", **labels) == 0


def test_a_tenant_is_suspended_only_while_that_is_why_it_is_not_ready() -> None:
    name = uuid.uuid4().hex
    labels = {"namespace": "shops", "tenant": name}
    metrics.show_conditions("shops", name, [condition("Ready", "False", "Suspended")])
    assert shown("acuse_tenant_suspended", **labels) == 1

    metrics.show_conditions("shops", name, [condition("Ready", "True", "Serving")])
    assert shown("acuse_tenant_suspended", **labels) == 0


def test_a_tenant_that_is_gone_shows_nothing() -> None:
    name = uuid.uuid4().hex
    metrics.show_conditions("shops", name, [condition("Ready", "True", "Serving")])
    metrics.forget_tenant("shops", name)
    labels = {"namespace": "shops", "tenant": name}

    assert shown("acuse_tenant_condition", type="Ready", status="True", **labels) is None
    assert shown("acuse_tenant_suspended", **labels) is None


def test_a_regions_conditions_are_shown_by_region() -> None:
    name = uuid.uuid4().hex
    metrics.show_region(name, [condition("DatabaseReady", "False", "NoAnswer")])

    for status, value in (("True", 0), ("False", 1), ("Unknown", 0)):
        labels = {"region": name, "type": "DatabaseReady", "status": status}
        assert shown("acuse_region_condition", **labels) == value
