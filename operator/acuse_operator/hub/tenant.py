"""A Tenant as the hub role reads it from the API server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from acuse.errors import InvalidManifest
from acuse.resources.names import GROUP, HUB_FINALIZER, tenant_key
from acuse.resources.tenant import TenantManifest, TenantSpec

# The way out when a region never comes back: the Tenant goes, what is there stays there.
FORCE_DELETE: Final = f"{GROUP}/force-delete"


@dataclass(frozen=True, slots=True)
class TenantView:
    """One Tenant; `spec` is None and `fault` says why when this version cannot read it."""

    namespace: str
    name: str
    uid: str
    generation: int
    resource_version: str
    spec: TenantSpec | None
    fault: str
    finalizers: tuple[str, ...]
    deleting_since: datetime | None
    is_forced: bool
    # Is it to be kept, whoever deletes it? Said also by a spec that this version cannot read.
    is_protected: bool
    status: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Return NAMESPACE.NAME."""
        return tenant_key(self.namespace, self.name)

    @property
    def is_held(self) -> bool:
        """Tell whether our finalizer keeps it."""
        return HUB_FINALIZER in self.finalizers

    @property
    def is_leaving(self) -> bool:
        """Tell whether it is to be taken down now."""
        return self.deleting_since is not None and (self.is_forced or not self.is_protected)

    @property
    def reference(self) -> dict[str, Any]:
        """Return what an event is about."""
        return {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Tenant",
            "metadata": {"name": self.name, "namespace": self.namespace, "uid": self.uid},
        }


def read_tenant(obj: Mapping[str, Any]) -> TenantView:
    """Return the view of a Tenant as the API server gave it."""
    metadata: Mapping[str, Any] = obj["metadata"]
    said: Mapping[str, Any] = obj.get("spec") or {}
    spec, fault = _spec(obj)
    deleted: str | None = metadata.get("deletionTimestamp")
    annotations: Mapping[str, str] = metadata.get("annotations") or {}
    return TenantView(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        resource_version=metadata.get("resourceVersion", ""),
        spec=spec,
        fault=fault,
        finalizers=tuple(metadata.get("finalizers") or ()),
        deleting_since=None if deleted is None else datetime.fromisoformat(deleted),
        is_forced=annotations.get(FORCE_DELETE) == "true",
        is_protected=said.get("deletionProtection") is True,
        status=obj.get("status") or {},
    )


def _spec(obj: Mapping[str, Any]) -> tuple[TenantSpec | None, str]:
    # What changes with each write of a status is left out: the rest is read once per spec.
    metadata = {name: obj["metadata"][name] for name in ("name", "namespace")}
    document = {name: obj.get(name) for name in ("apiVersion", "kind", "spec")}
    try:
        return TenantManifest.parse_once({**document, "metadata": metadata}).spec, ""
    except InvalidManifest as exc:
        return None, str(exc)
