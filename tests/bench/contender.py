"""Who takes part in a bench, and what one round of it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import psycopg

from bench.bodies import Target
from bench.load import Outcome, Plan
from bench.processor import spent_by
from bench.result import InvalidMeasurement

CONNECTIONS = 32
_WARM = 10 * CONNECTIONS
# More than any of them can take: a round ends by time. Requests of a second fill about 12 MB.
_MOST_PER_SECOND = 12_000
_TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Round:
    """What one contender did in one round; p50 and p99 in ms, processor times in seconds."""

    acknowledged: int
    seconds: float
    p50: float
    p99: float
    postgres: float
    generator: float
    server: float | None

    @property
    def rate(self) -> float:
        """Return durable acknowledgements per second."""
        return self.acknowledged / self.seconds

    def each(self, seconds: float) -> float:
        """Return processor time per acknowledged event, in microseconds."""
        return seconds / self.acknowledged * 1e6


class Contender(Protocol):
    """Something that stores events and says when they are durable."""

    @property
    def name(self) -> str:
        """Return its name in the table."""
        ...

    def round(self, *, seconds: float) -> Round:
        """Work for so long, then prove that the database holds exactly what was acknowledged."""
        ...


@dataclass(frozen=True, slots=True)
class EventTable:
    """The table that acknowledged events must be in, seen as the database's owner."""

    owner_url: str
    name: bytes = b"acuse.webhook_events"

    def empty(self) -> None:
        """Empty the table and flush what earlier rounds left dirty: every round starts alike."""
        with psycopg.connect(self.owner_url, autocommit=True) as conn:
            conn.execute(b"TRUNCATE " + self.name)
            conn.execute("CHECKPOINT")

    def take(self, count: int, *, who: str) -> None:
        """Empty the table; raise InvalidMeasurement unless it held exactly so many events.

        Left full, it would be vacuumed in somebody else's round.
        """
        with psycopg.connect(self.owner_url) as conn:
            row = conn.execute(b"SELECT count(*) FROM " + self.name).fetchone()
            conn.execute(b"TRUNCATE " + self.name)
        stored = -1 if row is None else int(row[0])
        if stored != count:
            raise InvalidMeasurement(f"{who}: {count} events acknowledged, {stored} stored")


@dataclass(frozen=True, slots=True)
class Web:
    """A server that takes webhooks over HTTP, with the database it writes to."""

    name: str
    target: Target
    table: EventTable
    server_pid: Callable[[], int]
    postgres_pid: int

    def round(self, *, seconds: float, rate: float | None = None) -> Round:
        """Send webhooks over 32 connections from another process."""
        self.table.empty()
        plan = Plan(
            target=self.target,
            connections=CONNECTIONS,
            warm=_WARM,
            seconds=seconds,
            most=round(seconds * _MOST_PER_SECOND),
            rate=rate,
        )
        outcome, (server, postgres, generator) = _generate(
            plan, self.server_pid(), self.postgres_pid
        )
        if outcome.fault is not None:
            raise InvalidMeasurement(f"{self.name}: {outcome.fault}")
        self.table.take(outcome.stored, who=self.name)
        return Round(
            acknowledged=outcome.acknowledged,
            seconds=outcome.seconds,
            p50=outcome.p50 * 1e3,
            p99=outcome.p99 * 1e3,
            postgres=postgres,
            generator=generator,
            server=server,
        )


def _generate(plan: Plan, *pids: int) -> tuple[Outcome, list[float]]:
    """Run the load generator; return its outcome and what each process and it itself have spent."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(plan).decode() + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        before = spent_by(*pids, process.pid)
        if said.strip() == "ready":
            process.stdin.write("go\n")
            process.stdin.flush()
            said = process.stdout.readline()
        after = spent_by(*pids, process.pid)
        process.stdin.close()
    if not said:
        raise InvalidMeasurement(f"the load generator ended with exit code {process.returncode}")
    spent = [b - a for a, b in zip(before, after, strict=True)]
    return msgspec.json.decode(said, type=Outcome), spent
