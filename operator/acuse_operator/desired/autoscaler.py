"""How many workers a tenant has: a fixed number, or as many as its backlog asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from acuse.resources.names import slug
from acuse.resources.placement import TenantPlacement
from acuse.tenants.tenant import tenant_id
from acuse_cluster.kinds import HPAS, SCALEDOBJECTS, TRIGGERAUTHENTICATIONS, Manifest
from acuse_operator.desired.manifest import owned
from acuse_operator.desired.names import DATABASE_KEY, REGION_SECRET
from acuse_operator.desired.views import Capabilities, RegionSettings

BACKLOG_METRIC: Final = "acuse_tenant_backlog"
# Seconds between two looks, and of quiet before the last worker goes.
_POLLING: Final = 10
_COOLDOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Scaling:
    """The number of workers, or, where it is None, the objects that decide it."""

    replicas: int | None
    autoscaler: tuple[Manifest, ...] = ()


def scaling(
    placement: TenantPlacement,
    cluster: Capabilities,
    settings: RegionSettings,
    *,
    replicas: int | None = None,
) -> Scaling:
    """Decide how the tenant's workers are scaled; a suspended tenant has none.

    `replicas` is what their Deployment has now.
    """
    workers = placement.spec.bundle.workers
    if placement.spec.suspend:
        return Scaling(0)
    if workers.min == workers.max:
        return Scaling(workers.max)
    if cluster.keda:
        return Scaling(None, _keda(placement, settings))
    # An HPA does not go below one.
    if workers.max == 1:
        return Scaling(1)
    # An HPA keeps its hands off a Deployment that somebody else brought down to none.
    least = max(workers.min, 1) if replicas == 0 else None
    return Scaling(least, (_hpa(placement, settings),))


def _target(placement: TenantPlacement) -> dict[str, str]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": slug(placement.key)}


def _hpa(placement: TenantPlacement, settings: RegionSettings) -> Manifest:
    tenant = placement.spec.tenant
    labels = {"namespace": tenant.namespace, "tenant": tenant.name}
    metric = {
        "type": "External",
        "external": {
            "metric": {"name": BACKLOG_METRIC, "selector": {"matchLabels": labels}},
            "target": {"type": "AverageValue", "averageValue": str(settings.backlog_per_worker)},
        },
    }
    spec = {
        "scaleTargetRef": _target(placement),
        "minReplicas": max(placement.spec.bundle.workers.min, 1),
        "maxReplicas": placement.spec.bundle.workers.max,
        "metrics": [metric],
    }
    return owned(HPAS, placement, component="autoscaler", body={"spec": spec})


def _keda(placement: TenantPlacement, settings: RegionSettings) -> tuple[Manifest, Manifest]:
    # Both are the operator's own words: a UUID and a name that the schema allows no quote in.
    query = f"SELECT acuse.backlog('{tenant_id(placement.key)}'::uuid, '{settings.region}')"
    trigger: dict[str, Any] = {
        "type": "postgresql",
        "metadata": {
            "query": query,
            "targetQueryValue": str(settings.backlog_per_worker),
            "activationTargetQueryValue": "0",
        },
        "authenticationRef": {"name": slug(placement.key)},
    }
    spec = {
        "scaleTargetRef": _target(placement),
        "minReplicaCount": placement.spec.bundle.workers.min,
        "maxReplicaCount": placement.spec.bundle.workers.max,
        "pollingInterval": _POLLING,
        "cooldownPeriod": _COOLDOWN,
        "triggers": [trigger],
    }
    # The login inherits nothing; the function itself says who may call it.
    login = {"parameter": "connection", "name": REGION_SECRET, "key": DATABASE_KEY}
    return (
        owned(
            TRIGGERAUTHENTICATIONS,
            placement,
            component="autoscaler",
            body={"spec": {"secretTargetRef": [login]}},
        ),
        owned(SCALEDOBJECTS, placement, component="autoscaler", body={"spec": spec}),
    )
