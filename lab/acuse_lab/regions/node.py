"""The one node of a region: containerd, kubelet and kube-proxy."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from acuse.errors import Unavailable
from acuse_lab.go_tools import KUBERNETES, program
from acuse_lab.regions.authority import Pair
from acuse_lab.regions.cgroups import make_cgroup
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.images import Image, coredns_image, pause_image
from acuse_lab.regions.lab import Region
from acuse_lab.regions.place import DNS_SERVICE, DOMAIN, LOOPBACK
from acuse_lab.regions.processes import tool

# The same in every region: what leaves one is masked as the region's own address.
PODS: Final = "10.88.0.0/16"
CNI_PLUGINS: Final = Path("/usr/lib/cni")
_CONTAINERD_DEADLINE: Final = 60.0
# Snapshotters and services that need devices or sockets that a region has not.
_NOT_WANTED: Final = tuple(
    f"io.containerd.{name}"
    for name in (
        *("snapshotter.v1.aufs", "snapshotter.v1.btrfs", "snapshotter.v1.devmapper"),
        *("snapshotter.v1.zfs", "tracing.processor.v1.otlp", "internal.v1.tracing"),
    )
)


def start_node(region: Region, plane: ControlPlane) -> None:
    """Start what runs pods, with the images that every region has."""
    start_containerd(region, plane)
    for image in (pause_image(), coredns_image()):
        import_image(region, image)
    make_cgroup(region.cgroup)
    user = f"system:node:{region.name}"
    kubeconfig = plane.kubeconfig(user, groups=["system:nodes"])
    serving = plane.pki.authority.server("kubelet", [region.name, region.ip])
    config = _write(region, "kubelet.yaml", _kubelet(region, plane, serving))
    plane.programs.start(
        "kubelet",
        program(KUBERNETES, "kubelet"),
        [
            f"--config={config}",
            f"--kubeconfig={kubeconfig}",
            f"--hostname-override={region.name}",
            f"--node-ip={region.ip}",
            f"--root-dir={region.folder / 'kubelet'}",
        ],
    )
    proxy = _write(region, "kube-proxy.yaml", _proxy(region))
    plane.programs.start("kube-proxy", program(KUBERNETES, "kube-proxy"), [f"--config={proxy}"])


def start_containerd(region: Region, plane: ControlPlane) -> None:
    """Start containerd and return once it answers."""
    cni = region.folder / "cni"
    cni.mkdir(exist_ok=True)
    (cni / "10-pods.conflist").write_text(json.dumps(_pod_network(region)))
    config = region.folder / "containerd.toml"
    config.write_text(_containerd(region))
    containerd = tool("containerd")
    plane.programs.start("containerd", Path(containerd), [f"--config={config}"])
    until = time.monotonic() + _CONTAINERD_DEADLINE
    while _ctr(region, "version").returncode != 0:
        if not plane.programs.alive("containerd") or time.monotonic() > until:
            raise Unavailable(f"containerd: {plane.programs.last_words('containerd')}")
        time.sleep(0.05)


def import_image(region: Region, image: Image) -> None:
    """Give the region an image unless it has one of this name."""
    listed = _ctr(region, "images", "list", "--quiet", f"name=={image.name}")
    if image.name not in listed.stdout.split():
        import_archive(region, image.archive)


def import_archive(region: Region, archive: Path) -> list[str]:
    """Give the region what an OCI or docker archive holds; return the images' names."""
    done = _ctr(region, "images", "import", str(archive))
    if done.returncode != 0:
        raise Unavailable(f"{archive.name} cannot be imported: {done.stderr.strip()[-500:]}")
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("unpacking ")]


def _ctr(region: Region, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program of the system, our arguments
        [tool("ctr"), f"--address={region.socket}", "--namespace=k8s.io", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def _write(region: Region, name: str, content: dict[str, Any]) -> Path:
    path = region.folder / name
    text = json.dumps(content, indent=1)
    # kube-proxy ends when its file is written, be it with the same words.
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def _containerd(region: Region) -> str:
    folder = region.folder / "containerd"
    return f"""\
version = 2
root = "{folder / "root"}"
state = "{folder / "state"}"
disabled_plugins = {json.dumps(_NOT_WANTED)}
[grpc]
  address = "{region.socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder / "opt"}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause_image().name}"
  # Without CAP_SYS_RESOURCE every sandbox would die of it.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{region.folder / "cni"}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def _pod_network(region: Region) -> dict[str, Any]:
    # Point to point, not a bridge: every packet is routed, so Services need no br_netfilter.
    address = {
        "type": "host-local",
        "dataDir": str(region.folder / "ipam"),
        "ranges": [[{"subnet": PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    return {
        "cniVersion": "1.0.0",
        "name": region.cgroup,
        "plugins": [
            {"type": "ptp", "ipMasq": True, "ipam": address},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _kubelet(region: Region, plane: ControlPlane, serving: Pair) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{region.socket}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(plane.ca_file)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "readOnlyPort": 0,
        "healthzBindAddress": LOOPBACK,
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": DOMAIN,
        # No name server outside the region: there is nothing it could ask.
        "resolvConf": "",
        "failSwapOn": False,
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{region.cgroup}",
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": ["pods"],
        "maxPods": 250,
        # The machine's disk is not the region's to judge, and no image can be fetched again.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
        "podLogsDir": str(region.folder / "pods"),
        "volumePluginDir": str(region.folder / "volume-plugins"),
        "staticPodPath": "",
    }


def _proxy(region: Region) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(region.place.kubeconfig("system:kube-proxy"))},
        "mode": "iptables",
        "hostnameOverride": region.name,
        "clusterCIDR": PODS,
        "healthzBindAddress": f"{LOOPBACK}:10256",
        "metricsBindAddress": f"{LOOPBACK}:10249",
        # The machine's own limits stay as they are.
        "conntrack": {"maxPerCore": 0},
    }
