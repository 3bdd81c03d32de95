"""The intake's bench: its rows and goals, and pgbench's figures."""

from __future__ import annotations

import pytest

from bench import intake
from bench.contender import Round
from bench.pgbench import latencies, variables

NAMES = (intake.OURS, intake.ONE_ROW, intake.PGBENCH, intake.BASELINE, intake.GRANIAN)


def done(rate: float, *, p99: float = 10.0, server: float | None = 0.1) -> Round:
    """Return a round of one second."""
    return Round(
        acknowledged=round(rate),
        seconds=1.0,
        p50=5.0,
        p99=p99,
        postgres=0.05,
        generator=0.02,
        server=server,
    )


def test_the_goals_are_those_of_the_project() -> None:
    rates = dict(zip(NAMES, (4000.0, 2000.0, 8000.0, 400.0, 3000.0), strict=True))
    rounds = {name: [done(rate)] * 5 for name, rate in rates.items()}

    found = [row for row in intake.rows(rounds, done(1000, p99=20.0)) if row.goal is not None]

    assert [(row.goal, row.ratio, row.value, row.holds) for row in found] == [
        (1.4, 2.0, 4000.0, True),
        (0.7, 0.5, 4000.0, False),
        (8.0, 10.0, 4000.0, True),
        (100.0, None, 20.0, True),
    ]


def test_processor_time_is_told_per_event_and_part() -> None:
    rounds = {name: [done(1000)] for name in NAMES}
    rounds[intake.PGBENCH] = [done(1000, server=None)]

    found = {row.name: row.value for row in intake.rows(rounds, done(1000))}

    assert found["intake: processor time of server"] == pytest.approx(100)
    assert found["intake: processor time of PostgreSQL"] == pytest.approx(50)
    assert found["intake: processor time of load generator"] == pytest.approx(20)
    assert "pgbench: processor time of server" not in found


def test_pgbench_logs_microseconds_in_the_third_column() -> None:
    assert latencies("0 199 2241 0 1175850568 995598\n1 5 900 0 1175850568 9\n") == [2.241, 0.9]


def test_pgbench_stores_what_the_intake_would() -> None:
    body = (
        b'{"object":"whatsapp_business_account","entry":[{"id":"2","changes":[{"field":"messages",'
        b'"value":{"metadata":{"phone_number_id":"1"},"messages":[{"id":"wamid.A","from":"549",'
        b'"timestamp":"1795447830","type":"text","text":{"body":"hola"}}]}}]}]}'
    )

    found = variables(body, tenant_key="shop.test", region="local")

    assert (found["kind"], found["phone_number_id"], found["waba_id"]) == ("message.text", "1", "2")
    assert found["occurred_at"] == "2026-11-23T15:30:30+00:00"
    assert '"body":"hola"' in found["payload"]
