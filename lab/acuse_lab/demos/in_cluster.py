"""The demo on Kubernetes: two regions, the chart, a Tenant in each, and a hub that may be lost."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from acuse.errors import AcuseError, Unavailable
from acuse.resources.names import slug
from acuse_lab.demos.clusters import Clusters, clusters
from acuse_lab.demos.play import Tally, begin, count, documents, follow, play
from acuse_lab.demos.signals import run
from acuse_lab.documents.sample import Sample
from acuse_lab.graph.client import LabClient
from acuse_lab.running.fleet import Fleet
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE, ClusterInstallation, fake_reach
from acuse_lab.running.installation import graph_process
from acuse_lab.running.stage import Stage, api_client
from acuse_lab.running.tenants import LabTenant

_NAMES: Final = (("espiga", "Panadería La Espiga"), ("trigal", "Confeitaria Trigal"))
_JURISDICTIONS: Final = ("AR", "BR")
# What a person's hand changes in the demo, and the operator sets back.
_GRACE: Final = "/spec/template/spec/terminationGracePeriodSeconds"
_BY_HAND: Final = 5


def in_cluster(console: Console, sent: Sequence[Sample]) -> tuple[int, Tally]:
    """Bring regions up, install Acuse, play the main job in each, heal, delete, leave nothing.

    Return how many regions there were, and what came of it in all of them.
    """

    def say(text: str) -> None:
        console.print(f"[green]✓[/] {text}")

    with (
        _folder() as folder,
        clusters(console.print, say) as where,
        graph_process(folder, *fake_reach(*where.regions)) as graph_url,
    ):
        say(f"strict fake of Meta's Graph API at {graph_url}, outside the clusters")
        fleet = _fleet(where, graph_url)
        fleet.install(folder)
        say("helm install: operator, intake, shared workers, API, trial PostgreSQL and S3")
        for here in fleet.others:
            say(f"{here.region.name} is registered at the hub in {fleet.hub.region.name}")
        tally = run(_with_tenants(console, fleet, sent))
        fleet.uninstall()
        say("helm uninstall")
        return len(fleet.regions), tally


def _fleet(where: Clusters, graph_url: str) -> Fleet:
    placed = zip(where.regions, _JURISDICTIONS, strict=False)
    return Fleet(
        tuple(
            ClusterInstallation(
                region,
                graph_url,
                where.images,
                role="region" if number else "both",
                jurisdiction=jurisdiction,
            )
            for number, (region, jurisdiction) in enumerate(placed)
        )
    )


async def _with_tenants(console: Console, fleet: Fleet, sent: Sequence[Sample]) -> Tally:
    tenants = [
        LabTenant(
            name=f"{name}-{secrets.token_hex(3)}",
            display_name=display_name,
            workers={"mode": "Dedicated", "min": 1, "max": 2},
            home=here.region.name,
        )
        for here, (name, display_name) in zip(fleet.regions, _NAMES, strict=False)
    ]
    async with LabClient(fleet.hub.graph_url) as lab:
        for tenant in tenants:
            await lab.register(tenant.number())
            await asyncio.to_thread(fleet.hub.add_tenant, tenant)
            console.print(f"[green]✓[/] kubectl apply: Tenant {tenant.name} at {tenant.home}")
        for tenant in tenants:
            ready = await fleet.hub.ready(tenant)
            console.print(f"[green]✓[/] {tenant.name} is Ready: {ready}")
        await asyncio.to_thread(_list, console, fleet.hub)
        tally = await _play(console, fleet, lab, tenants, sent)
        await _delete(console, fleet, tenants)
    return tally


async def _play(
    console: Console,
    fleet: Fleet,
    lab: LabClient,
    tenants: Sequence[LabTenant],
    sent: Sequence[Sample],
) -> Tally:
    first, *others = tenants
    async with _stage(fleet, lab, first) as stage:
        tally = await play(console, stage, sent)
    if not others:
        await _change_by_hand(console, fleet, first)
    for tenant in others:
        async with _stage(fleet, lab, tenant) as stage:
            tally += await _play_without_hub(console, fleet, stage)
    return tally


@asynccontextmanager
async def _stage(fleet: Fleet, lab: LabClient, tenant: LabTenant) -> AsyncGenerator[Stage, None]:
    """Yield the stage of a tenant in its own region."""
    here = fleet.at(tenant)
    token = await asyncio.to_thread(here.token, tenant)
    async with here.api() as url, api_client(url, token) as api:
        yield Stage(tenant, lab, api)


async def _play_without_hub(console: Console, fleet: Fleet, stage: Stage) -> Tally:
    """Play in a region elsewhere; the hub is not there when the last document comes."""
    *before, last = sent = documents(None)
    await begin(console, stage, sent)
    for document in before:
        await follow(console, stage, document)
    await _change_by_hand(console, fleet, stage.tenant)
    replicas = await asyncio.to_thread(fleet.stop_hub)
    console.print(f"[green]✓[/] the hub in {fleet.hub.region.name} is stopped")
    await follow(console, stage, last)
    await asyncio.to_thread(fleet.start_hub, replicas)
    console.print("[green]✓[/] answered without it; the hub is back")
    return await count(console, stage, sent)


def _list(console: Console, hub: ClusterInstallation) -> None:
    """Show what kubectl says of regions and Tenants."""
    for kind in ("regions.acuse.dev", "tenants.acuse.dev"):
        listed = hub.region.kubectl("get", kind, "--all-namespaces")
        console.print(listed.rstrip(), soft_wrap=True)


async def _change_by_hand(console: Console, fleet: Fleet, tenant: LabTenant) -> None:
    """Change a field of the worker Deployment as a person would, and wait until it is healed."""
    here = fleet.at(tenant)
    place = ("deployment", slug(tenant.key), "--namespace", TENANTS_NAMESPACE)
    before = await asyncio.to_thread(_grace, here, place)
    patch = json.dumps([{"op": "replace", "path": _GRACE, "value": _BY_HAND}])
    console.rule(f"someone changes the worker Deployment in {here.region.name} by hand")
    await asyncio.to_thread(here.region.kubectl, "patch", *place, "--type=json", "--patch", patch)

    def healed() -> str | None:
        told = fleet.hub.condition(tenant, "DriftDetected", status="True")
        return told if told and _grace(here, place) == before else None

    console.print(f"[green]✓[/] healed: {await here.until(healed, what='the drift healed')}")


def _grace(here: ClusterInstallation, place: Sequence[str]) -> int:
    deployment = here.object(*place)
    if deployment is None:
        raise Unavailable("the worker Deployment is gone")
    return int(deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"])


async def _delete(console: Console, fleet: Fleet, tenants: Sequence[LabTenant]) -> None:
    """Delete the Tenants and wait until nothing of them is left in any cluster."""
    console.rule("kubectl delete tenant")
    for tenant in tenants:
        await asyncio.to_thread(
            fleet.hub.region.kubectl,
            *("delete", "tenants.acuse.dev", tenant.name, "--namespace", tenant.namespace),
            *("--timeout", "300s"),
        )

    def nothing() -> str | None:
        left = [name for tenant in tenants for name in fleet.left_of(tenant)]
        return None if left else "nothing of them remains"

    told = await fleet.hub.until(nothing, what="everything of the tenants gone")
    console.print(f"[green]✓[/] deleted: {told}")


@contextmanager
def _folder() -> Generator[Path, None, None]:
    """Yield a folder for what the demo writes; it is kept, and named, when the block fails."""
    folder = Path(tempfile.mkdtemp(prefix="acuse-"))
    try:
        yield folder
    except (AcuseError, httpx.HTTPError) as exc:
        exc.add_note(f"logs are kept in {folder}")
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
