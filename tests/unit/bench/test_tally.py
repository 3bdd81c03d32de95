"""The load generator's accounts: no request is left out, no percentile flatters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answers import first_answer
from bench.tally import Tally, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]


def test_the_99th_percentile_of_few_is_the_worst() -> None:
    assert percentile([1.0, 2.0, 900.0], 0.99) == 900.0


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_so_many_values_are_not_over_the_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_all_answered_200_is_a_measurement() -> None:
    tally = Tally(sent=2)
    tally.answer(200, 0.1)
    tally.answer(200, 0.2)

    assert (tally.fault(), tally.acknowledged, tally.open) == (None, 2, 0)


@pytest.mark.parametrize(
    ("sent", "statuses", "broken", "said"),
    [
        (0, [], 0, "of 0 requests"),
        (2, [200, 503], 0, "1 x 503"),
        (2, [200], 1, "1 lost their connection"),
        (2, [200], 0, "1 had no answer"),
    ],
    ids=["nothing", "refused", "broken", "unanswered"],
)
def test_anything_else_is_none(sent: int, statuses: list[int], broken: int, said: str) -> None:
    tally = Tally(sent=sent, broken=broken)
    for status in statuses:
        tally.answer(status, 0.1)

    assert said in (tally.fault() or "")


def test_the_latency_of_a_refusal_counts_nowhere() -> None:
    tally = Tally(sent=2)
    tally.answer(503, 0.001)
    tally.answer(200, 5.0)

    assert tally.latencies == [5.0]


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\nok"


@pytest.mark.parametrize("size", range(len(ANSWER)))
def test_an_answer_is_awaited_until_it_is_whole(size: int) -> None:
    assert first_answer(ANSWER[:size]) is None
    assert first_answer(ANSWER + b"HTTP") == (200, len(ANSWER))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"SSH-2.0\r\ncontent-length: 0\r\n\r\n"]
)
def test_an_answer_of_unknown_size_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        first_answer(answer)
