"""The identity of a tenant's worker pods: one that can ask the API server for nothing."""

from __future__ import annotations

from acuse.resources.placement import TenantPlacement
from acuse_cluster.kinds import SERVICEACCOUNTS, Manifest
from acuse_operator.desired.manifest import owned


def service_account(placement: TenantPlacement) -> Manifest:
    """Return the ServiceAccount; no token of it is ever mounted."""
    body = {"automountServiceAccountToken": False}
    return owned(SERVICEACCOUNTS, placement, component="worker", body=body)
