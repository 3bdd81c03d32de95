"""What is said of a region by when it was last heard, and when it is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from acuse_operator.hub.breaker import Breaker
from acuse_operator.hub.reach import SILENT_AFTER, UNREACHABLE_AFTER, Reach

START = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reach(clock: Clock) -> Reach:
    return Reach(clock=clock, now=clock.now)


def said(reach: Reach) -> tuple[str, str]:
    condition = reach.standing().condition
    return condition.status, condition.reason


def test_a_region_that_was_just_asked_is_being_connected(reach: Reach) -> None:
    assert said(reach) == ("Unknown", "Connecting")
    assert reach.is_new


def test_one_that_never_answers_is_unreachable_in_the_end(reach: Reach, clock: Clock) -> None:
    reach.failed("connection refused")
    clock.seconds = UNREACHABLE_AFTER + 1

    assert said(reach) == ("Unknown", "Unreachable")
    assert "connection refused" in reach.standing().condition.message
    assert reach.standing().since is None


def test_a_failure_is_no_news_before_its_time(reach: Reach, clock: Clock) -> None:
    reach.answered()
    reach.beat("1")
    reach.failed("a timeout")
    clock.seconds = UNREACHABLE_AFTER

    assert said(reach) == ("True", "Answers")


def test_since_when_is_when_it_last_answered_and_the_first_reason_stays(
    reach: Reach, clock: Clock
) -> None:
    clock.seconds = 5.0
    reach.answered()
    reach.failed("connection refused")
    reach.failed("a timeout")
    clock.seconds = 5.0 + UNREACHABLE_AFTER + 1
    first = reach.standing()
    reach.failed("something else")
    clock.seconds += 100

    assert first.since == START + timedelta(seconds=5)
    assert "2026-11-26T12:00:05Z: connection refused" in first.condition.message
    assert reach.standing() == first
    reach.answered()
    reach.beat("2")
    assert said(reach) == ("True", "Answers")


def test_a_lease_that_does_not_change_is_silence_whatever_time_it_says(
    reach: Reach, clock: Clock
) -> None:
    reach.answered()
    reach.beat("2099-01-01T00:00:00.000000Z")
    clock.seconds = SILENT_AFTER + 1
    reach.answered()
    reach.beat("2099-01-01T00:00:00.000000Z")
    assert said(reach) == ("Unknown", "Silent")
    assert reach.standing().since == START

    # The clock there may be years behind.
    reach.beat("1999-01-01T00:00:00.000000Z")
    assert said(reach) == ("True", "Answers")


def test_a_region_without_a_heartbeat_is_given_time_and_then_silent(
    reach: Reach, clock: Clock
) -> None:
    reach.answered()
    reach.beat(None)
    assert said(reach) == ("True", "NoHeartbeat")

    clock.seconds = SILENT_AFTER + 1
    reach.answered()
    assert said(reach) == ("Unknown", "Silent")
    assert reach.heartbeat is None


def test_a_refusal_is_said_at_once_until_there_is_an_answer(reach: Reach) -> None:
    reach.answered()
    reach.beat("1")
    reach.refused("401")
    assert said(reach) == ("Unknown", "Unauthorized")

    reach.answered()
    assert said(reach) == ("True", "Answers")


def test_three_failures_in_a_row_open_the_breaker_and_one_answer_closes_it(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    assert not breaker.failed()
    assert not breaker.failed()
    assert not breaker.answered()
    assert [breaker.failed(), breaker.failed(), breaker.failed()] == [False, False, True]
    assert breaker.is_open
    assert not breaker.failed(), "it was open already"
    assert breaker.answered()
    assert not breaker.is_open


def test_the_probe_waits_longer_each_time_and_half_a_minute_at_most(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    assert breaker.until_probe() is None
    waits: list[float] = []
    for _ in range(12):
        breaker.failed()
        wait = breaker.until_probe()
        waits.extend([] if wait is None else [wait])
        clock.seconds += wait or 0.0

    assert len(waits) == 10
    assert 0.5 <= waits[0] <= 1.0
    assert 15.0 <= waits[-1] <= 30.0
    assert breaker.until_probe() == 0.0
