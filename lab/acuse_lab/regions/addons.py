"""What every region's cluster holds from the start: DNS, and the right to ask the kubelet; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acuse_lab.regions.place import DNS_SERVICE, DOMAIN

_LABELS = {"k8s-app": "kube-dns"}
# Above 1023: it listens without any capability, and the Service maps 53 to it.
_PORT = 1053


def kubelet_access() -> list[dict[str, Any]]:
    """Return what lets the API server ask kubelets, for logs and exec."""
    return [
        _binding(
            "acuse:api-server-to-kubelet",
            role="system:kubelet-api-admin",
            subject=_user("acuse:api-server-to-kubelet"),
        )
    ]


def dns(image: str, *, hosts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the cluster's DNS; it also knows the gateways of `hosts` by name."""
    account = {"namespace": "kube-system", "name": "coredns"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        _dns_role(),
        _binding(
            "system:coredns", role="system:coredns", subject={"kind": "ServiceAccount", **account}
        ),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": account,
            "data": {"Corefile": corefile(hosts)},
        },
        _dns_deployment(image),
        _dns_service(),
    ]


def corefile(hosts: Mapping[str, str]) -> str:
    """Return CoreDNS's configuration; nothing is asked of servers outside."""
    known = "".join(f"    {address} {host}\n" for host, address in sorted(hosts.items()))
    return f"""\
.:{_PORT} {{
  errors
  health :8080
  ready :8181
  hosts {{
{known}    ttl 5
    fallthrough
  }}
  kubernetes {DOMAIN} in-addr.arpa ip6.arpa {{
    ttl 5
  }}
  cache 5
  reload 5s
}}
"""


def _dns_role() -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "system:coredns"},
        "rules": [
            {
                "apiGroups": [""],
                "resources": ["namespaces", "pods", "services"],
                "verbs": ["list", "watch"],
            },
            {
                "apiGroups": ["discovery.k8s.io"],
                "resources": ["endpointslices"],
                "verbs": ["list", "watch"],
            },
        ],
    }


def _dns_deployment(image: str) -> dict[str, Any]:
    container = {
        "name": "coredns",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": "dns", "containerPort": _PORT, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": _PORT, "protocol": "TCP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}},
        "resources": {"requests": {"cpu": "20m", "memory": "40Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }
    pod = {
        "serviceAccountName": "coredns",
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "kube-system", "name": "coredns", "labels": _LABELS},
        "spec": {
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": pod},
        },
    }


def _dns_service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": "kube-system", "name": "kube-dns", "labels": _LABELS},
        "spec": {
            "clusterIP": DNS_SERVICE,
            "selector": _LABELS,
            "ports": [
                {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "targetPort": "dns-tcp", "protocol": "TCP"},
            ],
        },
    }


def cluster_user(name: str, *, role: str) -> dict[str, Any]:
    """Return what gives a user that logs in by certificate a cluster role."""
    return _binding(f"acuse:{name}", role=role, subject=_user(name))


def _user(name: str) -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}


def _binding(name: str, *, role: str, subject: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": role,
        },
        "subjects": [dict(subject)],
    }
