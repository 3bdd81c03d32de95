"""What worker pods may reach, and who may reach them: nothing but what is named here."""

from __future__ import annotations

from typing import Any, Final

from acuse.resources.placement import TenantPlacement
from acuse.resources.region import Egress
from acuse_cluster.kinds import NETWORKPOLICIES, Manifest
from acuse_operator.desired.manifest import owned, regional, worker_selector
from acuse_operator.desired.names import DEFAULT_DENY, MONITORING_PORT
from acuse_operator.desired.views import RegionSettings, RegionView

# Private, shared, loopback and link-local ranges: a cluster's own, and clouds' metadata services.
_NOT_INTERNET: Final = (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16",
)  # fmt: skip
_NOT_INTERNET_6: Final = ("fc00::/7", "fe80::/10")
# Where NodeLocal DNSCache listens by convention.
_NODE_LOCAL_DNS: Final = "169.254.20.10/32"


def network_policy(
    placement: TenantPlacement, region: RegionView, settings: RegionSettings
) -> Manifest:
    """Return the policy of one tenant's workers."""
    spec = {
        "podSelector": {"matchLabels": worker_selector(placement)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [_scraping(settings)],
        "egress": [_dns(), *(_allowed(entry) for entry in region.spec.egress), _internet()],
    }
    return owned(NETWORKPOLICIES, placement, component="worker", body={"spec": spec})


def default_deny(settings: RegionSettings) -> Manifest:
    """Return the policy of the tenants' namespace: what no other policy allows is refused."""
    return regional(
        NETWORKPOLICIES,
        DEFAULT_DENY,
        settings.tenants_namespace,
        body={"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
    )


def _tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _scraping(settings: RegionSettings) -> dict[str, Any]:
    labels = dict(settings.monitoring_namespace)
    namespaces = {"matchLabels": labels} if labels else {}
    return {"from": [{"namespaceSelector": namespaces}], "ports": _tcp(MONITORING_PORT)}


def _dns() -> dict[str, Any]:
    system = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    return {
        "to": [{"namespaceSelector": system}, {"ipBlock": {"cidr": _NODE_LOCAL_DNS}}],
        "ports": [{"protocol": "UDP", "port": 53}, *_tcp(53)],
    }


def _internet() -> dict[str, Any]:
    return {
        "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(_NOT_INTERNET)}},
            {"ipBlock": {"cidr": "::/0", "except": list(_NOT_INTERNET_6)}},
        ],
        "ports": _tcp(443),
    }


def _allowed(entry: Egress) -> dict[str, Any]:
    if entry.cidr is not None:
        peer: dict[str, Any] = {"ipBlock": {"cidr": entry.cidr}}
    else:
        selectors = {
            "podSelector": entry.pod_selector,
            "namespaceSelector": entry.namespace_selector,
        }
        peer = {
            name: {"matchLabels": dict(found.match_labels)} if found.match_labels else {}
            for name, found in selectors.items()
            if found is not None
        }
    return {"to": [peer], "ports": _tcp(*entry.ports)}
