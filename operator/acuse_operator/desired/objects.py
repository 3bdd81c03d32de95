"""Everything that one tenant should have in this region."""

from __future__ import annotations

from collections.abc import Mapping

from acuse.resources.placement import TenantPlacement
from acuse_cluster.kinds import Manifest
from acuse_operator.desired.autoscaler import Scaling, scaling
from acuse_operator.desired.deployment import worker_deployment
from acuse_operator.desired.disruption import disruption_budget
from acuse_operator.desired.network import network_policy
from acuse_operator.desired.route import route
from acuse_operator.desired.service_account import service_account
from acuse_operator.desired.views import Capabilities, RegionSettings, RegionView
from acuse_operator.desired.worker_secret import worker_secret


def desired(
    placement: TenantPlacement,
    region: RegionView,
    cluster: Capabilities,
    settings: RegionSettings,
    *,
    files: Mapping[str, str] | None,
    replicas: int | None = None,
) -> tuple[Manifest, ...]:
    """Return the tenant's objects, in the order to make them.

    `files` is the data of the worker's Secret; without it there is nothing to work with, so no
    workers. `replicas` is how many of them their Deployment asks for now. Whether a tenant of the
    shared pool is worked for, the pool reads in its placement.
    """
    way = route(placement, region, cluster, settings)
    if placement.spec.bundle.workers.mode != "Dedicated" or files is None:
        return (way,)
    scale = scaling(placement, cluster, settings, replicas=replicas)
    return (way, *_workers(placement, region, settings, files=files, scale=scale))


def _workers(
    placement: TenantPlacement,
    region: RegionView,
    settings: RegionSettings,
    *,
    files: Mapping[str, str],
    scale: Scaling,
) -> tuple[Manifest, ...]:
    several = placement.spec.bundle.workers.max > 1 and not placement.spec.suspend
    return (
        service_account(placement),
        worker_secret(placement, files),
        network_policy(placement, region, settings),
        worker_deployment(placement, region, settings, files=files, scaling=scale),
        *scale.autoscaler,
        *([disruption_budget(placement)] if several else ()),
    )
