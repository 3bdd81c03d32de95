"""The pods that work for one tenant alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from acuse.resources.names import TENANT, labels, slug
from acuse.resources.placement import TenantPlacement
from acuse.resources.values import amount
from acuse.resources.workers import Amounts
from acuse_cluster.kinds import DEPLOYMENTS, Manifest
from acuse_operator.desired.autoscaler import Scaling
from acuse_operator.desired.manifest import digest, owned, worker_selector
from acuse_operator.desired.names import CONFIG_HASH, DATABASE_KEY, MONITORING_PORT, REGION_SECRET
from acuse_operator.desired.quantity import canonical
from acuse_operator.desired.views import RegionSettings, RegionView
from acuse_operator.desired.worker_secret import mounted_items

_TENANTS_DIR: Final = "/etc/acuse/tenants"
_UID: Final = 65532
# Seconds that are left for closing after a worker has handed back what it had.
_CLOSING: Final = 25
# Reading a photographed page takes Tesseract most of a gigabyte for a moment.
_REQUESTS: Final = Amounts(cpu="100m", memory="512Mi")
_LIMITS: Final = Amounts(memory="1536Mi")


def worker_deployment(
    placement: TenantPlacement,
    region: RegionView,
    settings: RegionSettings,
    *,
    files: Mapping[str, str],
    scaling: Scaling,
) -> Manifest:
    """Return the worker Deployment; `replicas` is left to an autoscaler where there is one."""
    spec: dict[str, Any] = {
        "selector": {"matchLabels": worker_selector(placement)},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
        "template": {
            "metadata": {
                "labels": labels("worker", key=placement.key),
                # New credentials make new pods.
                "annotations": {
                    TENANT: placement.key,
                    CONFIG_HASH: digest([dict(files), region.secret.hash]),
                },
            },
            "spec": _pod(placement, region, settings, files),
        },
    }
    if scaling.replicas is not None:
        spec["replicas"] = scaling.replicas
    return owned(DEPLOYMENTS, placement, component="worker", body={"spec": spec})


def _pod(
    placement: TenantPlacement,
    region: RegionView,
    settings: RegionSettings,
    files: Mapping[str, str],
) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "serviceAccountName": slug(placement.key),
        "automountServiceAccountToken": False,
        # A Service per tenant in the environment helps nobody.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": settings.worker_grace + _CLOSING,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            _spread(placement, "topology.kubernetes.io/zone"),
            _spread(placement, "kubernetes.io/hostname"),
        ],
        "containers": [_container(placement, region, settings)],
        "volumes": [
            {
                "name": "tenants",
                "secret": {
                    "secretName": slug(placement.key),
                    "defaultMode": 0o440,
                    "items": mounted_items(placement, files),
                },
            },
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if settings.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in settings.image_pull_secrets]
    return pod


def _spread(placement: TenantPlacement, topology: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": worker_selector(placement)},
    }


def _container(
    placement: TenantPlacement, region: RegionView, settings: RegionSettings
) -> dict[str, Any]:
    return {
        "name": "worker",
        "image": settings.worker_image,
        "imagePullPolicy": settings.image_pull_policy,
        "args": ["worker"],
        "env": _environment(placement, region, settings),
        "ports": [{"name": "monitoring", "containerPort": MONITORING_PORT, "protocol": "TCP"}],
        # Starting reads no network but the database; two minutes are for a machine under load.
        "startupProbe": _probe("/livez", period=2, failures=60),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=5, failures=3),
        "resources": _resources(placement),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "tenants", "mountPath": _TENANTS_DIR, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "monitoring", "scheme": "HTTP"},
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
        "successThreshold": 1,
    }


def _resources(placement: TenantPlacement) -> dict[str, dict[str, str]]:
    """Return what was asked for; where only one of request and limit was, the other fits it."""
    asked = placement.spec.bundle.workers.resources
    found: dict[str, dict[str, str]] = {"limits": {}, "requests": {}}
    for name in ("cpu", "memory"):
        request, limit = getattr(asked.requests, name), getattr(asked.limits, name)
        most = limit or _at_least(getattr(_LIMITS, name), request)
        least = request or _at_most(getattr(_REQUESTS, name), limit)
        found["requests"][name] = canonical(least)
        if most is not None:
            found["limits"][name] = canonical(most)
    return found


def _at_least(usual: str | None, asked: str | None) -> str | None:
    return asked if usual and asked and amount(asked) > amount(usual) else usual


def _at_most(usual: str, asked: str | None) -> str:
    return asked if asked and amount(asked) < amount(usual) else usual


def _environment(
    placement: TenantPlacement, region: RegionView, settings: RegionSettings
) -> list[dict[str, Any]]:
    store, env = region.spec.object_store, region.spec.workers.env
    plain = {
        "ACUSE_REGION": settings.region,
        "ACUSE_OBJECT_STORE": store.url if store else "",
        "ACUSE_GRAPH_URL": env.graph_url or settings.graph_url,
        "ACUSE_MEDIA_HOSTS": ",".join(env.media_hosts or settings.media_hosts),
        "ACUSE_TENANTS_SOURCE": "folder",
        "ACUSE_TENANTS_DIR": _TENANTS_DIR,
        "ACUSE_WORKER_TENANTS": placement.key,
        "ACUSE_WORKER_GRACE": str(settings.worker_grace),
        "ACUSE_MONITORING_HOST": "0.0.0.0",  # noqa: S104 - a pod's own network
        "ACUSE_MONITORING_PORT": str(MONITORING_PORT),
    }
    secret = {"ACUSE_DATABASE_URL": DATABASE_KEY, **{n: n for n in region.secret.variables}}
    return [
        *({"name": name, "value": text} for name, text in plain.items() if text),
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": REGION_SECRET, "key": key}}}
            for name, key in secret.items()
        ),
    ]
