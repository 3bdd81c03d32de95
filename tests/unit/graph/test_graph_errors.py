"""What each of Meta's codes leads to."""

from __future__ import annotations

import msgspec
import pytest

from acuse.errors import GraphRefused, GraphUnavailable
from acuse.meta.graph_errors import (
    GraphError,
    code_class,
    read_error,
    retry_delay,
    to_exception,
)
from acuse_lab.graph.errors import KNOWN_ERRORS, fault


@pytest.mark.parametrize("code", [0, 3, 10, 190, 200, 254, 299, 368, 130497, 131031, 131042])
def test_what_a_person_must_mend_pauses_the_number_and_waits_long(code: int) -> None:
    raised = to_exception(GraphError(code), retry_after=None)

    assert isinstance(raised, GraphUnavailable)
    assert raised.pauses
    assert raised.retry_after >= 900


@pytest.mark.parametrize("code", [1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004])
def test_what_passes_by_itself_is_asked_again_without_a_pause(code: int) -> None:
    raised = to_exception(GraphError(code), retry_after=None)

    assert isinstance(raised, GraphUnavailable)
    assert not raised.pauses


@pytest.mark.parametrize(
    "code", [100, 131008, 131009, 131021, 131026, 131047, 131051, 131053, 132000, 132018, 999999]
)
def test_what_cannot_succeed_is_refused_with_metas_code(code: int) -> None:
    raised = to_exception(GraphError(code), retry_after=60.0)

    assert isinstance(raised, GraphRefused)
    assert raised.graph_code == code


def test_every_code_of_the_lab_has_a_class_and_reads_back_from_its_envelope() -> None:
    for code in KNOWN_ERRORS:
        body = msgspec.json.encode(fault(code).envelope())
        error = read_error(body)
        assert error is not None
        assert error.code == code
        assert code_class(code)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"error": "x"}', b'{"error": {"code": "190"}}', b"\xff\xfe"]
)
def test_a_body_without_metas_error_has_none(body: bytes) -> None:
    assert read_error(body) is None


def test_the_pair_limit_waits_four_to_the_power_of_the_tries() -> None:
    limited = GraphUnavailable("", retry_after=1.0, graph_code=131056)

    assert [retry_delay(limited, retries=n) for n in range(5)] == [1, 4, 16, 64, 256]


def test_metas_own_wish_is_the_least_that_is_waited() -> None:
    limited = GraphUnavailable("", retry_after=90.0, graph_code=130429)

    assert [retry_delay(limited, retries=n) for n in (0, 3, 4)] == [90, 90, 256]


def test_backing_off_has_an_end() -> None:
    assert retry_delay(GraphUnavailable("", retry_after=1.0, graph_code=4), retries=40) == 3600
    assert retry_delay(GraphUnavailable("", retry_after=1.0, graph_code=2), retries=40) == 600
    assert retry_delay(GraphUnavailable("", retry_after=1.0), retries=40) == 600
