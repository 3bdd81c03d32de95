"""The fleet's bench runs from its beginning to its end, on a fleet that is hardly one."""

from __future__ import annotations

from bench.fleet_measure import measure
from bench.fleet_size import FleetSize
from support.control_plane import skip_unless_built


def test_every_part_of_it_comes_to_a_figure() -> None:
    skip_unless_built()

    report = measure(FleetSize(regions=2, tenants=5, many=8, edits=3))

    # The others are about load and the clock, which say nothing here.
    writes = {row.name: row.value for row in report.rows if "writes of an unchanged" in row.name}
    assert set(writes.values()) == {0}
    assert len([row for row in report.rows if row.goal is not None]) == 11
    assert all(row.value > 0 for row in report.rows if row.unit in {"s", "ms", "MiB", "ms/tenant"})
