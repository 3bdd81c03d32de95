"""Which key comes next, as of a given time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from acuse_operator.queue import EDIT, NEWS, RESYNC, Backoff, Priority, Waiting


def taken(waiting: Waiting, now: float) -> list[str]:
    """Take and give back all that is ready."""
    found: list[str] = []
    while (one := waiting.take(now)) is not None:
        found.append(one[0])
    for key in found:
        waiting.done(key)
    return found


def test_a_key_added_twice_is_taken_once() -> None:
    waiting = Waiting()
    for _ in "ab":
        waiting.add("a", priority=EDIT, now=0.0)

    assert taken(waiting, 1.0) == ["a"]
    assert len(waiting) == 0


def test_an_edit_comes_before_looks_and_lifts_its_own_key() -> None:
    waiting = Waiting()
    for key in "abc":
        waiting.add(key, priority=RESYNC, now=0.0)
    waiting.add("d", priority=EDIT, now=0.0)
    waiting.add("b", priority=EDIT, now=0.0)

    assert taken(waiting, 0.0) == ["d", "b", "a", "c"]


def test_an_edit_waits_for_no_news_of_others() -> None:
    waiting = Waiting()
    waiting.add("a", priority=RESYNC, now=0.0)
    for key in "bcd":
        waiting.add(key, priority=NEWS, now=0.0)
    waiting.add("c", priority=EDIT, now=0.0)

    assert taken(waiting, 0.0) == ["c", "b", "d", "a"]


def test_a_look_does_not_push_an_edit_back() -> None:
    waiting = Waiting()
    waiting.add("a", priority=EDIT, now=0.0)
    waiting.add("a", priority=RESYNC, now=0.0)
    waiting.add("b", priority=EDIT, now=0.0)

    assert taken(waiting, 0.0) == ["a", "b"]


def test_a_key_that_runs_is_nobody_elses_and_comes_again_if_it_was_added_meanwhile() -> None:
    waiting = Waiting()
    waiting.add("a", priority=EDIT, now=0.0)
    assert waiting.take(0.0) == ("a", 0.0)
    waiting.add("a", priority=EDIT, now=1.0)

    assert waiting.take(2.0) is None
    waiting.done("a")
    assert waiting.take(3.0) == ("a", 2.0)
    waiting.done("a")
    assert waiting.take(4.0) is None


def test_a_key_for_later_comes_when_it_is_due_and_the_sooner_of_two_counts() -> None:
    waiting = Waiting()
    waiting.add("a", priority=RESYNC, now=0.0, after=10.0)
    waiting.add("a", priority=RESYNC, now=0.0, after=5.0)
    waiting.add("a", priority=RESYNC, now=0.0, after=20.0)

    assert waiting.next_due(1.0) == 4.0
    assert taken(waiting, 4.9) == []
    assert taken(waiting, 5.0) == ["a"]
    assert waiting.next_due(5.0) is None
    assert taken(waiting, 100.0) == []


def test_a_reconcile_makes_the_look_that_was_planned_before_it_unneeded() -> None:
    waiting = Waiting()
    waiting.add("a", priority=RESYNC, now=0.0, after=10.0)
    waiting.add("a", priority=EDIT, now=1.0)
    assert taken(waiting, 1.0) == ["a"]
    waiting.add("a", priority=RESYNC, now=1.0, after=60.0)

    assert taken(waiting, 10.0) == []
    assert taken(waiting, 61.0) == ["a"]


def test_a_forgotten_key_does_not_come_up() -> None:
    waiting = Waiting()
    waiting.add("a", priority=RESYNC, now=0.0, after=10.0)
    waiting.forget("a")

    assert waiting.next_due(0.0) is None
    assert taken(waiting, 20.0) == []


KEYS = st.sampled_from("abcd")
ADDS = st.lists(
    st.tuples(KEYS, st.sampled_from(list(Priority)), st.floats(0, 10), st.floats(0, 5)), max_size=40
)


@given(ADDS)
def test_whatever_is_added_comes_once_after_its_last_add_and_nothing_remains(
    adds: list[tuple[str, Priority, float, float]],
) -> None:
    waiting = Waiting()
    for key, priority, now, after in sorted(adds, key=lambda add: add[2]):
        waiting.add(key, priority=priority, now=now, after=after)

    assert sorted(set(taken(waiting, 100.0))) == sorted({add[0] for add in adds})
    assert (waiting.take(200.0), len(waiting), waiting.next_due(200.0)) == (None, 0, None)


def test_backoff_doubles_up_to_its_longest_and_respects_what_was_asked_for() -> None:
    backoff = Backoff(first=1.0, longest=10.0)

    assert [backoff.delay(n) for n in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 8, 10, 10]
    assert backoff.delay(1, at_least=30.0) == 30.0
    assert backoff.delay(1, chance=0.999) < 1.5
