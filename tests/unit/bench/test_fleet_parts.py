"""What the fleet's bench makes of numbers and objects, without a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuse.resources.tenant import TenantManifest
from acuse_cluster.kinds import Manifest
from acuse_lab.running.tenants import LabTenant
from bench.fleet_copies import as_written
from bench.fleet_dead import is_unknown, is_unknown_in
from bench.fleet_scale import ratio_row
from bench.fleet_site import placed_in
from bench.fleet_size import FleetSize
from bench.result import with_report


def test_the_environment_says_how_large_it_is() -> None:
    said = {"ACUSE_BENCH_FLEET_TENANTS": "50", "ACUSE_BENCH_FLEET_REGIONS": "2"}

    assert FleetSize.chosen({}) == FleetSize(3, 1_000, 5_000, 200)
    assert FleetSize.chosen(said) == FleetSize(2, 50, 5_000, 200)
    assert FleetSize.chosen(said, is_short=True).tenants == 50


def test_a_short_look_is_smaller_in_everything() -> None:
    short, whole = FleetSize.chosen({}, is_short=True), FleetSize.chosen({})

    assert short.tenants < whole.tenants
    assert short.many < whole.many
    assert short.edits < whole.edits


def test_a_tenant_names_its_home_first_and_is_one_that_we_read() -> None:
    made = placed_in(LabTenant(name="a", display_name="A").manifest(), ["r1", "r2", "r3"])

    placement = TenantManifest.parse(made).spec.placement

    assert placement is not None
    assert (placement.home, placement.standby) == ("r1", ["r2", "r3"])


def test_a_copy_is_what_was_applied_and_not_what_the_server_added() -> None:
    labels, annotations = {"a": "b"}, {"c": "d"}
    live: Manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "x",
            "namespace": "acuse-tenants",
            "uid": "1",
            "resourceVersion": "7",
            "managedFields": [],
            "labels": labels,
            "annotations": annotations,
        },
        "type": "acuse.dev/sealed",
        "data": {"k": "dg=="},
        "status": {"observedHash": "0"},
    }

    assert as_written(live) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "x",
            "namespace": "bench-raw",
            "labels": labels,
            "annotations": annotations,
        },
        "type": "acuse.dev/sealed",
        "data": {"k": "dg=="},
    }


@pytest.mark.parametrize(
    ("status", "reason", "unknown"),
    [
        ("Unknown", "Unreachable", True),
        ("Unknown", "Silent", True),
        ("Unknown", "Connecting", False),
        ("True", "Answers", False),
    ],
)
def test_a_region_is_detected_by_what_its_conditions_say(
    status: str, reason: str, *, unknown: bool
) -> None:
    said = {"type": "Reachable", "status": status, "reason": reason}

    assert is_unknown({"status": {"conditions": [said]}}) is unknown
    assert is_unknown({}) is False


def test_a_tenant_says_it_of_the_region_that_is_meant() -> None:
    tenant: Manifest = {
        "status": {
            "regions": [{"name": "r1", "phase": "Ready"}, {"name": "r2", "phase": "Unknown"}]
        }
    }

    assert [is_unknown_in(name)(tenant) for name in ("r1", "r2", "r3")] == [False, True, False]


@pytest.mark.parametrize(("ours", "holds"), [(3.0, True), (3.1, False)])
def test_a_ratio_may_reach_its_goal(ours: float, *, holds: bool) -> None:
    assert ratio_row("x", ours, 1.5, unit="s", goal=2.0).holds is holds


def test_the_page_has_a_place_for_the_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md").read_text()

    assert "only this\n<!-- fleet: end -->" in with_report(page, name="fleet", text="only this\n")
