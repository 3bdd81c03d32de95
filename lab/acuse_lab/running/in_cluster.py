"""Acuse in a region's cluster, installed as a platform engineer would: Helm, then kubectl."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from acuse.errors import Unavailable
from acuse.resources.names import TENANT, slug
from acuse_lab.images import Image
from acuse_lab.ports import free_port
from acuse_lab.regions.handle import LabRegion, kubectl_program
from acuse_lab.running.stage import SCOPES
from acuse_lab.running.tenants import LabTenant

Say = Callable[[str], None]
Values = dict[str, Any]

CHART: Final = Path(__file__).parents[3] / "charts" / "acuse"
RELEASE: Final = "acuse"
NAMESPACE: Final = "acuse-system"
TENANTS_NAMESPACE: Final = "acuse-tenants"
# Generous: a busy machine with two cores starts half a dozen programs at once.
INSTALL_DEADLINE: Final = 900
READY_DEADLINE: Final = 300.0
_LOOK_EVERY: Final = 0.2


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where the cluster's nodes have the images of Acuse's programs from."""

    registry: str
    tag: str
    pull_policy: str


def imported(images: Mapping[str, Image]) -> ImageSource:
    """Return the source of images that were built here and given to the node."""
    (tag,) = {image.reference.rpartition(":")[2] for image in images.values()}
    return ImageSource("localhost", tag, "Never")


def fake_reach(*regions: LabRegion) -> tuple[str, ...]:
    """Return how the fake of Meta has to listen so that pods reach it, and it the gateways."""
    one = regions[0]
    # A cluster of the user's is reached at its gateway's address, without TLS.
    gateway = ("--ca-file", str(one.ca_file)) if one.ca_file else ("--plain-http", "private")
    known = [word for each in regions for word in ("--resolve", f"{each.host}={each.ip}")]
    return ("--host", one.host_ip, *known, *gateway)


