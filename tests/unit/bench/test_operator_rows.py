"""What the operator's bench says of what it measured: which figure has which goal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from acuse_cluster.kinds import Manifest
from bench.operator_drift import Drifts, Healed, drift_rows
from bench.operator_lab import Times, alone, rows
from bench.operator_program import read_queues
from bench.operator_raw import Spent
from bench.operator_scale import (
    Batch,
    Rest,
    Restart,
    Unchanged,
    batch_rows,
    rest_rows,
    unchanged_rows,
    written,
)
from bench.operator_serving import Dedicated, Shared, dedicated_rows, shared_rows
from bench.operator_size import Size
from bench.result import InvalidMeasurement, Row, with_report

QUICK = Shared(seen=0.1, placed=0.2, served=0.5, ready=1.0, by_kubectl=0.25, by_client=0.1)
SLOW = Shared(seen=0.1, placed=0.2, served=2.0, ready=3.0, by_kubectl=0.5, by_client=0.1)


def named(found: list[Row], part: str) -> Row:
    (row,) = [row for row in found if part in row.name]
    return row


@pytest.mark.parametrize(
    ("rounds", "holds"),
    [([QUICK] * 3, True), ([QUICK, QUICK, SLOW], False)],
    ids=["all", "one not"],
)
def test_every_tenant_has_to_be_served_in_time(rounds: list[Shared], *, holds: bool) -> None:
    goal = named(shared_rows(rounds), "first answer on its route: p99")

    assert (goal.goal_text, goal.unit, goal.holds) == ("< 2000", "ms", holds)


def test_what_the_gateway_costs_is_taken_from_the_same_round() -> None:
    row = named(shared_rows([QUICK, SLOW, SLOW]), "against the same route by kubectl")

    assert (row.value, row.baseline, row.ratio) == (2000.0, 500.0, 4.0)


def test_a_dedicated_tenant_is_compared_with_its_own_pod() -> None:
    row = named(dedicated_rows([Dedicated(seen=0.5, ready=6.5, by_client=4.0)]), "against a client")

    assert (row.value, row.baseline, row.ratio) == (6000.0, 4000.0, 1.5)


def test_drift_has_a_goal_for_either_kind_of_object() -> None:
    found = drift_rows([Drifts(0.1, 0.05, 6.0, 3.0, 0.2)])

    assert [row.holds for row in found if row.goal is not None] == [True, False]
    assert named(found, "against a ReplicaSet's").ratio == pytest.approx(30.0)


def test_an_unchanged_restart_and_resync_may_write_nothing_at_all() -> None:
    wrote = Unchanged(1.0, 2.0, Counter({"tenants/status": 1}))

    found = unchanged_rows(Restart(9.0, 5.0, 90.0, Counter()), wrote, tenants=200)

    goals = [(row.goal_text, row.holds) for row in found if row.goal is not None]
    assert goals == [("≤ 0", True), ("≤ 0", False)]
    assert named(found, "processor time of an unchanged resync").value == 10.0


def test_a_batch_is_shown_per_tenant_and_events_apart() -> None:
    writes = Counter({"tenants/status": 6, "httproutes": 2, "events": 4})
    batch = Batch(2, 0.5, 3.0, 0.02, writes, Spent(wall=1.0, processor=0.01))

    found = batch_rows([batch])

    assert named(found, "writes per tenant").value == 4.0
    assert named(found, "Events per tenant").value == 2.0
    cost = named(found, "processor time, against")
    assert (cost.value, cost.baseline, cost.ratio) == (10.0, 5.0, 2.0)
    assert named(found, "apply to all Ready").ratio == 3.0


def test_a_client_that_is_no_kubectl_is_compared_with_what_comes_after_it() -> None:
    row = named(shared_rows([QUICK]), "against a client")

    assert (row.value, row.baseline, row.ratio) == (400.0, 100.0, 4.0)


def test_writes_are_told_by_kind_most_first() -> None:
    writes = Counter({"httproutes": 2, "events": 5})

    assert (
        written(Batch(2, 0.5, 3.0, 0.02, writes, Spent(1.0, 0.01))) == "2.5 events, 1.0 httproutes"
    )


def test_rest_says_with_how_many_tenants() -> None:
    found = rest_rows([Rest(0, 80.0, 0.001), Rest(50, 90.0, 0.002)])

    assert [(row.name.rpartition(" with ")[2], row.value) for row in found] == [
        ("no tenant", 80.0),
        ("50 tenants", 90.0),
        ("50 tenants", 2.0),
    ]


def test_the_last_region_to_go_is_the_one_that_was_used() -> None:
    times = Times(up=[30.0, 61.0, 32.0], down=[2.0, 4.0, 9.0])

    found = rows(times, tenants=200)

    assert [row.value for row in found] == [61.0, 32.0, 3.0, 9.0]
    assert [row.holds for row in found] == [False, None, None, None]


def test_a_cold_start_has_a_row_only_where_it_was_measured() -> None:
    times = Times(up=[30.0, 31.0], down=[2.0, 4.0], cold=700.0)

    assert named(rows(times, tenants=1), "cold").value == 700.0


def test_drift_is_healed_once_it_was_seen() -> None:
    def read(manifest: Manifest) -> object:
        return manifest["weight"]

    healed = Healed(read, 1)

    assert [healed({"weight": weight}) for weight in (1, 7, 7, 1)] == [False, False, False, True]


def test_queues_are_read_from_the_operators_own_metrics() -> None:
    queues = read_queues(
        "# TYPE controller_runtime_reconcile_total counter\n"
        'controller_runtime_reconcile_total{controller="tenant",result="success"} 3\n'
        'controller_runtime_reconcile_total{controller="tenant",result="requeue_after"} 4\n'
        'controller_runtime_reconcile_total{controller="placement",result="success"} 5\n'
        "# TYPE workqueue_depth gauge\n"
        'workqueue_depth{name="tenant"} 2\n'
        "# TYPE controller_runtime_active_workers gauge\n"
        'controller_runtime_active_workers{controller="tenant"} 1\n'
    )

    assert (queues.done, queues.least, queues.waiting) == ({"tenant": 7, "placement": 5}, 5, 3)


def test_a_short_look_does_one_round_at_least() -> None:
    assert list(Size.within(0.0).rounds(40)) == [0]
    assert len(list(Size.within(None).rounds(40))) == 40


def test_the_page_has_a_place_for_the_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md").read_text()

    assert "only this\n<!-- operator: end -->" in with_report(
        page, name="operator", text="only this\n"
    )


def test_two_runs_at_once_would_take_each_others_region_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with alone(), pytest.raises(InvalidMeasurement, match="another run"), alone():
        pass
    with alone():
        pass
