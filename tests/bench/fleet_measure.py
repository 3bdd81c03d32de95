"""What one hub does with many regions: at once, edit by edit, and with a region dead.

The hub and its regions are API servers of their own and the operator is a process of its own.
docs/benchmarks.md says what the figures mean.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from acuse_lab.demos.signals import interruptible, run
from acuse_lab.go_toolchain import why_no_go
from acuse_lab.go_tools import ETCD, KUBERNETES, build, is_built
from acuse_lab.regions.control_plane import ControlPlane
from bench.fleet_dead import (
    death_rows,
    die,
    drop_packets,
    let_packets_through,
    start_process,
    stop_process,
)
from bench.fleet_edits import (
    add_region,
    added_rows,
    edit,
    edit_in_resync,
    idle_rows,
    resync_rows,
)
from bench.fleet_planes import folder_in_memory, planes_up
from bench.fleet_scale import (
    grow,
    memory_row,
    restart,
    resync,
    roll_out,
    rollout_rows,
    told,
    unchanged_rows,
)
from bench.fleet_site import Fleet, fleet_up
from bench.fleet_size import FleetSize
from bench.machine import describe
from bench.result import Report, Row

NAME = "fleet"


def why_no_fleet() -> str | None:
    """Return why there can be no API servers here; None where there can, built if need be."""
    if not (is_built(KUBERNETES) and is_built(ETCD)):
        reason = why_no_go()
        if reason is not None:
            return reason
        build(ETCD)
        build(KUBERNETES)
    return None


def measure(size: FleetSize) -> Report:
    """Measure everything on one fleet; raise InvalidMeasurement when something does not happen."""
    where = "in memory" if folder_in_memory() else "on disk"
    machine = describe(
        f"Kubernetes {KUBERNETES.version}", f"etcd {ETCD.version} (without fsync, {where})"
    )
    names = ["hub", *(f"r{number}" for number in range(1, size.regions + 2))]
    with interruptible():
        _tell(f"fleet: {len(names)} control planes")
        with planes_up(names) as planes, tempfile.TemporaryDirectory(prefix="acuse-bench-") as to:
            found = run(_on_fleet(planes, Path(to), size))
    return Report.now(NAME, machine=machine, rows=found)


async def _on_fleet(planes: Sequence[ControlPlane], folder: Path, size: FleetSize) -> list[Row]:
    async with fleet_up(planes, folder) as fleet:
        _tell(f"fleet: the operator is process {fleet.operator.program.pid}")
        return [
            *await _at_once(fleet, size),
            *await _edits(fleet, size),
            *await _deaths(fleet, size),
            *await _added(fleet, size),
            *await _many(fleet, size),
        ]


async def _at_once(fleet: Fleet, size: FleetSize) -> list[Row]:
    """Measure many tenants applied at once, and what a look at them costs that finds nothing."""
    _tell(f"fleet: {size.tenants} tenants at once")
    done = await roll_out(fleet, size.tenants)
    _tell(f"fleet: writes per tenant: {told(done.ours.writes, size.tenants)}")
    _tell(f"fleet: unchanged resync of {size.tenants} tenants")
    resynced = await resync(fleet)
    _tell(f"fleet: unchanged restart with {size.tenants} tenants")
    restarted, mib = await restart(fleet)
    _tell(f"fleet: writes: resync {dict(resynced.writes)}, restart {dict(restarted.writes)}")
    return [
        *rollout_rows(done),
        *unchanged_rows(restarted, resynced, tenants=size.tenants, mib=mib),
    ]


async def _edits(fleet: Fleet, size: FleetSize) -> list[Row]:
    _tell(f"fleet: {size.edits} edits one by one")
    await fleet.operator.rested()
    idle = await edit(fleet, size.edits, fleet.regions)
    _tell(f"fleet: {size.edits} edits during a forced resync")
    return [*idle_rows(idle), *resync_rows(await edit_in_resync(fleet, size.edits))]


async def _deaths(fleet: Fleet, size: FleetSize) -> list[Row]:
    _tell("fleet: a region's API server stopped")
    stopped = await die(fleet, size.edits, kill=stop_process, revive=start_process)
    _tell("fleet: a region's API server silent")
    silent = await die(fleet, size.edits, kill=drop_packets, revive=let_packets_through)
    return [*death_rows("stopped", stopped), *death_rows("silent", silent)]


async def _added(fleet: Fleet, size: FleetSize) -> list[Row]:
    _tell(f"fleet: a region added to {size.tenants} tenants")
    return added_rows(await add_region(fleet), tenants=size.tenants)


async def _many(fleet: Fleet, size: FleetSize) -> list[Row]:
    if size.many <= size.tenants:
        return []
    _tell(f"fleet: {size.many} tenants")
    return [memory_row(size.many, await grow(fleet, size.many))]


def _tell(line: str) -> None:
    click.echo(line, err=True)
