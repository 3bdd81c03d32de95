"""Acuse in several regions: the first is the hub as well, and hands tenants to the others."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from acuse.errors import InvalidSettings, LabUnavailable, Unavailable
from acuse_lab.running.in_cluster import NAMESPACE, RELEASE, ClusterInstallation
from acuse_lab.running.tenants import LabTenant

# Where the hub's pods reach the API servers of the user's own clusters: `CONTEXT=https://…,…`.
SERVERS: Final = "ACUSE_API_SERVERS"
_ACCOUNT: Final = "acuse-hub"
_OPERATOR: Final = ("deployment", f"{RELEASE}-operator", "--namespace", NAMESPACE)
_PATIENCE: Final = "--timeout=300s"


@dataclass(frozen=True, slots=True)
class Fleet:
    """One release of the chart in each region; the hub's is the first."""

    regions: tuple[ClusterInstallation, ...]

    @property
    def hub(self) -> ClusterInstallation:
        """Return the region whose operator takes Tenants."""
        return self.regions[0]

    @property
    def others(self) -> tuple[ClusterInstallation, ...]:
        """Return the regions that the hub reaches by a kubeconfig."""
        return self.regions[1:]

    def at(self, tenant: LabTenant) -> ClusterInstallation:
        """Return the region that a tenant is at home in."""
        named = {here.region.name: here for here in self.regions}
        return named[tenant.home or self.hub.region.name]

    def install(self, folder: Path) -> None:
        """Install the chart everywhere, and register the other regions on the hub."""
        _each(self.regions, lambda here: here.install(folder))
        for here in self.others:
            self.hub.apply(*_registration(here))

    def uninstall(self) -> None:
        """Let the hub forget the other regions, and remove all releases."""
        for here in self.others:
            name = here.region.name
            self.hub.region.kubectl("delete", "regions.acuse.dev", name, _PATIENCE)
            secret = ("secret", _secret_name(name), "--namespace", NAMESPACE)
            self.hub.region.kubectl("delete", *secret, _PATIENCE)
        _each(self.regions, ClusterInstallation.uninstall)

    def left_of(self, tenant: LabTenant) -> list[str]:
        """Return every object that is there for a tenant in any region, but in its namespace."""
        return [
            f"{here.region.name}: {name}" for here in self.regions for name in here.left_of(tenant)
        ]

    def stop_hub(self) -> int:
        """Stop the hub's operator, as if it were lost; return how many pods of it there were."""
        found = self.hub.object(*_OPERATOR)
        if found is None:
            raise Unavailable(f"{self.hub.region.name} has no operator")
        self.hub.region.kubectl("scale", *_OPERATOR, "--replicas=0")
        pods = ("pod", "--selector=app.kubernetes.io/component=operator", f"-n={NAMESPACE}")
        self.hub.region.kubectl("wait", "--for=delete", *pods, _PATIENCE)
        return int(found["spec"]["replicas"])

    def start_hub(self, replicas: int) -> None:
        """Start the hub's operator again and wait until it is ready."""
        self.hub.region.kubectl("scale", *_OPERATOR, f"--replicas={replicas}")
        self.hub.region.kubectl("rollout", "status", *_OPERATOR, _PATIENCE)


def _each(
    regions: Sequence[ClusterInstallation], do: Callable[[ClusterInstallation], None]
) -> None:
    """Do something in all regions at once; raise what the first of them raised."""
    with ThreadPoolExecutor(max_workers=len(regions)) as pool:
        for done in [pool.submit(do, here) for here in regions]:
            done.result()


def _registration(here: ClusterInstallation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what makes a region known to the hub, as the chart's notes say: Secret and Region."""
    name = here.region.name
    metadata = {"namespace": NAMESPACE, "name": _secret_name(name)}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": {"kubeconfig": json.dumps(_kubeconfig(here))},
    }
    region = {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Region",
        "metadata": {"name": name},
        "spec": {
            "jurisdiction": here.jurisdiction,
            "intakeURL": here.intake_url,
            "access": {"type": "Kubeconfig", "kubeconfigSecretRef": metadata},
        },
    }
    return secret, region


def _secret_name(region: str) -> str:
    return f"acuse-region-{region}"


def _kubeconfig(here: ClusterInstallation) -> dict[str, Any]:
    name = here.region.name
    filled = ("--for=jsonpath={.data.token}", f"secret/{_ACCOUNT}", f"-n={NAMESPACE}", _PATIENCE)
    here.region.kubectl("wait", *filled)
    secret = here.object("secret", _ACCOUNT, "--namespace", NAMESPACE)
    if secret is None:
        raise Unavailable(f"{name}: the token of {_ACCOUNT} is gone")
    data: dict[str, str] = secret["data"]
    cluster = {"server": api_server(here), "certificate-authority-data": data["ca.crt"]}
    token = base64.b64decode(data["token"]).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": _ACCOUNT, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": _ACCOUNT}}],
    }


def api_server(here: ClusterInstallation) -> str:
    """Return where pods of other regions reach a region's API server.

    LabUnavailable where only this machine reaches it, and nothing was said.
    """
    name = here.region.name
    told = _told_servers().get(name)
    if told is not None:
        return told
    path = "jsonpath={.clusters[0].cluster.server}"
    server = here.region.kubectl("config", "view", "--minify", "-o", path)
    if urlsplit(server).hostname in {"localhost", "127.0.0.1", "::1", "0.0.0.0"}:  # noqa: S104 - kind writes it
        raise LabUnavailable(
            f"pods elsewhere cannot reach {server}: say {SERVERS}={name}=https://…"
        )
    return server


def _told_servers() -> dict[str, str]:
    told: dict[str, str] = {}
    for one in filter(None, os.environ.get(SERVERS, "").split(",")):
        name, _, server = one.strip().partition("=")
        if not server.startswith("https://"):
            raise InvalidSettings(f"{SERVERS}: {one.strip()!r} is not CONTEXT=https://…")
        told[name] = server
    return told
