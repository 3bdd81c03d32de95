"""The way from the Gateway, or an Ingress, to the intake: the path of one tenant."""

from __future__ import annotations

from typing import Any

from acuse.resources.names import webhook_path
from acuse.resources.placement import TenantPlacement
from acuse.resources.region import GatewayRef
from acuse_cluster.kinds import HTTPROUTES, INGRESSES, Manifest
from acuse_operator.desired.manifest import unowned
from acuse_operator.desired.views import Capabilities, RegionSettings, RegionView


def route(
    placement: TenantPlacement, region: RegionView, cluster: Capabilities, settings: RegionSettings
) -> Manifest:
    """Return the tenant's route, also while it is suspended: what Meta sends is kept."""
    if cluster.gateway_api and region.spec.gateway is not None:
        return _http_route(placement, region, region.spec.gateway, settings)
    return _ingress(placement, region, settings)


def _paths(placement: TenantPlacement) -> tuple[str, str]:
    path = webhook_path(placement.key)
    return path, f"{path}/"


def _http_route(
    placement: TenantPlacement, region: RegionView, gateway: GatewayRef, settings: RegionSettings
) -> Manifest:
    parent: dict[str, Any] = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "namespace": gateway.namespace,
        "name": gateway.name,
    }
    if gateway.section_name is not None:
        parent["sectionName"] = gateway.section_name
    backend = {
        "group": "",
        "kind": "Service",
        "name": settings.intake_service,
        "port": settings.intake_port,
        "weight": 1,
    }
    matches = [{"path": {"type": "Exact", "value": path}} for path in _paths(placement)]
    spec: dict[str, Any] = {
        "parentRefs": [parent],
        "rules": [{"matches": matches, "backendRefs": [backend]}],
    }
    if region.hostname is not None:
        spec["hostnames"] = [region.hostname]
    return unowned(
        HTTPROUTES, placement, settings.release_namespace, component="route", body={"spec": spec}
    )


def _ingress(placement: TenantPlacement, region: RegionView, settings: RegionSettings) -> Manifest:
    service = {"name": settings.intake_service, "port": {"number": settings.intake_port}}
    paths = [
        {"path": path, "pathType": "Exact", "backend": {"service": service}}
        for path in _paths(placement)
    ]
    rule: dict[str, Any] = {"http": {"paths": paths}}
    if region.hostname is not None:
        rule["host"] = region.hostname
    spec: dict[str, Any] = {"rules": [rule]}
    if region.spec.ingress_class_name is not None:
        spec["ingressClassName"] = region.spec.ingress_class_name
    return unowned(
        INGRESSES, placement, settings.release_namespace, component="route", body={"spec": spec}
    )
