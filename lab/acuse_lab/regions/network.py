"""The lab's bridge, its addresses, and each region's cable to it; needs root."""

from __future__ import annotations

import fcntl
import ipaddress
import json
import os
import subprocess
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from acuse.errors import LabUnavailable, Unavailable
from acuse_lab.regions.lab import Lab, Region
from acuse_lab.regions.processes import Process, tool

_PREFIXES: Final = tuple(f"10.{second}" for second in range(77, 128))
_ANYWHERE: Final = ipaddress.ip_network("0.0.0.0/0")


def make_bridge(lab: Lab) -> None:
    """Make the lab's bridge, or what lacks of it, on addresses that nothing here uses."""
    with _no_other_chooses():
        if not lab.network_file.exists():
            lab.folder.mkdir(parents=True, exist_ok=True)
            partial = lab.network_file.with_suffix(".partial")
            partial.write_text(json.dumps({"prefix": free_prefix(_networks_in_use())}))
            partial.rename(lab.network_file)
        if not _link_exists(lab.bridge):
            _ip_batch(f"link add {lab.bridge} type bridge")
        # Again where it is there: who made it may have been ended before this.
        _ip_batch(f"address replace {lab.host_ip}/16 dev {lab.bridge}", f"link set {lab.bridge} up")


def free_prefix(used: Iterable[ipaddress.IPv4Network]) -> str:
    """Return the first half of addresses that overlap with none of these."""
    taken = [network for network in used if network != _ANYWHERE]
    for prefix in _PREFIXES:
        candidate = ipaddress.ip_network(f"{prefix}.0.0/16")
        if not any(candidate.overlaps(network) for network in taken):
            return prefix
    raise LabUnavailable("every network from 10.77.0.0/16 to 10.127.0.0/16 is in use here")


def remove_bridge(lab: Lab) -> None:
    """Remove the lab's bridge if it is there."""
    _remove_link(lab.bridge)


def connect(region: Region, holder: Process) -> None:
    """Lay the cable from the bridge into the region's namespace, or what lacks of it."""
    if not _link_exists(region.link):
        _ip_batch(f"link add {region.link} type veth peer name eth0 netns {holder.pid}")
    # Again where it is there, for the same reason.
    _ip_batch(f"link set {region.link} master {region.lab.bridge} up")
    _ip_batch(
        "link set lo up",
        f"address replace {region.ip}/16 dev eth0",
        "link set eth0 up",
        f"route replace default via {region.lab.host_ip}",
        beside=holder,
    )


def disconnect(region: Region) -> None:
    """Take the region's cable away if it is there."""
    _remove_link(region.link)


def _link_exists(name: str) -> bool:
    return Path("/sys/class/net", name).exists()


def _remove_link(name: str) -> None:
    if _link_exists(name):
        done = _run([tool("ip"), "link", "delete", name])
        # A namespace that ends takes its cable with it; it may just have done so.
        if done.returncode != 0 and _link_exists(name):
            raise Unavailable(f"{name} cannot be removed: {done.stderr.strip()}")


def _networks_in_use() -> list[ipaddress.IPv4Network]:
    listed = _run([tool("ip"), "-json", "-4", "route", "show", "table", "all"])
    routes: list[dict[str, Any]] = json.loads(listed.stdout or "[]")
    named = [str(route["dst"]) for route in routes if route.get("dst", "default") != "default"]
    return [ipaddress.IPv4Network(name, strict=False) for name in named]


def _ip_batch(*commands: str, beside: Process | None = None) -> None:
    arguments = [tool("ip"), "-batch", "-"]
    if beside is not None:
        arguments = [tool("nsenter"), f"--target={beside.pid}", "--net", "--", *arguments]
    done = _run(arguments, stdin="\n".join(commands))
    if done.returncode != 0:
        raise Unavailable(f"the network cannot be set up: {done.stderr.strip()}")


def _run(arguments: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program of the system, our arguments
        arguments, input=stdin, capture_output=True, text=True, check=False
    )


@contextmanager
def _no_other_chooses() -> Generator[None, None, None]:
    """Keep two labs from choosing the same addresses at once."""
    descriptor = os.open("/run", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
