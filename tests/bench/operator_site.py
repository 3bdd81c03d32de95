"""Acuse installed in a region as a platform engineer would, and everything to measure it with."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import TENANTS, Kind, Manifest, Ref
from acuse_lab.graph.client import LabClient
from acuse_lab.images import Image
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.in_cluster import (
    NAMESPACE,
    TENANTS_NAMESPACE,
    ClusterInstallation,
    imported,
)
from acuse_lab.running.tenants import LabTenant
from bench.operator_asking import Asking
from bench.operator_program import Operator
from bench.operator_raw import SELECTOR
from bench.operator_watch import is_ready, watching, within

# Where the bench's Tenants are, and where copies are that nobody is to look at.
TENANTS_IN = "bench"
COPIES_IN = "bench-raw"
# Between two turns. What a turn causes afterwards, as Events and statuses, is nobody else's; and
# the Gateway, which gathers changes for up to half a second, is as idle for one as for another.
_PAUSE = 0.7
_KINDS = (
    "httproutes,deployments,horizontalpodautoscalers,poddisruptionbudgets,networkpolicies,"
    "secrets,serviceaccounts,tenantplacements"
)


@dataclass(frozen=True, slots=True)
class Site:
    """One region with Acuse in it, and one tenant that is served from the beginning."""

    region: LabRegion
    api: Api
    operator: Operator
    graph: LabClient
    asking: Asking
    base: LabTenant

    async def tenant(self, name: str, *, workers: Mapping[str, object] | None = None) -> LabTenant:
        """Return a new tenant whose number Meta knows."""
        tenant = LabTenant(name=name, display_name=name, namespace=TENANTS_IN, workers=workers)
        await self.graph.register(tenant.number())
        return tenant

    async def kubectl_apply(self, manifests: Sequence[Mapping[str, object]]) -> float:
        """Apply them by one `kubectl apply`; return when it was called, by `perf_counter`."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        started = time.perf_counter()
        await asyncio.to_thread(self.region.kubectl, "apply", "-f", "-", stdin=text)
        return started

    async def live(self, kind: Kind, name: str, namespace: str) -> Manifest:
        """Return an object that is there."""
        found = await self.api.get(Ref(kind, name, namespace))
        assert found is not None, name
        return found

    async def delete_copies(self) -> None:
        """Delete every copy of an object that the bench has made."""
        for namespace in (NAMESPACE, TENANTS_NAMESPACE, COPIES_IN):
            words = ("--namespace", namespace, "--selector", SELECTOR, "--timeout=180s")
            await asyncio.to_thread(self.region.kubectl, "delete", _KINDS, *words)

    async def delete_tenants(self, tenants: Sequence[LabTenant]) -> None:
        """Delete Tenants and wait until they are gone."""
        names = [tenant.name for tenant in tenants]
        words = ("--namespace", TENANTS_IN, "--timeout=180s")
        await asyncio.to_thread(self.region.kubectl, "delete", "tenants.acuse.dev", *names, *words)


async def pause() -> None:
    """Let what the last turn has caused come to an end."""
    await asyncio.sleep(_PAUSE)


def manifests(tenants: Sequence[LabTenant]) -> list[Mapping[str, object]]:
    """Return what a platform engineer applies for these tenants."""
    return [each for tenant in tenants for each in (tenant.secret(), tenant.manifest())]


async def apply_ready(site: Site, tenants: Sequence[LabTenant]) -> tuple[float, float]:
    """Apply tenants at once; return the seconds until kubectl was done, and until all Ready."""
    async with watching(site.api, TENANTS, TENANTS_IN) as watch:
        ready = [watch.expect(tenant.name, is_ready) for tenant in tenants]
        started = await site.kubectl_apply(manifests(tenants))
        applied = time.perf_counter()
        last = max(await within(asyncio.gather(*ready), what="all Tenants Ready"))
    return applied - started, last - started


def install(
    region: LabRegion, images: Mapping[str, Image], *, graph_url: str, folder: Path
) -> None:
    """Give the node the images and install the chart; return once its programs are ready."""
    for image in images.values():
        region.import_image(image.archive)
    here = ClusterInstallation(region, graph_url, imported(images))
    here.install(folder, _as_it_comes(here))


@asynccontextmanager
async def open_site(region: LabRegion, graph_url: str) -> AsyncGenerator[Site, None]:
    """Open what is measured with; the first tenant, `base`, is yet to be registered and applied."""
    access = await load_access(kubeconfig=str(region.kubeconfig))
    base = LabTenant(name="base", display_name="base", namespace=TENANTS_IN)
    async with (
        Api(access, agent="acuse-bench") as api,
        LabClient(graph_url) as graph,
        Asking(region) as asking,
    ):
        for namespace in (TENANTS_IN, COPIES_IN):
            made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            await api.create(made)
        yield Site(region, api, Operator(region, api, access), graph, asking, base)


def _as_it_comes(here: ClusterInstallation) -> dict[str, object]:
    """Return the operator's values with the chart's own pace of looking at Secrets."""
    ours = here.values()["operator"]
    kept = {name: value for name, value in ours.items() if name != "secretPoll"}
    # Rounds take down what they made, all at once.
    return {"operator": {**kept, "extraEnv": [{"name": "ACUSE_MASS_DELETION", "value": "0"}]}}
