"""How quickly a Tenant is served, drift healed and a region up, and what the operator costs.

One run on a real region: it is brought up, the chart installed, and everything measured in it.
docs/benchmarks.md says what the figures mean.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from acuse_lab.demos.signals import interruptible, run
from acuse_lab.go_tools import CONTOUR, ETCD, KUBERNETES
from acuse_lab.images import Image, build_images
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.in_cluster import fake_reach
from acuse_lab.running.installation import graph_process
from bench.machine import describe, file_system
from bench.operator_drift import drift_rows, drifts
from bench.operator_lab import LAB, alone, rows, timed_regions, up_and_down
from bench.operator_scale import (
    at_rest,
    batch_rows,
    batches,
    rest_rows,
    restart,
    resync,
    unchanged_rows,
    written,
)
from bench.operator_serving import (
    dedicated_rows,
    dedicated_tenants,
    shared_rows,
    shared_tenants,
)
from bench.operator_site import Site, apply_ready, install, open_site
from bench.operator_size import Size
from bench.result import Report, Row

NAME = "operator"
_REGIONS = ("bench",)


def measure(*, seconds: float | None = None, is_cold: bool = False) -> Report:
    """Measure everything in one region; `is_cold` builds what it runs anew first.

    Raises InvalidMeasurement when something does not happen at all.
    """
    size = Size.within(seconds)
    machine = describe(
        f"Kubernetes {KUBERNETES.version}",
        f"etcd {ETCD.version} (durable, on {file_system(LAB.folder)})",
        f"Contour {CONTOUR.version}",
    )
    with interruptible(), alone():
        images = build_images(_tell)
        times = up_and_down(_REGIONS, size, is_cold=is_cold)
        with timed_regions(_REGIONS, times) as regions:
            found, tenants = _on_region(regions[0], images, size)
    return Report.now(NAME, machine=machine, rows=[*found, *rows(times, tenants=tenants)])


def _on_region(region: LabRegion, images: Mapping[str, Image], size: Size) -> tuple[list[Row], int]:
    with (
        tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder,
        graph_process(Path(folder), *fake_reach(region)) as graph_url,
    ):
        # Not in the loop: told to end, it would wait for Helm.
        install(region, images, graph_url=graph_url, folder=Path(folder))
        return run(_in_site(region, graph_url, size))


async def _in_site(region: LabRegion, graph_url: str, size: Size) -> tuple[list[Row], int]:
    async with open_site(region, graph_url) as site:
        return await _all_parts(site, size)


async def _all_parts(site: Site, size: Size) -> tuple[list[Row], int]:
    """Measure part after part, with ever more tenants; return the rows, and how many there are."""
    _tell("operator: at rest with no tenant")
    rested = [await at_rest(site, size, 0)]
    await site.graph.register(site.base.number())
    await apply_ready(site, [site.base])
    _tell("operator: tenants one by one")
    shared = await shared_tenants(site, size)
    tenants = 1 + len(shared)
    rested.append(await at_rest(site, size, tenants))
    _tell(f"operator: {size.batch} tenants at once, after {tenants} one by one")
    many = await batches(site, size)
    tenants += sum(batch.tenants for batch in many)
    rested.append(await at_rest(site, size, tenants))
    for batch in many:
        _tell(f"operator: writes per tenant: {written(batch)}")
    _tell(f"operator: restart and resync with {tenants} tenants")
    restarted, resynced = await restart(site, tenants), await resync(site, tenants)
    _tell("operator: dedicated tenants one by one")
    dedicated = await dedicated_tenants(site, size)
    _tell("operator: drift")
    drifted = await drifts(site, size)
    found = [
        *shared_rows(shared),
        *dedicated_rows(dedicated),
        *drift_rows(drifted),
        *unchanged_rows(restarted, resynced, tenants=tenants),
        *batch_rows(many),
        *rest_rows(rested),
    ]
    return found, tenants


def _tell(line: str) -> None:
    click.echo(line, err=True)
