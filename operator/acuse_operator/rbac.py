"""What the operator's code asks of the API server: the verbs that its roles have to allow.

Tests compare this with the API server's audit log of a run, and with the chart's rendered roles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# Where a rule has to hold: in the whole cluster, or in one of the namespaces.
Scope = Literal["cluster", "tenants", "release", "profiles"]
# `link` is what a hub does in another cluster's region, by that region's kubeconfig.
# `profiles` is what a hub needs besides that makes Regions of ClusterProfiles.
Part = Literal["hub", "region", "both", "link", "release", "profiles"]


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One resource and what is done with it."""

    scope: Scope
    group: str
    resource: str
    verbs: tuple[str, ...]


_WATCH: Final = ("get", "list", "watch")
_MADE: Final = ("create", "delete", "get", "list", "patch", "watch")

# Server-side apply is `patch`, and `create` as well where the object may not be there yet.
_ALWAYS: Final = (
    Rule("cluster", "acuse.dev", "regions", ("create", "get", "list", "patch", "watch")),
    Rule("cluster", "events.k8s.io", "events", ("create",)),
    # The Lease that says which of several operators works; `update`, not `patch`: only over the
    # version that was read, and in the API server's own share for such calls.
    Rule("release", "coordination.k8s.io", "leases", ("create", "get", "update")),
)
_HUB: Final = (
    Rule("cluster", "acuse.dev", "tenants", ("list", "patch", "watch")),
    Rule("cluster", "acuse.dev", "tenants/status", ("patch",)),
    # Of Regions in other clusters.
    Rule("cluster", "acuse.dev", "regions/status", ("patch",)),
    # By name, what a Tenant names, and what reaches a region.
    Rule("cluster", "", "secrets", ("get",)),
    Rule("tenants", "acuse.dev", "tenantplacements", _MADE),
    Rule("tenants", "", "secrets", _MADE),
)
_REGION: Final = (
    Rule("cluster", "acuse.dev", "regions/status", ("patch",)),
    Rule("tenants", "acuse.dev", "tenantplacements", ("get", "list", "patch", "watch")),
    Rule("tenants", "acuse.dev", "tenantplacements/status", ("patch",)),
    Rule("tenants", "", "secrets", _MADE),
    # The heartbeat, the floor of the epochs, and whether the namespace itself is going.
    Rule("tenants", "coordination.k8s.io", "leases", ("create", "patch")),
    Rule("tenants", "", "configmaps", ("create", "get", "patch")),
    Rule("tenants", "", "namespaces", ("get",)),
    Rule("tenants", "", "serviceaccounts", _MADE),
    Rule("tenants", "apps", "deployments", _MADE),
    Rule("tenants", "autoscaling", "horizontalpodautoscalers", _MADE),
    Rule("tenants", "policy", "poddisruptionbudgets", _MADE),
    Rule("tenants", "networking.k8s.io", "networkpolicies", _MADE),
    Rule("tenants", "keda.sh", "scaledobjects", _MADE),
    Rule("tenants", "keda.sh", "triggerauthentications", _MADE),
    Rule("release", "gateway.networking.k8s.io", "httproutes", _MADE),
    Rule("release", "networking.k8s.io", "ingresses", _MADE),
    # The database's and the object store's, by name.
    Rule("release", "", "secrets", ("get",)),
)
_LINK: Final = (
    Rule("cluster", "acuse.dev", "regions", ("get",)),
    Rule("tenants", "acuse.dev", "tenantplacements", _MADE),
    Rule("tenants", "", "secrets", _MADE),
    # By name: whether the region's operator lives.
    Rule("tenants", "coordination.k8s.io", "leases", ("get",)),
    # By name: the floor of the epochs.
    Rule("tenants", "", "configmaps", ("get", "patch")),
)
_PROFILES: Final = (Rule("profiles", "multicluster.x-k8s.io", "clusterprofiles", ("list",)),)
_RELEASE: Final = (
    Rule("cluster", "acuse.dev", "tenants", ("get", "list", "patch")),
    Rule("tenants", "acuse.dev", "tenantplacements", ("delete", "get", "list", "patch")),
    Rule("tenants", "", "secrets", ("delete", "list")),
    Rule("tenants", "networking.k8s.io", "networkpolicies", ("delete", "list")),
    Rule("tenants", "coordination.k8s.io", "leases", ("delete",)),
    Rule("release", "apps", "deployments/scale", ("patch",)),
    Rule("release", "", "pods", ("list",)),
    Rule("release", "gateway.networking.k8s.io", "httproutes", ("delete", "list")),
    Rule("release", "networking.k8s.io", "ingresses", ("delete", "list")),
)


def rules(part: Part) -> tuple[Rule, ...]:
    """Return what a role, a link, or `acuse operator release` needs, one per resource."""
    chosen = {
        "hub": (*_ALWAYS, *_HUB),
        "region": (*_ALWAYS, *_REGION),
        "both": (*_ALWAYS, *_HUB, *_REGION),
        "link": _LINK,
        "release": _RELEASE,
        "profiles": _PROFILES,
    }[part]
    verbs: dict[tuple[Scope, str, str], set[str]] = {}
    for rule in chosen:
        verbs.setdefault((rule.scope, rule.group, rule.resource), set()).update(rule.verbs)
    return tuple(sorted(Rule(*where, tuple(sorted(v))) for where, v in verbs.items()))


def allows(part: Part, rule: Rule) -> bool:
    """Tell whether a part's rules cover one call: its verb, its resource, where it was made."""
    for known in rules(part):
        if (known.group, known.resource) != (rule.group, rule.resource):
            continue
        if known.scope in {"cluster", rule.scope} and set(rule.verbs) <= set(known.verbs):
            return True
    return False
