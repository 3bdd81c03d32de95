"""What all objects made for tenants have in common: labels, owner and the hash of themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from acuse.resources.names import API_VERSION, COMPONENT, DESIRED_HASH, TENANT, labels, slug
from acuse.resources.placement import TenantPlacement
from acuse_cluster.kinds import Kind, Manifest

_LENGTH: Final = 16


def digest(value: object) -> str:
    """Return a short hash of plain data, the same for equal data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def worker_selector(placement: TenantPlacement) -> dict[str, str]:
    """Return the labels that pick the tenant's worker pods, and nothing else."""
    return {TENANT: slug(placement.key), COMPONENT: "worker"}


def owned(
    kind: Kind, placement: TenantPlacement, *, component: str, body: Mapping[str, Any]
) -> Manifest:
    """Return an object in the placement's own namespace, which goes when the placement goes."""
    owner = {
        "apiVersion": API_VERSION,
        "kind": "TenantPlacement",
        "name": placement.key,
        "uid": placement.metadata.uid,
        # No blockOwnerDeletion: some clusters ask a right for it; our finalizer does it.
        "controller": True,
    }
    metadata = {
        **_metadata(placement, placement.metadata.namespace, component),
        "ownerReferences": [owner],
    }
    return _stamped(kind, metadata, body)


def unowned(
    kind: Kind,
    placement: TenantPlacement,
    namespace: str,
    *,
    component: str,
    body: Mapping[str, Any],
) -> Manifest:
    """Return an object in another namespace, where no owner reference can point."""
    return _stamped(kind, _metadata(placement, namespace, component), body)


def regional(kind: Kind, name: str, namespace: str, *, body: Mapping[str, Any]) -> Manifest:
    """Return an object that the region has once, for all its tenants."""
    metadata = {"name": name, "namespace": namespace, "labels": labels("region")}
    return _stamped(kind, metadata, body)


def desired_hash(manifest: Mapping[str, Any]) -> str | None:
    """Return the hash that an object was last applied with."""
    annotations: dict[str, str] = manifest["metadata"].get("annotations") or {}
    return annotations.get(DESIRED_HASH)


def _metadata(placement: TenantPlacement, namespace: str, component: str) -> dict[str, Any]:
    return {
        "name": slug(placement.key),
        "namespace": namespace,
        "labels": labels(component, key=placement.key),
        "annotations": {TENANT: placement.key},
    }


def _stamped(kind: Kind, metadata: dict[str, Any], body: Mapping[str, Any]) -> Manifest:
    """Return the manifest with the hash of itself, by which a change of ours is known later."""
    manifest = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": metadata,
        **body,
    }
    annotations = {**metadata.get("annotations", {}), DESIRED_HASH: digest(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
