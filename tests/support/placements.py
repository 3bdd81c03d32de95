"""TenantPlacements and Regions as the region role gets them, and what it is to make of them."""

from __future__ import annotations

import base64
import copy
from typing import Any, Final

from acuse.resources.placement import TenantPlacement
from acuse.resources.region import RegionSpec
from acuse_cluster.kinds import Manifest
from acuse_operator.desired.views import Capabilities, RegionSecret, RegionSettings, RegionView

KEY: Final = "retail.panaderia"
NUMBER: Final = "106540352242922"
PLAIN: Final = Capabilities()
GATEWAY: Final = Capabilities(gateway_api=True)
KEDA: Final = Capabilities(gateway_api=True, keda=True)

SETTINGS: Final = RegionSettings(
    region="ar-1",
    release_namespace="acuse-system",
    tenants_namespace="acuse-tenants",
    worker_image="registry.example/acuse-workers:1.0.0",
)

REGION_SPEC: Final[Manifest] = {
    "jurisdiction": "AR",
    "intakeURL": "https://ar-1.example.com",
    "gateway": {"namespace": "acuse-system", "name": "acuse"},
    "objectStore": {"url": "s3://acuse-ar-1/media"},
    "egress": [
        {"name": "database", "cidr": "10.20.0.0/24", "ports": [5432]},
        {
            "name": "objects",
            "podSelector": {"matchLabels": {"app": "s3"}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "storage"}},
            "ports": [9000],
        },
    ],
}
SECRET: Final = RegionSecret(
    hash="5e1ec7edc0de0000", variables=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
)


def encoded(text: str) -> str:
    """Return a value as a Secret has it."""
    return base64.b64encode(text.encode()).decode()


def sealed_data(number: str = NUMBER, *, token: str = "access-token") -> dict[str, str]:
    """Return the data of a sealed Secret with one complete number."""
    return {
        f"{number}.appSecret": encoded("app-secret"),
        f"{number}.previousAppSecret": encoded("old-app-secret"),
        f"{number}.verifyToken": encoded("verify-token"),
        f"{number}.accessToken": encoded(token),
    }


def placement_object(**changes: Any) -> Manifest:
    """Return a placement as the API has it; `changes` go over its spec, `workers` over its own."""
    workers = {"mode": "Dedicated", "min": 1, "max": 3, **changes.pop("workers", {})}
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "TenantPlacement",
        "metadata": {
            "name": KEY,
            "namespace": "acuse-tenants",
            "uid": "5f1c0e0a-7d56-4b7e-9d0b-2a4a4d4a0001",
            "generation": 1,
        },
        "spec": {
            "tenant": {"namespace": "retail", "name": "panaderia", "uid": "0c8e"},
            "region": "ar-1",
            "role": "Home",
            "generation": 1,
            "epoch": 1,
            "hash": "0123456789abcdef",
            "secretHash": "fedcba9876543210",
            "suspend": False,
            "bundle": {
                "displayName": "Panadería del Sol",
                "numbers": [
                    {"phoneNumberId": NUMBER, "wabaId": "102290129340398", "graphVersion": "v26.0"}
                ],
                "locale": "es-AR",
                "currency": "ARS",
                "templates": {"result": "acuse_result"},
                "workers": workers,
            },
            **changes,
        },
    }


def placement(**changes: Any) -> TenantPlacement:
    """Return a placement as programs read it."""
    return TenantPlacement.parse(placement_object(**changes))


def region_view(**changes: Any) -> RegionView:
    """Return a Region; `changes` go over its spec, a None takes a field away."""
    spec = {**copy.deepcopy(REGION_SPEC), **changes}
    return RegionView(
        RegionSpec.parse({name: value for name, value in spec.items() if value is not None}),
        SECRET,
    )
