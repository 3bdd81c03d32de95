"""Which objects a tenant has, and what in them follows from its placement and its region."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from acuse.reading.decision import Thresholds
from acuse.resources.names import DESIRED_HASH, SECRET_HASH
from acuse.tenants.folder import load_folder
from acuse_cluster.kinds import Manifest
from acuse_operator.desired.names import CONFIG_HASH
from acuse_operator.desired.objects import desired
from acuse_operator.desired.views import RegionSecret, RegionView
from acuse_operator.desired.worker_secret import mounted_items, worker_files
from support.golden_objects import objects
from support.placements import (
    GATEWAY,
    KEDA,
    NUMBER,
    PLAIN,
    SETTINGS,
    encoded,
    placement,
    region_view,
    sealed_data,
)

WORKER_KINDS = ["ServiceAccount", "Secret", "NetworkPolicy", "Deployment"]


def kinds(manifests: tuple[Manifest, ...]) -> list[str]:
    return [manifest["kind"] for manifest in manifests]


def one(manifests: tuple[Manifest, ...], kind: str) -> Manifest:
    [found] = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found


@pytest.mark.parametrize(
    ("workers", "cluster", "more"),
    [
        ({}, GATEWAY, ["HorizontalPodAutoscaler", "PodDisruptionBudget"]),
        ({}, KEDA, ["TriggerAuthentication", "ScaledObject", "PodDisruptionBudget"]),
        ({"min": 2, "max": 2}, KEDA, ["PodDisruptionBudget"]),
        ({"min": 1, "max": 1}, KEDA, []),
        ({"min": 0, "max": 1}, GATEWAY, []),
        ({"min": 0, "max": 1}, KEDA, ["TriggerAuthentication", "ScaledObject"]),
    ],
    ids=["hpa", "keda", "fixed", "single", "no-zero-without-keda", "zero-with-keda"],
)
def test_a_dedicated_tenant_has_what_its_bounds_need(
    workers: dict[str, Any], cluster: Any, more: list[str]
) -> None:
    assert kinds(objects(cluster, workers=workers)) == ["HTTPRoute", *WORKER_KINDS, *more]


def test_a_shared_tenant_has_its_route_only() -> None:
    assert kinds(objects(workers={"mode": "Shared"})) == ["HTTPRoute"]


def test_a_suspended_tenant_keeps_its_route_and_has_no_workers() -> None:
    made = objects(KEDA, suspend=True)

    assert kinds(made) == ["HTTPRoute", *WORKER_KINDS]
    assert one(made, "Deployment")["spec"]["replicas"] == 0


def test_without_credentials_there_is_a_route_and_nothing_that_needs_them() -> None:
    wanted = placement()

    assert kinds(desired(wanted, region_view(), GATEWAY, SETTINGS, files=None)) == ["HTTPRoute"]


@pytest.mark.parametrize("cluster", [PLAIN, GATEWAY], ids=["no-gateway-api", "gateway-api"])
def test_an_ingress_stands_in_where_there_is_no_gateway(cluster: Any) -> None:
    region = region_view() if cluster == PLAIN else region_view(gateway=None)

    assert kinds(objects(cluster, region, workers={"mode": "Shared"})) == ["Ingress"]


def test_a_region_reached_by_address_has_no_hostname_in_its_routes() -> None:
    region = region_view(intakeURL="http://10.77.1.2:8080")

    assert "hostnames" not in one(objects(GATEWAY, region), "HTTPRoute")["spec"]
    assert "host" not in one(objects(PLAIN, region), "Ingress")["spec"]["rules"][0]


def test_a_listener_is_named_where_the_region_names_one() -> None:
    gateway = {"namespace": "edge", "name": "public", "sectionName": "https"}
    route = one(objects(GATEWAY, region_view(gateway=gateway)), "HTTPRoute")

    assert route["spec"]["parentRefs"][0]["sectionName"] == "https"


def test_an_autoscaler_owns_the_number_of_replicas_where_there_is_one() -> None:
    assert "replicas" not in one(objects(KEDA), "Deployment")["spec"]
    fixed = one(objects(KEDA, workers={"min": 2, "max": 2}), "Deployment")
    assert fixed["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ({}, {"limits": {"memory": "1536Mi"}, "requests": {"cpu": "100m", "memory": "512Mi"}}),
        (
            {"requests": {"memory": "2048Mi"}},
            {"limits": {"memory": "2Gi"}, "requests": {"cpu": "100m", "memory": "2Gi"}},
        ),
        (
            {"limits": {"memory": "128Mi", "cpu": "0.05"}},
            {
                "limits": {"cpu": "50m", "memory": "128Mi"},
                "requests": {"cpu": "50m", "memory": "128Mi"},
            },
        ),
    ],
    ids=["usual", "more-than-usual", "less-than-usual"],
)
def test_a_worker_gets_what_was_asked_and_what_fits_it(
    asked: dict[str, Any], made: dict[str, Any]
) -> None:
    deployment = one(objects(workers={"resources": asked}), "Deployment")

    assert deployment["spec"]["template"]["spec"]["containers"][0]["resources"] == made


def test_new_credentials_of_tenant_or_region_make_new_pods() -> None:
    wanted, region = placement(), region_view()
    other = RegionView(region.spec, RegionSecret(hash="another"))

    def config(region: RegionView, token: str) -> str:
        files = worker_files(wanted, sealed_data(token=token))
        made = desired(wanted, region, GATEWAY, SETTINGS, files=files)
        template = one(made, "Deployment")["spec"]["template"]
        return str(template["metadata"]["annotations"][CONFIG_HASH])

    assert len({config(region, "one"), config(region, "two"), config(other, "one")}) == 3


def test_what_is_the_same_has_the_same_hash_and_what_is_not_has_another() -> None:
    def hashes(**changes: Any) -> list[str]:
        return [m["metadata"]["annotations"][DESIRED_HASH] for m in objects(**changes)]

    assert hashes() == hashes()
    assert hashes() != hashes(workers={"max": 4})


def test_no_secret_value_leaves_the_secret() -> None:
    made = [m for m in objects() if m["kind"] != "Secret"]

    text = json.dumps(made)
    for value in sealed_data().values():
        assert value not in text
        assert base64.b64decode(value).decode() not in text
    assert SECRET_HASH not in text


def test_a_worker_reads_the_mounted_secret_as_its_folder_of_tenants(tmp_path: Path) -> None:
    bundle = placement(workers={"ocr": "Tesseract"}).spec.bundle.to_object()
    wanted = placement(bundle=bundle | {"reading": {"autoPercent": 97}})
    files = worker_files(wanted, sealed_data())
    assert files is not None

    for item in mounted_items(wanted, files):
        path = tmp_path / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(files[item["key"]]))
    loaded = load_folder(tmp_path, region="ar-1", app_secret_ref="")

    assert loaded.faults == ()
    [tenant] = loaded.tenants.values()
    assert (tenant.key, tenant.display_name) == (wanted.key, "Panadería del Sol")
    # What signs webhooks is the intake's alone.
    assert tenant.app_secrets == (b"not-used-by-workers",)
    assert tenant.result_template == "acuse_result"
    assert tenant.ocr == "Tesseract"
    assert tenant.thresholds == Thresholds(auto=0.97)


def test_a_number_without_credentials_takes_no_other_down() -> None:
    numbers = [
        {"phoneNumberId": number, "wabaId": "1", "graphVersion": "v26.0"}
        for number in (NUMBER, "555")
    ]
    bundle = placement().spec.bundle.to_object() | {"numbers": numbers}
    wanted = placement(bundle=bundle)

    files = worker_files(wanted, {**sealed_data(), "555.verifyToken": encoded("v")})

    assert files is not None
    assert "555" not in base64.b64decode(files["tenant.yaml"]).decode()
    assert not [key for key in files if key.startswith("555")]
    assert worker_files(wanted, {}) is None
