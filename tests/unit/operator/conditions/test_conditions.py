"""A condition's time moves with its status and with nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acuse_operator.conditions import (
    Condition,
    find,
    set_condition,
    set_conditions,
    status_of,
    timestamp,
    transitions,
)

THEN = datetime(2026, 11, 22, 10, 0, 0, 987654, tzinfo=UTC)
NOW = THEN + timedelta(minutes=5)
READY = Condition("Ready", "True", "Serving", "It serves.")


def test_a_new_condition_is_appended_with_its_time() -> None:
    assert set_condition([], READY, generation=3, now=THEN) == [
        {
            "type": "Ready",
            "status": "True",
            "observedGeneration": 3,
            "lastTransitionTime": "2026-11-22T10:00:00Z",
            "reason": "Serving",
            "message": "It serves.",
        }
    ]


def test_another_reason_keeps_the_time_and_another_status_moves_it() -> None:
    before = set_condition([], READY, generation=3, now=THEN)

    worded = set_condition(before, Condition("Ready", "True", "Other", "x"), generation=4, now=NOW)
    turned = set_condition(before, Condition("Ready", "False", "Bad", "x"), generation=4, now=NOW)

    assert (worded[0]["lastTransitionTime"], worded[0]["reason"]) == (timestamp(THEN), "Other")
    assert turned[0]["lastTransitionTime"] == timestamp(NOW)


def test_a_condition_keeps_its_place_and_the_list_given_stays_as_it_was() -> None:
    before = set_conditions(
        [], [READY, Condition("Degraded", "False", "AsExpected", "")], generation=1, now=THEN
    )
    copy = [dict(c) for c in before]

    after = set_condition(before, Condition("Ready", "False", "Bad", "x"), generation=2, now=NOW)

    assert [c["type"] for c in after] == ["Ready", "Degraded"]
    assert before == copy


def test_a_status_that_is_not_there_is_unknown() -> None:
    assert status_of([], "Ready") == "Unknown"
    assert find([], "Ready") is None


def test_a_transition_is_a_new_status_or_reason_and_not_a_new_message() -> None:
    before = set_condition([], READY, generation=1, now=THEN)

    assert transitions(before, [Condition("Ready", "True", "Serving", "other words")]) == ()
    [turned] = transitions(before, [Condition("Ready", "False", "Serving", "x")])
    [worded] = transitions(before, [Condition("Ready", "True", "Other", "x")])
    [new] = transitions(before, [Condition("Degraded", "True", "X", "x")])
    assert (turned.before, worded.before, new.before) == (before[0], before[0], None)


def test_a_message_is_cut_where_our_schema_would_refuse_it() -> None:
    [long] = set_condition(
        [], Condition("Ready", "False", "Bad", "x" * 40000), generation=1, now=NOW
    )
    assert len(long["message"]) == 1024
