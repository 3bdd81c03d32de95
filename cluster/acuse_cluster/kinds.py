"""The kinds of object that Acuse reads or writes, and how each is addressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

# One Kubernetes object as the API gives and takes it.
Manifest: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object, in one version."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def root(self) -> str:
        """Return the path of the kind's group and version, which discovery answers at."""
        return f"/{'apis' if '/' in self.api_version else 'api'}/{self.api_version}"

    def path(self, *, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of one object, of a namespace's or of all."""
        parts = [self.root]
        if namespace is not None and self.namespaced:
            parts.append(f"namespaces/{quote(namespace, safe='')}")
        parts.append(self.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Ref:
    """One object by name; `namespace` is None where the kind has none."""

    kind: Kind
    name: str
    namespace: str | None = None

    @property
    def path(self) -> str:
        """Return the object's path."""
        return self.kind.path(namespace=self.namespace, name=self.name)

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.kind} {where}{self.name}"


TENANTS: Final = Kind("acuse.dev/v1alpha1", "tenants", "Tenant")
REGIONS: Final = Kind("acuse.dev/v1alpha1", "regions", "Region", namespaced=False)
PLACEMENTS: Final = Kind("acuse.dev/v1alpha1", "tenantplacements", "TenantPlacement")

NAMESPACES: Final = Kind("v1", "namespaces", "Namespace", namespaced=False)
NODES: Final = Kind("v1", "nodes", "Node", namespaced=False)
PODS: Final = Kind("v1", "pods", "Pod")
SECRETS: Final = Kind("v1", "secrets", "Secret")
CONFIGMAPS: Final = Kind("v1", "configmaps", "ConfigMap")
SERVICES: Final = Kind("v1", "services", "Service")
SERVICEACCOUNTS: Final = Kind("v1", "serviceaccounts", "ServiceAccount")
DEPLOYMENTS: Final = Kind("apps/v1", "deployments", "Deployment")
HPAS: Final = Kind("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
PDBS: Final = Kind("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget")
NETWORKPOLICIES: Final = Kind("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy")
INGRESSES: Final = Kind("networking.k8s.io/v1", "ingresses", "Ingress")
EVENTS: Final = Kind("events.k8s.io/v1", "events", "Event")
LEASES: Final = Kind("coordination.k8s.io/v1", "leases", "Lease")
GATEWAYS: Final = Kind("gateway.networking.k8s.io/v1", "gateways", "Gateway")
HTTPROUTES: Final = Kind("gateway.networking.k8s.io/v1", "httproutes", "HTTPRoute")
SCALEDOBJECTS: Final = Kind("keda.sh/v1alpha1", "scaledobjects", "ScaledObject")
TRIGGERAUTHENTICATIONS: Final = Kind(
    "keda.sh/v1alpha1", "triggerauthentications", "TriggerAuthentication"
)
ROLES: Final = Kind("rbac.authorization.k8s.io/v1", "roles", "Role")
ROLEBINDINGS: Final = Kind("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding")
CLUSTERROLES: Final = Kind(
    "rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", namespaced=False
)
CLUSTERROLEBINDINGS: Final = Kind(
    "rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
CLUSTERPROFILES: Final = Kind("multicluster.x-k8s.io/v1alpha1", "clusterprofiles", "ClusterProfile")
CRDS: Final = Kind(
    "apiextensions.k8s.io/v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)

KINDS: Final = (
    TENANTS,
    REGIONS,
    PLACEMENTS,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    CONFIGMAPS,
    SERVICES,
    SERVICEACCOUNTS,
    DEPLOYMENTS,
    HPAS,
    PDBS,
    NETWORKPOLICIES,
    INGRESSES,
    EVENTS,
    LEASES,
    GATEWAYS,
    HTTPROUTES,
    SCALEDOBJECTS,
    TRIGGERAUTHENTICATIONS,
    ROLES,
    ROLEBINDINGS,
    CLUSTERROLES,
    CLUSTERROLEBINDINGS,
    CLUSTERPROFILES,
    CRDS,
)

_BY_NAME: Final = {(kind.api_version, kind.kind): kind for kind in KINDS}


def kind_of(manifest: Manifest) -> Kind:
    """Return the kind that a manifest says it is; raise LookupError for one not listed here."""
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]


def ref_of(manifest: Manifest) -> Ref:
    """Return the manifest's own address."""
    metadata = manifest["metadata"]
    return Ref(kind_of(manifest), metadata["name"], metadata.get("namespace"))
