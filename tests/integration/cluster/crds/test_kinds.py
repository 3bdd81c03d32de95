"""Our kinds on a real API server: examples, defaults, statuses, and what kubectl shows of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.resources.condition import Condition
from acuse.resources.part import Part
from acuse.resources.placement import (
    Drift,
    DriftStatus,
    PlacementStatus,
    WorkerCount,
)
from acuse.resources.region import RegionStatus, Replication
from acuse.resources.tenant_status import NumberState, RegionState, TenantStatus
from acuse_lab.regions.control_plane import ControlPlane
from support.bad_manifests import EXAMPLES, MODELS, changed, example, good
from support.kube_requests import KubeRequests

NOW = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
READY = Condition(
    type="Ready",
    status="True",
    reason="AllRegionsReady",
    message="receipts flow",
    observed_generation=1,
    last_transition_time=NOW,
)
STATUSES: dict[str, Part] = {
    "tenants": TenantStatus(
        observed_generation=1,
        conditions=[READY],
        regions=[
            RegionState(
                name="sa-east",
                role="Home",
                phase="Ready",
                applied_generation=1,
                hash="0123abcd",
                last_sync_time=NOW,
                message="up",
                since=NOW,
                chosen=True,
            )
        ],
        regions_ready="1/2",
        active="sa-east",
        residency="AR",
        webhook_url="https://wa.sa-east.example.com/webhooks/whatsapp/meta/cloud/shops.molinos",
        numbers=[
            NumberState(
                phone_number_id="106540352242930",
                override_url="https://wa.sa-east.example.com/x",
                credentials="Valid",
                checked_at=NOW,
                message="as it should be",
            )
        ],
    ),
    "regions": RegionStatus(
        observed_generation=1,
        conditions=[READY],
        tenants=12,
        epoch=3,
        heartbeat_time=NOW,
        replication=[Replication(peer="us-west", lag_bytes=0, since=NOW)],
    ),
    "tenantplacements": PlacementStatus(
        observed_generation=1,
        observed_hash="0123abcd",
        conditions=[READY],
        workers=WorkerCount(mode="Dedicated", desired=2, ready=1),
        drift=DriftStatus(
            count=1,
            last=Drift(
                time=NOW, kind="Deployment", name="x", field="spec.replicas", manager="kubectl-edit"
            ),
        ),
        url="https://wa.sa-east.example.com/x",
    ),
}
COLUMNS = {
    "tenants": ["NAME", "READY", "MESSAGE", "REGIONS", "ACTIVE", "RESIDENCY", "SUSPENDED", "AGE"],
    "regions": [
        *("NAME", "JURISDICTION", "READY", "MESSAGE", "INTAKE", "DATABASE", "HEARTBEAT"),
        *("TENANTS", "CAPACITY", "CORDONED", "DRAINING", "URL", "AGE"),
    ],
    "tenantplacements": [
        *("NAME", "REGION", "ROLE", "READY", "MESSAGE", "WORKERS", "OWN", "DRIFT"),
        *("GENERATION", "EPOCH", "AGE"),
    ],
}


def named(kind: str) -> dict[str, Any]:
    """Return a good manifest under a name that nobody else uses."""
    mark = f"k{uuid.uuid4().hex[:8]}"
    if kind != "tenantplacements":
        return changed(good(kind), "metadata.name", mark)
    placement = changed(good(kind), "metadata.name", f"shops.{mark}")
    return changed(placement, "spec.tenant.name", mark)


def status_of(manifest: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """Return what is applied to write a status."""
    metadata = {k: v for k, v in manifest["metadata"].items() if k in {"name", "namespace"}}
    return {k: manifest[k] for k in ("apiVersion", "kind")} | {
        "metadata": metadata,
        "status": status,
    }


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_an_example_applies(kube: KubeRequests, name: str) -> None:
    assert kube.create(example(name), dry_run=True).status == 201


def test_what_is_left_out_is_filled_in(kube: KubeRequests) -> None:
    tenant = kube.create(example("tenant.yaml"), dry_run=True).body["spec"]
    region = kube.create(example("region.yaml"), dry_run=True).body["spec"]

    assert {key: tenant[key] for key in tenant if key not in {"displayName", "whatsapp"}} == {
        "locale": "es-AR",
        "currency": "ARS",
        "workers": {"mode": "Shared", "min": 1, "max": 3},
        "suspend": False,
        "deletionProtection": False,
    }
    assert tenant["whatsapp"]["numbers"][0]["graphVersion"] == "v26.0"
    assert (region["access"], region["cordoned"]) == ({"type": "InCluster"}, False)
    assert (region["draining"], "capacity" in region) == (False, False)


@pytest.mark.parametrize(
    "file", ["tenant", "tenant-dedicated", "tenant-spread", "region", "region-elsewhere"]
)
def test_a_folder_and_the_api_server_understand_the_same(kube: KubeRequests, file: str) -> None:
    written = example(f"{file}.yaml")
    model = MODELS[f"{written['kind'].lower()}s"]

    completed = kube.create(written, dry_run=True).body

    assert model.parse(completed).to_object()["spec"] == model.parse(written).to_object()["spec"]


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_a_whole_status_is_kept_and_none_of_it_dropped(kube: KubeRequests, kind: str) -> None:
    manifest, status = named(kind), STATUSES[kind].to_object()
    assert set(status) == set(_fields(kind))
    assert kube.create(manifest).status == 201

    answer = kube.apply(status_of(manifest, status), manager="acuse-hub", status=True)

    assert answer.status == 200, answer.body
    live = kube.read(manifest).body
    assert live["status"] == status
    assert MODELS[kind].parse(live).to_object()["status"] == status
    kube.remove(manifest)


def _fields(kind: str) -> list[str]:
    return [field.alias or name for name, field in type(STATUSES[kind]).model_fields.items()]


def test_two_writers_keep_a_condition_each(kube: KubeRequests) -> None:
    manifest = named("tenants")
    kube.create(manifest)
    other = READY.model_copy(update={"type": "WebhookRegistered"})

    for manager, condition in (("one", READY), ("two", other)):
        status = {"conditions": [condition.to_object()]}
        assert kube.apply(status_of(manifest, status), manager=manager, status=True).status == 200

    kept = kube.read(manifest).body["status"]["conditions"]
    assert [condition["type"] for condition in kept] == ["Ready", "WebhookRegistered"]
    kube.remove(manifest)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lastTransitionTime", None),
        ("status", "true"),
        ("reason", "two words"),
        ("type", ""),
    ],
)
def test_a_condition_must_be_whole(kube: KubeRequests, field: str, value: str | None) -> None:
    manifest = named("regions")
    kube.create(manifest)
    condition = {k: v for k, v in (READY.to_object() | {field: value}).items() if v is not None}

    answer = kube.apply(
        status_of(manifest, {"conditions": [condition]}), manager="acuse-hub", status=True
    )

    assert answer.status == 422
    assert any(where.endswith(field) for where in answer.causes)
    kube.remove(manifest)


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_kubectl_shows_what_one_looks_for(
    kube: KubeRequests, control_plane: ControlPlane, kind: str
) -> None:
    manifest = named(kind)
    kube.create(manifest)
    status = STATUSES[kind].to_object()
    kube.apply(status_of(manifest, status), manager="acuse-hub", status=True)

    namespace = manifest["metadata"].get("namespace", "default")
    shown = control_plane.kubectl(
        "get", kind, manifest["metadata"]["name"], f"--namespace={namespace}", "--output=wide"
    )
    head, row = shown.splitlines()

    assert head.split() == COLUMNS[kind]
    assert "True" in row
    assert "receipts flow" in row
    kube.remove(manifest)


@pytest.mark.parametrize("short", ["acten", "acreg", "acpl", "acuse"])
def test_there_is_a_short_word_for_it(control_plane: ControlPlane, short: str) -> None:
    control_plane.kubectl("get", short, "--all-namespaces")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("tenants.spec.whatsapp.numbers.phoneNumberId", "WhatsApp Manager"),
        ("regions.spec.access.kubeconfigSecretRef", "Exactly with type Kubeconfig"),
        ("tenantplacements.spec.epoch", "Never lower than before"),
        ("tenants.status.conditions.reason", "programs may rely on"),
    ],
)
def test_kubectl_explains_a_field(control_plane: ControlPlane, field: str, says: str) -> None:
    assert says in " ".join(control_plane.kubectl("explain", field).split())
