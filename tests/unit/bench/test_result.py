"""A bench's result: one shape, goals judged by the rule it states, docs made from it alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.result import InvalidMeasurement, Report, Row, median, shown, with_report

FAST = Row.compared("fast", [(300.0, 100.0), (200.0, 100.0), (90.0, 100.0)], unit="1/s", at_least=2)
SLOW = Row.compared("slow", [(100.0, 100.0)], unit="1/s", at_least=1.4)
QUICK = Row.below("quick", 99.9, unit="ms", goal=100)
LATE = Row.below("late", 100.0, unit="ms", goal=100)
PLAIN = Row("plain", 5, "rounds")
NONE = Row.at_most("none", 0.0, unit="writes", goal=0)
ONE = Row.at_most("one", 1.0, unit="writes", goal=0)
REPORT = Report(
    "made_up", "2026-11-23T10:00:00+00:00", "a machine", (FAST, SLOW, QUICK, LATE, PLAIN, NONE, ONE)
)


def test_a_file_has_the_documented_shape(tmp_path: Path) -> None:
    path = REPORT.save(tmp_path)

    said = json.loads(path.read_text())
    assert path.name == "made_up.json"
    assert list(said) == ["name", "date", "machine", "rows"]
    assert said["rows"][0] == {
        "name": "fast",
        "value": 200.0,
        "unit": "1/s",
        "baseline": 100.0,
        "ratio": 2.0,
        "goal": 2,
        "bound": "≥",
        "holds": True,
    }
    assert [said["rows"][4][key] for key in ("baseline", "ratio", "goal", "bound")] == [None] * 4


def test_a_file_read_again_is_the_same_report(tmp_path: Path) -> None:
    assert Report.load(REPORT.save(tmp_path)) == REPORT


def test_a_ratio_is_taken_round_by_round() -> None:
    # A machine that halves its speed for a round halves both sides of it.
    row = Row.compared("both", [(200.0, 100.0), (100.0, 50.0), (400.0, 100.0)], unit="", at_least=3)

    assert (row.value, row.baseline, row.ratio, row.holds) == (200.0, 100.0, 2.0, False)


@pytest.mark.parametrize(
    ("row", "goal", "holds"),
    [
        (FAST, "≥ 2", True),
        (SLOW, "≥ 1.4", False),
        (QUICK, "< 100", True),
        (LATE, "< 100", False),
        (PLAIN, "", None),
        (NONE, "≤ 0", True),
        (ONE, "≤ 0", False),
    ],
    ids=lambda value: value.name if isinstance(value, Row) else "",
)
def test_a_goal_is_judged_and_shown(row: Row, goal: str, *, holds: bool | None) -> None:
    assert (row.goal_text, row.holds) == (goal, holds)


def test_a_goal_that_does_not_hold_is_said_so() -> None:
    assert REPORT.table().count("  NO") == 3
    assert REPORT.verdict() == "bench made_up: 3 of 6 goals hold"
    assert REPORT.markdown("make bench").count("| NO |") == 3


def test_the_page_takes_a_table_between_its_markers_and_nowhere_else() -> None:
    page = "before\n<!-- made_up: begin -->\nold\n<!-- made_up: end -->\nafter\n"

    once = with_report(page, name="made_up", text="new\n")

    assert once == page.replace("old", "new")
    assert with_report(once, name="made_up", text="new\n") == once
    with pytest.raises(InvalidMeasurement):
        with_report(page, name="another", text="new\n")


def test_the_page_of_the_project_has_markers_for_the_intake() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "benchmarks.md").read_text()

    assert "only this\n<!-- intake: end -->" in with_report(page, name="intake", text="only this\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (5.0, "5"), (1.234, "1.23"), (12.34, "12.3"), (6855.6, "6,856")],
)
def test_a_figure_is_shown_shortly(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_median_lies_in_the_middle() -> None:
    assert (median([9, 1, 5]), median([1, 9, 5, 6])) == (5, 5.5)