@dataclass(frozen=True, slots=True)
class ClusterInstallation:
    """One release of the chart in one region, and what is asked of it by kubectl."""

    region: LabRegion
    graph_url: str
    images: ImageSource
    # `region` has its hub in another cluster.
    role: Literal["both", "region"] = "both"
    jurisdiction: str = "AR"

    def values(self) -> Values:
        """Return the chart's values for a small region whose outside world is the lab."""
        small = {"enabled": False}
        region, images = self.region, self.images
        return {
            "role": self.role,
            **({"hubAccess": {"enabled": True}} if self.role == "region" else {}),
            "image": {
                "registry": images.registry,
                "tag": images.tag,
                "pullPolicy": images.pull_policy,
            },
            "region": {
                "name": region.name,
                "jurisdiction": self.jurisdiction,
                "intakeURL": self.intake_url,
                "gateway": {"namespace": "acuse-gateway", "name": "acuse"},
                "egress": [self._outside()],
            },
            "graph": {"url": self.graph_url, "mediaHosts": [self.graph_url]},
            "database": {"trial": {"enabled": True, "persistence": small}},
            "objectStore": {"trial": {"enabled": True, "persistence": small}},
            "operator": {"secretPoll": 2, "intakeCA": self._authority()},
            "intake": {"replicas": 1, "autoscaling": small, "drainSeconds": 2},
            "workers": {"replicas": 1, "autoscaling": {"mode": "None"}},
            "api": {"replicas": 1},
        }

    @property
    def intake_url(self) -> str:
        """Return where Meta reaches the region's webhooks."""
        region = self.region
        return region.secure_gateway_url if region.ca_file else region.gateway_url

    def _authority(self) -> str:
        """Return the certificate that the gateway's is checked against; empty for public ones."""
        return self.region.ca_file.read_text(encoding="ascii") if self.region.ca_file else ""

    def _outside(self) -> Values:
        """Return the lab's side of the network, where the fake of Meta listens."""
        host, _, port = self.graph_url.removeprefix("http://").partition(":")
        return {"name": "graph", "cidr": f"{host}/32", "ports": [int(port)]}

    def install(self, folder: Path, extra: Values | None = None) -> None:
        """Install the chart, or upgrade it, and wait until its programs are ready."""
        file = folder / f"values-{self.region.name}.yaml"
        file.write_text(yaml.safe_dump(self.values() | (extra or {})), encoding="utf-8")
        self.helm(
            *("upgrade", "--install", RELEASE, str(CHART), "--values", str(file)),
            *("--create-namespace", "--wait", "--timeout", f"{INSTALL_DEADLINE}s"),
        )

    def uninstall(self) -> None:
        """Remove the release and wait until it has gone."""
        self.helm("uninstall", RELEASE, "--wait", "--timeout", f"{INSTALL_DEADLINE}s")

    def helm(self, *words: str) -> str:
        """Run Helm on the release's namespace and return what it printed; or Unavailable."""
        return self.region.helm("--namespace", NAMESPACE, *words)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Apply manifests as `kubectl apply -f` does."""
        text = yaml.safe_dump_all(manifests, allow_unicode=True, sort_keys=False)
        self.region.kubectl("apply", "-f", "-", stdin=text)

    def object(self, *words: str) -> dict[str, Any] | None:
        """Return one object as kubectl sees it; None when there is none."""
        text = self.region.kubectl("get", *words, "--ignore-not-found", "--output", "json")
        return json.loads(text) if text.strip() else None

    def left_of(self, tenant: LabTenant) -> list[str]:
        """Return every object that is there for a tenant, in all namespaces but its own."""
        kinds = (
            "deployments,replicasets,pods,secrets,serviceaccounts,networkpolicies,"
            "poddisruptionbudgets,horizontalpodautoscalers,httproutes"
        )
        selector = ("--selector", f"{TENANT}={slug(tenant.key)}")
        labelled = self.region.kubectl("get", kinds, "--all-namespaces", *selector, "-o", "name")
        placed = self.region.kubectl("get", "tenantplacements", "--all-namespaces", "-o", "name")
        ours = [name for name in placed.split() if name.endswith(f"/{tenant.key}")]
        return [*labelled.split(), *ours]

    def add_tenant(self, tenant: LabTenant) -> None:
        """Make the tenant's namespace, Secret and Tenant."""
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": tenant.namespace},
        }
        self.apply(namespace, tenant.secret(), tenant.manifest())

    def token(self, tenant: LabTenant) -> str:
        """Make an API token for a tenant by Acuse's own command, in the API's pod."""
        asked = [part for scope in SCOPES for part in ("--scope", scope)]
        words = ("acuse", "tokens", "create", "--tenant", tenant.key, "--name", "lab", *asked)
        pod = ("exec", "--namespace", NAMESPACE, f"deployment/{RELEASE}-api", "--")
        return self.region.kubectl(*pod, *words).strip()

    async def until(
        self, look: Callable[[], str | None], *, what: str, deadline: float = READY_DEADLINE
    ) -> str:
        """Return what `look` finds, once it finds anything; Unavailable when it takes too long."""
        until = time.monotonic() + deadline
        while time.monotonic() < until:
            found = await asyncio.to_thread(look)
            if found is not None:
                return found
            await asyncio.sleep(_LOOK_EVERY)
        raise Unavailable(f"{what}: not within {deadline:.0f} s")

    async def ready(self, tenant: LabTenant) -> str:
        """Return the message of the Tenant's Ready condition once it is True."""
        return await self.until(
            lambda: self.condition(tenant, "Ready", status="True"), what=f"{tenant.key} Ready"
        )

    def condition(self, tenant: LabTenant, name: str, *, status: str) -> str | None:
        """Return the message of a Tenant's condition if it has this status."""
        found = self.object("tenants.acuse.dev", tenant.name, "--namespace", tenant.namespace)
        conditions = (found or {}).get("status", {}).get("conditions", [])
        for each in conditions:
            if each["type"] == name and each["status"] == status:
                return str(each["message"])
        return None

    @asynccontextmanager
    async def api(self) -> AsyncGenerator[str, None]:
        """Yield the API's address on this machine, through the API server (`port-forward`)."""
        port = free_port()
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - it only starts; our own program
            [
                *(kubectl_program(), f"--kubeconfig={self.region.kubeconfig}"),
                *("port-forward", "--namespace", NAMESPACE),
                *(f"service/{RELEASE}-api", f"{port}:8080"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            await asyncio.to_thread(_first_line, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=60)


def _first_line(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    line = process.stdout.readline()
    if not line.startswith("Forwarding"):
        raise Unavailable(f"kubectl port-forward: {line.strip()}")
