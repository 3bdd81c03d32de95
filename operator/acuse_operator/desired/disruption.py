"""How many of a tenant's workers a node's drain may take at once."""

from __future__ import annotations

from acuse.resources.placement import TenantPlacement
from acuse_cluster.kinds import PDBS, Manifest
from acuse_operator.desired.manifest import owned, worker_selector


def disruption_budget(placement: TenantPlacement) -> Manifest:
    """Return the PodDisruptionBudget; with a single worker it would only block drains."""
    spec = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": worker_selector(placement)},
        # A worker that cannot start must not hold a node.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return owned(PDBS, placement, component="worker", body={"spec": spec})
