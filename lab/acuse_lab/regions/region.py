"""One region brought up, looked at and taken down; needs root."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

from acuse.errors import Unavailable
from acuse_lab.regions import addons, gateway
from acuse_lab.regions.cgroups import remove_cgroup
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.holder import holder_of, start_holder
from acuse_lab.regions.images import coredns_image
from acuse_lab.regions.lab import Region
from acuse_lab.regions.network import connect, disconnect
from acuse_lab.regions.node import start_node
from acuse_lab.regions.pki import pki_of

_READY_DEADLINE: Final = 180.0
# containerd keeps the results of CNI plugins here, outside of every folder that it can be told.
_CNI: Final = Path("/var/lib/cni")
_CONTAINER_ID: Final = "[0-9a-f]" * 64
_FIELD_MANAGER: Final = "--field-manager=acuse-lab"
_APPLY: Final = ("apply", "--server-side", "--force-conflicts", _FIELD_MANAGER)


def is_held(region: Region) -> bool:
    """Tell whether the region's namespaces are there."""
    return holder_of(region.holder_file) is not None


def make_namespaces(region: Region) -> None:
    """Make the region's namespaces and lay its cable; what a crash left of it goes first."""
    holder = holder_of(region.holder_file)
    if holder is None:
        _clear(region)
        log = region.folder / "logs" / "holder.log"
        holder = start_holder(region.holder_file, log=log, tied=region.lab.tied)
    connect(region, holder)


def start_programs(region: Region, *, hosts: Mapping[str, str]) -> None:
    """Start every program of the region that does not run, and give its cluster what all have."""
    plane = control_plane_of(region)
    plane.start()
    plane.start_scheduler()
    _apply(plane, addons.kubelet_access())
    tell_hosts(region, hosts)
    start_node(region, plane)
    kinds = [f"--filename={file}" for file in gateway.kinds()]
    plane.kubectl(*_APPLY, *kinds)
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", *kinds)
    _apply(plane, gateway.objects(region))
    plane.kubectl(*_APPLY, f"--filename={gateway.role()}")
    namespace, name = gateway.SERVICE
    told = ("--subresource=status", "--type=merge", f"--patch={gateway.address(region)}")
    plane.kubectl("patch", "service", name, "-n", namespace, *told)
    gateway.start_gateway(region, plane)


def tell_hosts(region: Region, hosts: Mapping[str, str]) -> None:
    """Let the region's pods resolve the gateways of these, as the world would resolve them."""
    _apply(control_plane_of(region), addons.dns(coredns_image().name, hosts=hosts))


def wait_ready(region: Region) -> None:
    """Return once pods run, names resolve and the Gateway is programmed."""
    _wait(region, "Ready", "node", region.name)
    _wait(region, "Available", "deployment", "coredns", "-n", "kube-system")
    _wait(region, "Programmed", "gateway", gateway.NAME, "-n", gateway.NAMESPACE)
    if not _until(lambda: _gateway_answers(region), region):
        raise Unavailable(f"{region.name}: Envoy is not live")


def tear_down(region: Region) -> None:
    """End everything of the region, in whatever state it is, and remove all traces."""
    holder = holder_of(region.holder_file)
    if holder is not None:
        # Everything else is in its namespaces and ends with it.
        holder.kill()
        # Outside of them only what waits for a program, which may have been paused with it.
        programs = control_plane_of(region).programs
        for program in filter(None, map(programs.find, programs.names())):
            program.kill()
    _clear(region)
    shutil.rmtree(region.folder)


def control_plane_of(region: Region) -> ControlPlane:
    """Return the region's control plane, whether it runs or not."""
    return ControlPlane(region.place, pki_of(region.place))


def _clear(region: Region) -> None:
    disconnect(region)
    remove_cgroup(region.cgroup)
    _forget_pod_networks(region)
    for entry in region.folder.iterdir():
        if entry.name != "region.json":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _forget_pod_networks(region: Region) -> None:
    ours = set(_CNI.glob(f"results/{region.cgroup}-{_CONTAINER_ID}-*"))
    # The loopback's results do not name the region: a pod's other ones, or its task, do.
    pods = {file.name.rsplit("-", 2)[1] for file in ours}
    tasks = region.folder.glob("containerd/state/io.containerd.runtime.v2.task/k8s.io/*")
    for pod in pods | {task.name for task in tasks}:
        ours.update(_CNI.glob(f"results/*-{pod}-*"))
    for file in ours:
        file.unlink()
    with suppress(OSError):
        (_CNI / "results").rmdir()
        _CNI.rmdir()


def _apply(plane: ControlPlane, manifests: list[dict[str, Any]]) -> None:
    content = {"apiVersion": "v1", "kind": "List", "items": manifests}
    plane.kubectl(*_APPLY, "-f", "-", stdin=json.dumps(content))


def _wait(region: Region, condition: str, *what: str) -> None:
    plane = control_plane_of(region)

    def holds() -> bool:
        try:
            plane.kubectl("wait", f"--for=condition={condition}", "--timeout=5s", *what)
        except Unavailable:
            return False
        return True

    if not _until(holds, region):
        raise Unavailable(f"{region.name}: {' '.join(what[:2])} did not become {condition}")


def _gateway_answers(region: Region) -> bool:
    """Tell whether Envoy has what Contour told it; it listens only once there is a route."""
    transport = httpx.HTTPTransport(uds=str(gateway.admin_socket(region)))
    try:
        with httpx.Client(transport=transport, timeout=5.0) as client:
            return client.get("http://envoy/ready").is_success
    except httpx.TransportError:
        return False


def _until(holds: Callable[[], bool], region: Region) -> bool:
    until = time.monotonic() + _READY_DEADLINE
    while not holds():
        if time.monotonic() > until or not is_held(region):
            return False
        time.sleep(0.1)
    return True
