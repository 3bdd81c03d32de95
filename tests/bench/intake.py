"""How many webhooks a second are durable when they are answered, and what that costs.

Five contenders take turns on one machine, with one PostgreSQL beside them that does sync its disk:
`acuse intake` as it is; the same told to commit each request alone; pgbench, which is PostgreSQL's
own limit of one row per commit; the same job with FastAPI, SQLAlchemy and slowapi; and the intake's
application in another server, granian. docs/benchmarks.md says what the figures mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from bench.contender import CONNECTIONS, Contender, Round, Web
from bench.contenders import one_row_per_commit, ring
from bench.machine import describe, durable_postgres
from bench.result import Report, Row, median

NAME = "intake"
SECONDS = 5.0

OURS = "intake"
ONE_ROW = "one row per commit"
PGBENCH = "pgbench"
BASELINE = "FastAPI + SQLAlchemy + slowapi"
GRANIAN = "intake on granian"

_ROUNDS = 5
_RATE = 1000.0
# The run at a fixed rate is one long one, of so many rounds' time: a steadier 99th percentile.
_FIXED_ROUNDS = 4
_LEAST_RATIO = {ONE_ROW: 1.4, PGBENCH: 0.7, BASELINE: 8.0}
_P99_AT_RATE = 100.0

Rounds = Mapping[str, Sequence[Round]]


def measure(*, seconds: float = SECONDS) -> Report:
    """Let everyone have their turn, five times over, and return what came of it.

    Raises InvalidMeasurement when anything was not answered 200, or is not in the database.
    """
    with ring() as place:
        machine = describe(durable_postgres(place.database.owner_url))
        ours = place.intake(OURS)
        contenders: list[Contender] = [
            ours,
            place.intake(ONE_ROW, **one_row_per_commit()),
            place.pgbench(PGBENCH),
            place.baseline(BASELINE),
            place.intake_on_granian(GRANIAN),
        ]
        rounds = take_turns(contenders, seconds=seconds)
        fixed = at_fixed_rate(ours, seconds=seconds * _FIXED_ROUNDS)
    return Report.now(NAME, machine=machine, rows=[*rows(rounds, fixed), _length(seconds)])


def take_turns(contenders: Sequence[Contender], *, seconds: float) -> dict[str, list[Round]]:
    """Measure A B C A B C …: what the machine does meanwhile is everyone's share."""
    rounds: dict[str, list[Round]] = {contender.name: [] for contender in contenders}
    for number in range(1, _ROUNDS + 1):
        for contender in contenders:
            done = contender.round(seconds=seconds)
            rounds[contender.name].append(done)
            _tell(f"round {number} of {_ROUNDS}", contender.name, done)
    return rounds


def at_fixed_rate(ours: Web, *, seconds: float) -> Round:
    """Send 1,000 requests a second, whatever the answers do."""
    done = ours.round(seconds=seconds, rate=_RATE)
    _tell(f"at {_RATE:,.0f}/s", ours.name, done)
    return done


def _tell(when: str, who: str, done: Round) -> None:
    click.echo(
        f"{when:<12}  {who:<30}  {done.rate:8,.0f}/s  p50 {done.p50:6.1f} ms"
        f"  p99 {done.p99:6.1f} ms",
        err=True,
    )


def rows(rounds: Rounds, fixed: Round) -> list[Row]:
    """Return the rows: the goals first, then each contender's latency and cost."""
    found = [_against(rounds, OURS, other, at_least=goal) for other, goal in _LEAST_RATIO.items()]
    at = f"at {_RATE:,.0f} requests/s"
    found += [
        Row.below(f"{OURS}: p99 {at}", fixed.p99, unit="ms", goal=_P99_AT_RATE),
        Row(f"{OURS}: p50 {at}", fixed.p50, "ms"),
        Row(f"{OURS}: acknowledged {at}", fixed.rate, "1/s"),
        _against(rounds, OURS, GRANIAN, at_least=None),
    ]
    for name, done in rounds.items():
        found += _latency(name, done)
    for name, done in rounds.items():
        found += _cost(name, done)
    return found


def _against(rounds: Rounds, ours: str, other: str, *, at_least: float | None) -> Row:
    pairs = [(a.rate, b.rate) for a, b in zip(rounds[ours], rounds[other], strict=True)]
    name = f"{ours}: durable acknowledgements, against {other}"
    return Row.compared(name, pairs, unit="1/s", at_least=at_least)


def _latency(name: str, done: Sequence[Round]) -> list[Row]:
    what = f"with {CONNECTIONS} connections"
    return [
        Row(f"{name}: p50 {what}", median([r.p50 for r in done]), "ms"),
        Row(f"{name}: p99 {what}", median([r.p99 for r in done]), "ms"),
    ]


def _cost(name: str, done: Sequence[Round]) -> list[Row]:
    """Return each part's processor time per event; pgbench has no server in front."""
    parts = {
        "server": [r.each(r.server) for r in done if r.server is not None],
        "PostgreSQL": [r.each(r.postgres) for r in done],
        "load generator": [r.each(r.generator) for r in done],
    }
    return [
        Row(f"{name}: processor time of {part}", median(each), "µs/event")
        for part, each in parts.items()
        if each
    ]


def _length(seconds: float) -> Row:
    return Row("rounds", float(_ROUNDS), f"of {seconds:g} s")
