"""Regions, as many as asked: up, down, and how they are."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from acuse.errors import InvalidSettings, Unavailable
from acuse_lab.go_tools import say
from acuse_lab.regions.abilities import build_regions, check_regions, check_root
from acuse_lab.regions.contexts import context_region, own_contexts
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.lab import Lab, Region
from acuse_lab.regions.network import make_bridge, remove_bridge
from acuse_lab.regions.region import (
    control_plane_of,
    is_held,
    make_namespaces,
    start_programs,
    tear_down,
    tell_hosts,
    wait_ready,
)


def default_names(count: int) -> list[str]:
    """Return the names that so many regions have unless others are asked for."""
    return [f"region-{number}" for number in range(1, count + 1)]


def regions_up(wanted: Iterable[str] | int = 1, *, lab: Lab | None = None) -> list[LabRegion]:
    """Bring these regions up, or this many, and return them ready; those that are up stay.

    With ACUSE_CONTEXTS the user's own clusters are returned, as they are.
    """
    names = default_names(wanted) if isinstance(wanted, int) else list(wanted)
    contexts = own_contexts()
    if contexts and lab is None:
        if len(contexts) < len(names):
            raise InvalidSettings(f"ACUSE_CONTEXTS names {len(contexts)} of {len(names)} clusters")
        return [context_region(name) for name in contexts[: len(names)]]
    check_regions()
    build_regions()
    lab = lab or Lab()
    with lab.alone():
        return _up(lab, names)


def _up(lab: Lab, names: list[str]) -> list[LabRegion]:
    make_bridge(lab)
    regions = [lab.claim(name) for name in names]
    fresh = [region for region in regions if not is_held(region)]
    for region in regions:
        # In this very thread: a tied region ends with the one that started it.
        make_namespaces(region)
    hosts = {region.host: region.ip for region in lab.regions()}
    if fresh:
        say(f"starting {', '.join(region.name for region in fresh)}: about half a minute")
    try:
        _bring_up(regions, hosts)
    except KeyboardInterrupt:
        for region in fresh:
            tear_down(region)
        _forget_if_empty(lab)
        raise
    for region in lab.regions():
        if region not in regions and is_held(region):
            try:
                tell_hosts(region, hosts)
            except Unavailable as exc:
                say(f"{region.name} does not know the new names: {exc}")
    return [lab_region(region) for region in regions]


def _bring_up(regions: list[Region], hosts: dict[str, str]) -> None:
    def bring_up(region: Region) -> None:
        start_programs(region, hosts=hosts)
        wait_ready(region)
        say(f"{region.name} is up at {region.ip}")

    with ThreadPoolExecutor(max_workers=max(1, len(regions))) as pool:
        for done in [pool.submit(bring_up, region) for region in regions]:
            done.result()


def regions_down(names: Iterable[str] | None = None, *, lab: Lab | None = None) -> list[str]:
    """Take these regions down, or all; return which there were. What a crash left goes as well."""
    lab = lab or Lab()
    check_root()
    if not lab.folder.exists():
        return []
    with lab.alone():
        regions = lab.regions() if names is None else [lab.region(name) for name in names]
        for region in regions:
            tear_down(region)
        _forget_if_empty(lab)
    return [region.name for region in regions]


def _forget_if_empty(lab: Lab) -> None:
    if not lab.regions():
        remove_bridge(lab)
        lab.forget()


@dataclass(frozen=True, slots=True)
class RegionStatus:
    """How a region is: `up`, `degraded`, `down` (a crash left it), or `yours` (a context)."""

    name: str
    ip: str
    state: str
    # Programs that should run and do not.
    missing: tuple[str, ...]


def statuses(*, lab: Lab | None = None) -> list[RegionStatus]:
    """Return how each region is; with ACUSE_CONTEXTS, which clusters of the user's there are."""
    contexts = own_contexts()
    if contexts and lab is None:
        return [RegionStatus(name, context_region(name).ip, "yours", ()) for name in contexts]
    check_root()
    return [_status(region) for region in (lab or Lab()).regions()]


def known_regions(name: str | None = None, *, lab: Lab | None = None) -> list[LabRegion]:
    """Return the regions that there are, as they are, or the one of this name."""
    contexts = own_contexts()
    if contexts and lab is None:
        if name is not None and name not in contexts:
            raise InvalidSettings(f"ACUSE_CONTEXTS does not name {name}")
        return [context_region(each) for each in contexts if name in {None, each}]
    check_root()
    lab = lab or Lab()
    return [lab_region(each) for each in ([lab.region(name)] if name else lab.regions())]


def _status(region: Region) -> RegionStatus:
    if not is_held(region):
        return RegionStatus(region.name, region.ip, "down", ())
    plane = control_plane_of(region)
    programs = plane.programs
    missing = tuple(name for name in programs.names() if not programs.alive(name))
    healthy = not missing and plane.is_ready()
    return RegionStatus(region.name, region.ip, "up" if healthy else "degraded", missing)


def lab_region(region: Region) -> LabRegion:
    """Return a region of the lab as its users see it."""
    return LabRegion(
        name=region.name,
        kubeconfig=control_plane_of(region).kubeconfig(),
        ip=region.ip,
        host=region.host,
        ca_file=region.lab.authority().pair.certificate,
        host_ip=region.lab.host_ip,
        region=region,
    )
