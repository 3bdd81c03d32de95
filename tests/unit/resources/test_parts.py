"""A resource is read from a file and from a live object alike, and written as Kubernetes writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from acuse.errors import InvalidManifest
from acuse.resources.condition import Condition, find_condition
from acuse.resources.placement import PlacementSpec, PlacementStatus, TenantPlacement
from acuse.resources.region import RegionStatus
from acuse.resources.tenant import TenantManifest
from acuse.resources.tenant_status import TenantStatus
from acuse.resources.workers import Amounts, Workers
from support.bad_manifests import GONE, MODELS, PLACEMENT, changed, example, good

NOON = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)


def live() -> dict[str, Any]:
    """Return a Tenant as an API server of some later year might hand it over."""
    tenant = good("tenants")
    tenant["metadata"] |= {
        "uid": "5d0b5b1e",
        "resourceVersion": "4711",
        "generation": 3,
        "creationTimestamp": "2027-01-31T12:00:00Z",
        "deletionTimestamp": "2027-01-31T12:00:00Z",
        "deletionGracePeriodSeconds": 0,
        "finalizers": ["acuse.dev/hub"],
        "managedFields": [{"manager": "kubectl", "operation": "Apply"}],
        "ownerReferences": [],
        "something": "new",
    }
    tenant["status"] = {
        "observedGeneration": 3,
        "conditions": [
            {
                "type": "Ready",
                "status": "False",
                "reason": "Suspended",
                "message": "suspended",
                "observedGeneration": 3,
                "lastTransitionTime": "2027-01-31T09:00:00-03:00",
                "severity": "new",
            }
        ],
        "regions": [{"name": "sa-east", "role": "Home", "phase": "Ready", "shape": "new"}],
        "novelty": True,
    }
    return tenant


def test_a_live_object_is_read_whole() -> None:
    tenant = TenantManifest.parse(live())

    assert tenant.key == "shops.molinos"
    assert tenant.metadata.finalizers == ["acuse.dev/hub"]
    assert (tenant.metadata.creation_timestamp, tenant.metadata.deletion_timestamp) == (NOON, NOON)
    assert tenant.status is not None
    ready = find_condition(tenant.status.conditions, "Ready")
    assert ready is not None
    assert (ready.reason, ready.last_transition_time) == ("Suspended", NOON)
    assert ready.observed_generation == 3
    assert find_condition(tenant.status.conditions, "Degraded") is None


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_what_was_read_is_written_as_it_was(kind: str) -> None:
    read = MODELS[kind].parse(good(kind))

    assert MODELS[kind].parse(read.to_object()) == read


def test_a_field_in_python_spelling_is_no_field_of_a_document() -> None:
    document = changed(good("tenants"), "spec.display_name", "x")

    with pytest.raises(InvalidManifest, match=r"spec\.display_name"):
        TenantManifest.parse(document)


def test_nothing_said_and_null_said_are_the_same() -> None:
    document = changed(good("tenants"), "spec.placement.standby", None)
    document = changed(document, "spec.residency", None)
    document = changed(document, "spec.workers", None)

    spec = TenantManifest.parse(document).spec

    assert (spec.placement and spec.placement.standby, spec.residency) == ([], None)
    assert spec.workers == Workers(mode="Shared", min=1, max=3)


def test_a_number_and_a_text_are_the_same_quantity() -> None:
    assert Amounts.parse({"cpu": 2, "memory": 1073741824}).to_object() == {
        "cpu": "2",
        "memory": "1073741824",
    }
    assert Amounts(cpu="0.5").cpu == "0.5"
    with pytest.raises(InvalidManifest, match="cpu"):
        Amounts.parse({"cpu": True})


@pytest.mark.parametrize(
    ("requests", "limits", "fits"),
    [
        ({"memory": "1Gi"}, {"memory": "1024Mi"}, True),
        ({"memory": "1Gi"}, {"memory": "1G"}, False),
        ({"cpu": "1500m"}, {"cpu": "1.5"}, True),
        ({"cpu": 2}, {"cpu": "1999m"}, False),
        ({"cpu": 2}, {"memory": "1k"}, True),
    ],
)
def test_requests_fit_into_limits(
    requests: dict[str, object], limits: dict[str, object], *, fits: bool
) -> None:
    document = {"resources": {"requests": requests, "limits": limits}}

    if fits:
        Workers.parse(document)
    else:
        with pytest.raises(InvalidManifest, match="must not be above"):
            Workers.parse(document)


def test_a_status_is_not_refused_for_the_length_of_an_errors_text() -> None:
    condition = Condition(type="Ready", status="False", reason="Broken", message="ñ" * 40000)
    status = TenantStatus.parse({"regions": [{"name": "a", "role": "Home", "phase": "Unknown",
                                              "message": "x" * 5000}]})  # fmt: skip

    assert len(condition.message) == 32768
    assert (len(status.regions[0].message or ""), condition.message[-1]) == (1024, "…")


@pytest.mark.parametrize(
    "moment",
    [NOON, NOON.astimezone(timezone(timedelta(hours=-3))), NOON + timedelta(microseconds=1)],
)
def test_times_are_written_in_utc_to_the_second(moment: datetime) -> None:
    condition = Condition(
        type="Ready", status="True", reason="Up", message="", last_transition_time=moment
    )

    assert condition.to_object()["lastTransitionTime"] == "2027-01-31T12:00:00Z"
    assert Condition.parse(condition.to_object()) == condition


@pytest.mark.parametrize("moment", ["2027-01-31", "20270131T120000Z", "2027-01-31T12:00:00", 7])
def test_what_is_no_time_is_refused(moment: object) -> None:
    said = {"type": "A", "status": "True", "reason": "A", "message": ""}

    with pytest.raises(InvalidManifest, match="lastTransitionTime"):
        Condition.parse(said | {"lastTransitionTime": moment})


def test_a_placement_without_credentials_yet_has_no_hash_of_them() -> None:
    document = changed(PLACEMENT, "spec.secretHash", GONE)

    spec: PlacementSpec = TenantPlacement.parse(document).spec

    assert spec.secret_hash is None
    assert "secretHash" not in spec.to_object()


def test_a_status_is_read_as_it_was_written() -> None:
    at = "2027-01-31T12:00:00Z"
    region = RegionStatus.parse(
        {
            "observedGeneration": 2,
            "heartbeatTime": at,
            "replication": [{"peer": "us-west", "lagBytes": 17, "since": at}],
        }
    )
    tenant = TenantStatus.parse(
        {
            "observedGeneration": 3,
            "regions": [
                {
                    "name": "sa-east",
                    "role": "Home",
                    "phase": "Applied",
                    "appliedGeneration": 3,
                    "lastSyncTime": at,
                }
            ],
            "regionsReady": "0/1",
            "active": "sa-east",
        }
    )
    placement = PlacementStatus.parse({"observedGeneration": 4, "observedHash": "0123abcd"})

    assert (region.observed_generation, region.heartbeat_time) == (2, NOON)
    assert [(peer.lag_bytes, peer.since) for peer in region.replication] == [(17, NOON)]
    assert (tenant.observed_generation, tenant.regions_ready, tenant.active) == (
        3,
        "0/1",
        "sa-east",
    )
    assert [(r.applied_generation, r.last_sync_time) for r in tenant.regions] == [(3, NOON)]
    assert (placement.observed_generation, placement.observed_hash) == (4, "0123abcd")


def test_an_empty_status_says_nothing() -> None:
    assert PlacementStatus().to_object() == {"conditions": []}


def test_a_tenant_without_a_placement_is_served_wherever_it_is_read() -> None:
    assert TenantManifest.parse(example("tenant.yaml")).placed_in("anywhere")
    assert not TenantManifest.parse(good("tenants")).placed_in("anywhere")
