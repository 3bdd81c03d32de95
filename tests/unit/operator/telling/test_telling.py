"""A turn of a condition is told when it matters; what passes by itself, only when it lasts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from acuse_operator.conditions import Condition, Status
from acuse_operator.settling import Settling
from acuse_operator.telling import LASTING, Telling, Weight

WEIGHTS = {
    "Serving": Weight.WELL,
    "Suspended": Weight.WELL,
    "Synced": Weight.WELL,
    "Valid": Weight.WELL,
    "Starting": Weight.PASSING,
    "Waiting": Weight.PASSING,
    "Applying": Weight.EXPECTED,
    "Missing": Weight.GRAVE,
    "Refused": Weight.GRAVE,
    "Unasked": Weight.NOTHING,
}


def weigh(condition: Condition) -> Weight:
    if (condition.type, condition.reason) == ("RegionsSynced", "Applying"):
        return Weight.ANEW
    return WEIGHTS[condition.reason]


class Story:
    """One object, told of in a process whose clock stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.telling = self.start()

    def start(self) -> Telling:
        headlines = frozenset({"Ready", "RegionsSynced"})
        return Telling(weigh, headlines=headlines, clock=lambda: self.now)

    def says(self, *reasons: str, before: list[dict[str, Any]] | None = None) -> list[str]:
        """Say these reasons of Ready, one after the other; return those that are told."""
        found = (self.due(condition("Ready", reason), before=before) for reason in reasons)
        return [reason for each in found for reason in each]

    def due(self, *said: Condition, before: list[dict[str, Any]] | None = None) -> list[str]:
        told = self.telling.due("u-1", said, before=before or [])
        return [each.reason for each in told.conditions]


def condition(kind: str, reason: str) -> Condition:
    status: Status = "True" if WEIGHTS[reason] is Weight.WELL else "False"
    return Condition(kind, status, reason, "m")


def written(kind: str, reason: str, *, seconds: float) -> list[dict[str, Any]]:
    since = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = condition(kind, reason)
    one = {"type": kind, "status": said.status, "reason": reason, "lastTransitionTime": since}
    return [one]


def test_a_tenant_that_is_made_and_served_is_told_of_once() -> None:
    story = Story()

    assert story.says("Applying", "Waiting", "Starting", "Serving", "Serving") == ["Serving"]


def test_what_passes_is_told_once_it_has_lasted_and_its_end_too() -> None:
    story = Story()
    assert story.says("Applying", "Starting") == []
    story.now += LASTING - 1.0
    due = story.telling.due("u-1", [condition("Ready", "Starting")], before=[])
    assert (due.conditions, due.again) == ((), 1.0)
    story.now += 1.0

    assert story.says("Starting", "Starting", "Serving") == ["Starting", "Serving"]


def test_what_passes_is_told_at_once_where_all_was_well() -> None:
    story = Story()
    story.says("Serving")

    assert story.says("Starting", "Waiting", "Serving") == ["Starting", "Serving"]


def test_an_edit_that_is_carried_out_is_no_news_of_ready() -> None:
    story = Story()
    story.says("Serving")

    assert story.says("Applying", "Starting", "Serving") == []
    told = story.telling.due(
        "u-1", [condition("Ready", "Starting")], before=[], is_expected=True
    ).conditions
    assert told == ()


def test_that_an_edit_was_taken_up_is_told_each_time() -> None:
    story = Story()
    synced, applying = condition("RegionsSynced", "Synced"), condition("RegionsSynced", "Applying")

    assert story.due(applying) == []
    assert story.due(synced) == ["Synced"]
    assert story.due(synced) == []
    assert story.due(applying) == []
    assert story.due(synced) == ["Synced"]


def test_what_somebody_has_to_mend_is_told_at_once_and_its_end_too() -> None:
    story = Story()

    assert story.says("Missing", "Missing", "Refused") == ["Missing", "Refused"]
    assert story.says("Applying", "Serving") == ["Serving"]
    assert story.says("Suspended", "Serving") == ["Suspended", "Serving"]


def test_of_a_part_only_what_is_wrong_and_that_it_is_right_again_is_told() -> None:
    story = Story()
    part = "CredentialsValid"

    assert story.due(condition(part, "Unasked")) == []
    assert story.due(condition(part, "Valid")) == []
    assert story.due(condition(part, "Missing")) == ["Missing"]
    assert story.due(condition(part, "Unasked")) == []
    assert story.due(condition(part, "Valid")) == ["Valid"]


def test_a_reason_that_two_conditions_give_is_told_once_of_the_first() -> None:
    story = Story()
    both = (condition("Ready", "Missing"), condition("CredentialsValid", "Missing"))

    told = story.telling.due("u-1", both, before=[])

    assert told.conditions == both[:1]


def test_what_another_process_told_is_not_told_again() -> None:
    story = Story()
    old, young = story.now - LASTING, story.now - 1.0
    cases: dict[tuple[str, float], list[str]] = {
        ("Serving", old): [],
        ("Missing", young): [],
        # It has lasted, so it was told.
        ("Starting", old): [],
    }
    for (reason, since), told in cases.items():
        story.telling = story.start()
        before = written("Ready", reason, seconds=since)
        assert story.says(reason, before=before) == told
    story.telling = story.start()
    assert story.says("Starting", before=written("Ready", "Starting", seconds=young)) == []
    story.now += LASTING
    assert story.says("Starting", "Serving") == ["Starting", "Serving"]


def test_another_process_tells_the_end_of_what_was_wrong() -> None:
    story = Story()
    before = written("CredentialsValid", "Missing", seconds=story.now)

    assert story.due(condition("CredentialsValid", "Valid"), before=before) == ["Valid"]


def test_objects_have_stories_of_their_own_and_not_without_end() -> None:
    story = Story()
    story.says("Serving")
    other = story.telling.due("u-2", [condition("Ready", "Serving")], before=[])
    assert [each.reason for each in other.conditions] == ["Serving"]
    for number in range(20_000):
        story.telling.due(str(number), [condition("Ready", "Serving")], before=[])

    # Forgotten, and its status says that it was told.
    before = written("Ready", "Serving", seconds=story.now)
    assert story.says("Serving", before=before) == []


def test_a_status_waits_no_longer_than_it_may_however_often_it_changes() -> None:
    now = 100.0
    settling = Settling(clock=lambda: now)
    assert settling.left("a", 0.0) == 0.0
    assert settling.left("a", 2.0) == 2.0
    now = 101.5
    assert settling.left("a", 2.0) == 0.5
    assert settling.left("a", 0.5) == 0.0
    assert settling.left("b", 2.0) == 2.0
    settling.forget("a")
    assert settling.left("a", 2.0) == 2.0
