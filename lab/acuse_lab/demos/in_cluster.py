"""The demo on Kubernetes: a region of its own, the chart, a Tenant, and what the operator makes."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from acuse.errors import AcuseError, LabUnavailable, Unavailable
from acuse.resources.names import slug
from acuse_lab.demos.play import Tally, play
from acuse_lab.demos.signals import run
from acuse_lab.documents.sample import Sample
from acuse_lab.graph.client import LabClient
from acuse_lab.images import build_images
from acuse_lab.regions.contexts import own_contexts
from acuse_lab.regions.fleet import regions_down, regions_up
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.lab import Lab
from acuse_lab.running.in_cluster import (
    TENANTS_NAMESPACE,
    ClusterInstallation,
    ImageSource,
    Say,
    fake_reach,
    imported,
)
from acuse_lab.running.installation import graph_process
from acuse_lab.running.stage import Stage, api_client
from acuse_lab.running.tenants import LabTenant

# Beside a lab of the user's, which it never touches.
_LAB: Final = Lab(Path("/var/lib/acuse/demo"), label="acusedemo", tied=True)
_REGION: Final = "demo"
# What ACUSE_CONTEXTS cannot say of a cluster of the user's: where its nodes have the images from,
# and the address at which its pods reach this machine.
_REGISTRY: Final = "ACUSE_IMAGE_REGISTRY"
_TAG: Final = "ACUSE_IMAGE_TAG"
_HOST: Final = "ACUSE_HOST_ADDRESS"
# What a person's hand changes in the demo, and the operator sets back.
_GRACE: Final = "/spec/template/spec/terminationGracePeriodSeconds"
_BY_HAND: Final = 5


def in_cluster(console: Console, sent: Sequence[Sample]) -> Tally:
    """Bring a region up, install Acuse, play the main job, heal, delete, and leave nothing."""

    def say(text: str) -> None:
        console.print(f"[green]✓[/] {text}")

    with (
        _folder() as folder,
        _own_cluster() if own_contexts() else _own_region(console, say) as (region, images),
        graph_process(folder, *fake_reach(region)) as graph_url,
    ):
        say(f"strict fake of Meta's Graph API at {graph_url}, outside the cluster")
        here = ClusterInstallation(region, graph_url, images)
        here.install(folder)
        say("helm install: operator, intake, shared workers, API, trial PostgreSQL and S3")
        tally = run(_with_tenant(console, here, sent))
        here.uninstall()
        say("helm uninstall")
        return tally


@contextmanager
def _own_region(console: Console, say: Say) -> Generator[tuple[LabRegion, ImageSource], None, None]:
    """Yield a region of the demo's own, which ends with the demo whatever happens to it."""
    with _only_demo():
        # First, as that takes longest where it was never built.
        images = build_images(console.print)
        # Whatever a demo that was killed has left.
        regions_down(lab=_LAB)
        try:
            region = regions_up([_REGION], lab=_LAB)[0]
            say(f"region {region.name} is up: Kubernetes, containerd, CoreDNS, Contour and Envoy")
            for image in images.values():
                region.import_image(image.archive)
            say("images of Acuse's programs are on the node")
            yield region, imported(images)
        finally:
            regions_down(lab=_LAB)


@contextmanager
def _only_demo() -> Generator[None, None, None]:
    """Keep a second demo from taking this one's region down; LabUnavailable says so to it."""
    # A name in the kernel, not in a folder: it is gone with its process, whatever ends that.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as name:
        try:
            name.bind("\0acuse-demo")
        except OSError as exc:
            raise LabUnavailable("another demo is running on this machine") from exc
        yield


@contextmanager
def _own_cluster() -> Generator[tuple[LabRegion, ImageSource], None, None]:
    """Yield a cluster of the user's, as it is; LabUnavailable names what has to be told of it."""
    told = {name: os.environ.get(name, "") for name in (_REGISTRY, _TAG, _HOST)}
    missing = [name for name, value in told.items() if not value]
    if missing:
        raise LabUnavailable(f"a cluster of yours needs {' and '.join(missing)}")
    region = replace(regions_up(1)[0], host_ip=told[_HOST])
    if not region.ip:
        raise LabUnavailable(f"{region.name} has no Gateway acuse-gateway/acuse with an address")
    yield region, ImageSource(told[_REGISTRY], told[_TAG], "IfNotPresent")


async def _with_tenant(
    console: Console, here: ClusterInstallation, sent: Sequence[Sample]
) -> Tally:
    tenant = LabTenant(
        name=f"espiga-{secrets.token_hex(3)}",
        display_name="Panadería La Espiga",
        workers={"mode": "Dedicated", "min": 1, "max": 2},
    )
    async with LabClient(here.graph_url) as lab:
        await lab.register(tenant.number())
        await asyncio.to_thread(here.add_tenant, tenant)
        console.print(f"[green]✓[/] kubectl apply: Tenant {tenant.name} and the Secret it names")
        console.print(f"[green]✓[/] Ready: {await here.ready(tenant)}")
        console.print(_listed(here))
        token = await asyncio.to_thread(here.token, tenant)
        async with here.api() as url, api_client(url, token) as api:
            tally = await play(console, Stage(tenant, lab, api), sent)
        await _change_by_hand(console, here, tenant)
        await _delete(console, here, tenant)
    return tally


def _listed(here: ClusterInstallation) -> str:
    return here.region.kubectl("get", "tenants.acuse.dev", "--all-namespaces").rstrip()


async def _change_by_hand(console: Console, here: ClusterInstallation, tenant: LabTenant) -> None:
    """Change a field of the worker Deployment as a person would, and wait until it is healed."""
    place = ("deployment", slug(tenant.key), "--namespace", TENANTS_NAMESPACE)
    before = await asyncio.to_thread(_grace, here, place)
    patch = json.dumps([{"op": "replace", "path": _GRACE, "value": _BY_HAND}])
    console.rule("someone changes the worker Deployment by hand")
    await asyncio.to_thread(here.region.kubectl, "patch", *place, "--type=json", "--patch", patch)

    def healed() -> str | None:
        told = here.condition(tenant, "DriftDetected", status="True")
        return told if told and _grace(here, place) == before else None

    console.print(f"[green]✓[/] healed: {await here.until(healed, what='the drift healed')}")


def _grace(here: ClusterInstallation, place: Sequence[str]) -> int:
    deployment = here.object(*place)
    if deployment is None:
        raise Unavailable("the worker Deployment is gone")
    return int(deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"])


async def _delete(console: Console, here: ClusterInstallation, tenant: LabTenant) -> None:
    """Delete the Tenant and wait until nothing of it is left in the cluster."""
    console.rule("kubectl delete tenant")
    await asyncio.to_thread(
        here.region.kubectl,
        *("delete", "tenants.acuse.dev", tenant.name, "--namespace", tenant.namespace),
        *("--timeout", "300s"),
    )

    def nothing() -> str | None:
        return None if here.left_of(tenant) else "nothing of it remains"

    told = await here.until(nothing, what="everything of the tenant gone")
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
