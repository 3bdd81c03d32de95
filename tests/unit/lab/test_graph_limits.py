"""Meta's sending limits: bursts to one person borrow from what follows."""

from __future__ import annotations

from acuse_lab.graph.limits import HOUR, HourlyBudget, NumberRate, PairRate


def test_one_message_every_six_seconds_always_passes() -> None:
    pair = PairRate()

    assert all(pair.admit(6.0 * n) for n in range(100))


def test_a_second_message_after_the_burst_must_wait_its_turn() -> None:
    pair = PairRate()

    assert [pair.admit(t) for t in (0.0, 1.0, 6.5, 11.9, 12.0)] == [True, True, False, False, True]


def test_a_burst_of_twenty_is_followed_by_two_minutes_of_waiting() -> None:
    pair = PairRate()
    assert all(pair.admit(0.1 * n) for n in range(20))

    assert not pair.admit(119.9)
    assert pair.admit(120.0)


def test_a_burst_ends_at_forty_five() -> None:
    pair = PairRate()

    assert [pair.admit(0.0) for _ in range(46)] == [True] * 45 + [False]


def test_a_refused_message_costs_nothing() -> None:
    pair = PairRate()
    for _ in range(45):
        pair.admit(0.0)
    for second in range(1, 200):
        pair.admit(float(second))

    assert pair.admit(270.0)


def test_a_number_has_so_many_messages_in_any_second() -> None:
    rate = NumberRate()
    for _ in range(80):
        rate.count(0.5)

    assert rate.is_full(1.4, per_second=80)
    assert not rate.is_full(1.5, per_second=80)


def test_an_hours_budget_is_spent_and_comes_back_call_by_call() -> None:
    budget = HourlyBudget()

    assert [budget.admit(at, limit=2) for at in (0.0, 600.0, 1200.0)] == [True, True, False]
    assert budget.regained_after(1200.0, limit=2) == 2400.0
    assert budget.admit(3600.0, limit=2)
    assert budget.used(3600.0) == 2
    assert budget.regained_after(3600.0, limit=3) == 0.0


def test_a_budget_of_nothing_never_comes_back() -> None:
    budget = HourlyBudget()

    assert not budget.admit(0.0, limit=0)
    assert budget.regained_after(0.0, limit=0) == HOUR
