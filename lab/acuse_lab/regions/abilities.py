"""Whether this machine can run regions at all, and what it lacks if it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from typing import Final

from acuse.errors import LabUnavailable, Unavailable
from acuse_lab.go_toolchain import why_no_go
from acuse_lab.go_tools import CONTOUR, COREDNS, ETCD, KUBERNETES, PAUSE, GoTool, build, is_built
from acuse_lab.regions.gateway import envoy_program
from acuse_lab.regions.node import CNI_PLUGINS
from acuse_lab.regions.processes import tool

BUILT: Final = (PAUSE, ETCD, KUBERNETES, COREDNS, CONTOUR)
# Of Debian's packages; `scripts/setup cluster` installs them.
_TOOLS: Final = (
    *("containerd", "containerd-shim-runc-v2", "ctr", "runc"),
    *("conntrack", "ip", "iptables", "nsenter", "setpriv", "unshare"),
)
_PLUGINS: Final = ("host-local", "loopback", "portmap", "ptp")
_NO_ROOT: Final = "regions need root: namespaces, mounts and a bridge"
_INSTALL: Final = "scripts/setup cluster installs it, as root"
# All of it inside namespaces that end with this.
_PROBE: Final = """\
ip link add probe0 type veth peer name probe1
iptables -t nat -L -n >/dev/null
mount -t tmpfs tmpfs /run
mkdir /run/lower /run/upper /run/work /run/merged
mount -t overlay overlay -o lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work /run/merged
"""


@cache
def why_no_regions() -> str | None:
    """Return in one line why this machine cannot run regions; None if it can."""
    if sys.platform != "linux":
        return "regions need Linux"
    if os.geteuid() != 0:
        return _NO_ROOT
    return _missing() or _kernel_lacks()


def check_regions() -> None:
    """Raise LabUnavailable unless this machine can run regions."""
    reason = why_no_regions()
    if reason is not None:
        raise LabUnavailable(reason)


def check_root() -> None:
    """Raise LabUnavailable unless we may look at regions and end them."""
    if os.geteuid() != 0:
        raise LabUnavailable(_NO_ROOT)


def build_regions() -> None:
    """Build everything that a region runs and that is not built yet."""
    for each in BUILT:
        build(each)


def not_built() -> tuple[GoTool, ...]:
    """Return what must be built before the first region, which takes minutes."""
    return tuple(each for each in BUILT if not is_built(each))


def _missing() -> str | None:
    for name in _TOOLS:
        try:
            tool(name)
        except Unavailable:
            return f"`{name}` is missing ({_INSTALL})"
    for name in _PLUGINS:
        if not (CNI_PLUGINS / name).exists():
            return f"the CNI plugin `{name}` is missing ({_INSTALL})"
    try:
        envoy_program()
    except LabUnavailable as exc:
        return str(exc)
    return why_no_go() if not_built() else None


def _kernel_lacks() -> str | None:
    probed = subprocess.run(  # noqa: S603 - a program of the system, our arguments
        [
            *(tool("unshare"), "--net", "--mount", "--pid", "--fork", "--kill-child"),
            *("--mount-proc", "sh", "-ec", _PROBE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if probed.returncode == 0:
        return None
    said = probed.stderr.strip().splitlines() or ["it does not say why"]
    return f"the kernel does not allow what regions need: {said[-1]}"
