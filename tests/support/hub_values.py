"""Tenants, Regions and placements as plain values, for tests of what the hub decides."""

from __future__ import annotations

from typing import Any

from acuse.resources.region import Region
from acuse.resources.tenant import TenantSpec
from acuse_operator.hub.tenant import TenantView, read_tenant

NUMBER = "106540352242922"
WABA = "419561257915477"


def tenant_object(
    *, status: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """Return a Tenant as the API server gives it."""
    number = {"phoneNumberId": NUMBER, "wabaId": WABA, "secretRef": {"name": "whatsapp"}}
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Tenant",
        "metadata": {
            "name": "acme",
            "namespace": "shops",
            "uid": "u-1",
            "generation": 3,
            "resourceVersion": "7",
            **(metadata or {}),
        },
        "spec": {
            "displayName": "Acme SA",
            "whatsapp": {"numbers": [number]},
            "placement": {"home": "ar-1"},
            **spec,
        },
        **({"status": status} if status is not None else {}),
    }


def view(**more: Any) -> TenantView:
    """Return a Tenant's view."""
    return read_tenant(tenant_object(**more))


def spec(**more: Any) -> TenantSpec:
    """Return a Tenant's spec."""
    found = view(**more).spec
    assert found is not None
    return found


def region(
    name: str = "ar-1", *, jurisdiction: str = "AR", cordoned: bool = False, **more: Any
) -> Region:
    """Return a Region; `more` of its spec as it is written."""
    return Region.parse(
        {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Region",
            "metadata": {"name": name},
            "spec": {
                "jurisdiction": jurisdiction,
                "intakeURL": f"https://{name}.example",
                "cordoned": cordoned,
                **more,
            },
        }
    )


def placement(
    *, is_taken: bool = True, suspend: bool = False, **conditions: tuple[str, str, str]
) -> dict[str, Any]:
    """Return a placement with what its region says of it."""
    said = {
        "Ready": ("True", "Serving", "It serves."),
        "RouteReady": ("True", "RouteAccepted", "The route is there."),
        **conditions,
    }
    return {
        "metadata": {"name": "shops.acme", "namespace": "acuse-tenants"},
        "spec": {"hash": "abcd", "generation": 3, "suspend": suspend, "region": "ar-1"},
        "status": {
            "observedHash": "abcd" if is_taken else "0123",
            "conditions": [
                {"type": kind, "status": status, "reason": reason, "message": message}
                for kind, (status, reason, message) in said.items()
            ],
        },
    }
