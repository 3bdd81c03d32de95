"""The load generator, a process of its own: `python -m bench.load`, told what to do on stdin.

It reads a plan (one line of JSON), makes and signs the requests, opens the connections, warms up
and says `ready`; at the next line it sends and measures, then says what came (one line of JSON). It
ends with its stdin, so that whoever started it can read its processor time first.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys

import msgspec
import uvloop

from bench.bodies import Target, requests
from bench.connection import Connection
from bench.pace import ClosedLoop, OpenLoop
from bench.tally import percentile

HOST = "127.0.0.1"
_WARM_SECONDS = 30.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: `warm` requests first, then for `seconds`.

    At `rate` a second; or, without one, as fast as each connection is answered, `most` at most.
    """

    target: Target
    connections: int
    warm: int
    seconds: float
    most: int
    rate: float | None = None

    @property
    def measured(self) -> int:
        """Return how many requests have to be made for the measurement."""
        return self.most if self.rate is None else round(self.rate * self.seconds)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `seconds` ends with the last answer; p50 and p99 are in seconds.

    `stored` is how many events must be in the database: those of the warm-up too.
    """

    acknowledged: int = 0
    stored: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    fault: str | None = None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _connect(plan: Plan) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made: list[Connection] = []
    for _ in range(plan.connections):
        _, connection = await loop.create_connection(Connection, HOST, plan.target.port)
        made.append(connection)
    return made


async def _measure(plan: Plan) -> Outcome:
    made = list(itertools.islice(requests(plan.target), plan.warm + plan.measured))
    warm, measured = iter(made[: plan.warm]), iter(made[plan.warm :])
    # A collection amid the run would walk over every request and be counted as latency.
    gc.collect()
    gc.freeze()
    gc.disable()
    connections = await _connect(plan)
    first = ClosedLoop(warm, connections)
    if plan.warm:
        await first.run(seconds=_WARM_SECONDS)
        if fault := first.tally.fault():
            return Outcome(fault=f"warming up: {fault}")
    _say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    pace: ClosedLoop | OpenLoop = (
        ClosedLoop(measured, connections)
        if plan.rate is None
        else OpenLoop(measured, connections, rate=plan.rate)
    )
    seconds = await pace.run(seconds=plan.seconds)
    for connection in connections:
        connection.close()
    fault = pace.tally.fault()
    if fault is not None:
        return Outcome(fault=fault)
    latencies = pace.tally.latencies
    return Outcome(
        acknowledged=pace.tally.acknowledged,
        stored=pace.tally.acknowledged + first.tally.acknowledged,
        seconds=seconds,
        p50=percentile(latencies, 0.5),
        p99=percentile(latencies, 0.99),
    )


def main() -> None:
    """Do what the plan on stdin says."""
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    outcome = uvloop.run(_measure(plan))
    _say(msgspec.json.encode(outcome).decode())
    sys.stdin.read()


if __name__ == "__main__":
    main()
