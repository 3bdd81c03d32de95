"""How many deletions are too many, and what somebody's word on them covers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import timestamp
from acuse_operator.region.deletions import (
    HELD,
    SETTLE,
    Answer,
    Deletions,
    crowded,
    read_answer,
)

START = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(slots=True)
class Region:
    """Placements and clocks that a test turns."""

    percent: float = 20.0
    seconds: float = 0.0
    floor: int = 3
    deletions: Deletions = field(init=False)

    def __post_init__(self) -> None:
        self.deletions = Deletions(
            percent=self.percent,
            floor=lambda: self.floor,
            clock=lambda: self.seconds,
            now=lambda: after(self.seconds),
        )

    def have(self, count: int) -> list[Manifest]:
        """Return so many placements that are there."""
        made = [placement(number) for number in range(count)]
        for one in made:
            self.deletions.seen(one)
        return made

    def ask(self, one: Manifest, *, held: bool = False) -> Manifest:
        """Return a placement as it is once it was asked to go now."""
        metadata = {**one["metadata"], "deletionTimestamp": timestamp(after(self.seconds))}
        conditions = [{"type": HELD, "status": "True"}] if held else []
        going = {**one, "metadata": metadata, "status": {"conditions": conditions}}
        self.deletions.seen(going)
        return going


def placement(number: int) -> Manifest:
    return {"metadata": {"name": f"shops.t{number}", "uid": f"uid-{number}"}}


def test_more_than_five_and_more_than_the_share_are_held() -> None:
    region = Region()
    going = [region.ask(one) for one in region.have(29)[:6]]

    assert {region.deletions.fate(one) for one in going} == {"Hold"}


def test_the_share_itself_may_go() -> None:
    region = Region()
    going = [region.ask(one) for one in region.have(30)[:6]]
    region.seconds = SETTLE

    assert {region.deletions.fate(one) for one in going} == {"Remove"}


def test_five_may_go_whatever_their_share_is() -> None:
    region = Region()
    going = [region.ask(one) for one in region.have(5)]

    assert {region.deletions.fate(one) for one in going} == {"Remove"}


def marked(one: Manifest, mark: str) -> Manifest:
    return {**one, "metadata": {**one["metadata"], "annotations": {"acuse.dev/leaving": mark}}}


def test_what_the_hub_drains_is_neither_held_nor_counted() -> None:
    region = Region()
    there = region.have(12)
    drained = [region.ask(marked(one, "drain:3")) for one in there[:8]]
    assert {region.deletions.fate(one) for one in drained} == {"Remove"}
    for one in drained:
        region.deletions.ended(one)
    others = [region.ask(one) for one in there[8:]]
    region.seconds = SETTLE

    assert {region.deletions.fate(one) for one in others} == {"Remove"}


def test_what_was_drained_stays_so_when_the_next_hub_comes() -> None:
    region = Region()
    there = region.have(8)
    going = [region.ask(marked(one, "drain:3")) for one in there]
    region.floor = 4

    assert {region.deletions.fate(one) for one in going} == {"Remove"}


def test_what_was_held_goes_once_a_hub_that_is_believed_says_that_it_drains() -> None:
    region = Region(floor=4)
    there = region.have(8)
    going = [region.ask(marked(one, "drain:3"), held=True) for one in there]
    assert {region.deletions.fate(one) for one in going} == {"Hold"}

    again = [region.ask(marked(one, "drain:4"), held=True) for one in there]
    assert {region.deletions.fate(one) for one in again} == {"Remove"}


@pytest.mark.parametrize("mark", ["drain:2", "drain:", "drain:²", "drain", "3", "because:3", ""])
def test_an_older_hubs_word_and_any_other_word_is_none(mark: str) -> None:
    region = Region()
    going = [region.ask(marked(one, mark)) for one in region.have(8)]

    assert {region.deletions.fate(one) for one in going} == {"Hold"}


def test_each_waits_a_moment_for_those_that_come_with_it() -> None:
    region = Region()
    there = region.have(10)
    first = region.ask(there[0])
    assert region.deletions.fate(first) == "Wait"
    region.seconds = SETTLE - 0.5
    others = [region.ask(one) for one in there[1:6]]
    region.seconds = SETTLE

    assert {region.deletions.fate(one) for one in (first, *others)} == {"Hold"}


def test_what_has_gone_counts_for_ten_minutes() -> None:
    region = Region()
    there = region.have(10)
    for one in there[:5]:
        going = region.ask(one)
        region.seconds += SETTLE
        assert region.deletions.fate(going) == "Remove"
        region.deletions.ended(going)

    sixth = region.ask(there[5])
    assert region.deletions.fate(sixth) == "Hold"

    region.seconds += 601
    late = region.ask(there[6])
    region.seconds += SETTLE
    assert region.deletions.fate(late) == "Remove"


def test_one_that_is_marked_stays_held_whatever_is_left_to_be_counted() -> None:
    region = Region()
    [one] = region.have(1)

    assert region.deletions.fate(region.ask(one, held=True)) == "Hold"


def test_a_word_covers_what_was_asked_for_until_then_and_nothing_later() -> None:
    region = Region()
    there = region.have(20)
    going = [region.ask(one) for one in there[:6]]
    region.seconds = 60
    later = [region.ask(one) for one in there[6:12]]

    assert region.deletions.answered(f"delete:{timestamp(START)}")
    assert {region.deletions.fate(one) for one in going} == {"Remove"}
    assert {region.deletions.fate(one) for one in later} == {"Hold"}

    assert region.deletions.answered(f"keep:{timestamp(after(60))}")
    assert {region.deletions.fate(one) for one in (*going, *later)} == {"Keep"}
    assert not region.deletions.answered(f"keep:{timestamp(after(60))}")


def test_a_word_on_all_times_to_come_is_none() -> None:
    region = Region()
    going = [region.ask(one) for one in region.have(6)]

    region.deletions.answered("delete:2999-01-01T00:00:00Z")

    assert {region.deletions.fate(one) for one in going} == {"Hold"}


def test_from_a_region_that_is_drained_everybody_may_go() -> None:
    region = Region()
    going = [region.ask(one) for one in region.have(6)]
    assert {region.deletions.fate(one) for one in going} == {"Hold"}

    assert region.deletions.answered(None, is_draining=True)

    assert {region.deletions.fate(one) for one in going} == {"Remove"}
    assert region.deletions.answered(None)
    assert {region.deletions.fate(one) for one in going} == {"Hold"}


def test_none_is_held_where_that_is_turned_off() -> None:
    region = Region(percent=0)
    going = [region.ask(one, held=True) for one in region.have(50)]

    assert {region.deletions.fate(one) for one in going} == {"Remove"}


def test_the_condition_says_how_many_and_how_to_go_on() -> None:
    region = Region()
    for one in region.have(10)[:7]:
        region.ask(one)
    region.deletions.answered("yes")

    said = region.deletions.condition("ar-1", region.deletions.held())

    assert (said.status, said.reason) == ("True", "MassDeletion")
    assert said.message.startswith("7 of 10 placements")
    command = "kubectl annotate --overwrite region ar-1 acuse.dev/held-deletions"
    assert f"{command}=delete:2026-11-26T06:00:00Z" in said.message
    assert "keep:2026-11-26T06:00:00Z" in said.message
    assert said.message.endswith("What the annotation says now is neither.")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("delete:2026-11-26T06:00:00Z", Answer("Remove", START)),
        (" keep:2026-11-26T06:00:00+00:00", Answer("Keep", START)),
        ("keep:2026-11-26T06:00:00", None),
        ("keep", None),
        ("drop:2026-11-26T06:00:00Z", None),
        ("", None),
        (None, None),
    ],
    ids=["delete", "keep", "no zone", "no time", "another word", "empty", "none"],
)
def test_a_word_is_a_verb_and_a_time(text: str | None, answer: Answer | None) -> None:
    assert read_answer(text) == answer


def test_spans_are_of_ten_minutes_wherever_they_begin() -> None:
    steady = [after(300 * number) for number in range(20)]
    burst = [after(9000 + number) for number in range(6)]

    assert crowded(steady, among=20, percent=20) == ()
    assert crowded([*steady, *burst], among=26, percent=20) == ((burst[0], burst[-1]),)
