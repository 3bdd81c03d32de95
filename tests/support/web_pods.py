"""Two small pods behind a Service and a route, to see whether a cluster works."""

from __future__ import annotations

from typing import Any

NAMESPACE = "web"
_LABELS = {"app": "web"}


def web_manifests(*, image: str, host: str) -> dict[str, Any]:
    """Return a list of everything, in a namespace under Pod Security `restricted`."""
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [_namespace(), _deployment(image), _service(), _route(host)],
    }


def _namespace() -> dict[str, Any]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": labels},
    }


def _deployment(image: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": image,
        "args": ["serve", ":8080"],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "resources": {"limits": {"cpu": "200m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    pod = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": NAMESPACE, "name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": _LABELS},
            "template": {"metadata": {"labels": _LABELS}, "spec": pod},
        },
    }


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": NAMESPACE, "name": "web"},
        "spec": {"selector": _LABELS, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def _route(host: str) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"namespace": NAMESPACE, "name": "web"},
        "spec": {
            "parentRefs": [{"namespace": "acuse-gateway", "name": "acuse"}],
            "hostnames": [host],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/web"}}],
                    "backendRefs": [{"name": "web", "port": 80}],
                }
            ],
        },
    }
