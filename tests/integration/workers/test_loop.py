"""The loop: keeps what it holds, lets go in order, and outlives an absence of PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from acuse.data.pool import Pool, open_pool
from acuse.events import held
from acuse.events.claimed import Claimed
from acuse.events.queue import Queue
from acuse_lab.postgres import temporary_server
from acuse_workers.loop import Loop
from acuse_workers.pipeline import Outcome, Pipeline
from support.databases import Database, chosen_programs, fresh_database
from support.events import REGION, NewEvent, add_events, query, states
from support.workers import PATIENCE, bench, text

DEADLINE = 90.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - rows change without telling anyone
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Gate:
    """Works on events for as long as the test wants."""

    pool: Pool
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list[str])
    cancelled: list[str] = field(default_factory=list[str])
    handed_back: list[str] = field(default_factory=list[str])

    async def work(self, event: Claimed) -> Outcome:
        """Finish the event once the gate is open."""
        self.begun.append(event.event_id)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled.append(event.event_id)
            raise
        async with self.pool.connection() as conn:
            await held.finish(conn, event)
        return "processed"

    async def hand_back(self, event: Claimed) -> None:
        """Hand back as the pipeline does."""
        self.handed_back.append(event.event_id)
        async with self.pool.connection() as conn:
            await held.hand_back(conn, event)


@dataclass(slots=True)
class Running:
    """A loop that runs, and how to stop it."""

    url: str
    gate: Gate
    stop: asyncio.Event
    task: asyncio.Task[None]


@asynccontextmanager
async def running(
    database: Database, *, concurrency: int = 4, grace: float = DEADLINE, lease: float = 60.0
) -> AsyncGenerator[Running, None]:
    async with open_pool(database.url, "acuse_worker", size=4, name="loop") as pool:
        gate, stop = Gate(pool), asyncio.Event()
        queue = Queue(pool, REGION, "loop", lease=lease, patience=PATIENCE)
        loop = Loop(queue, gate, concurrency=concurrency, grace=grace)
        task = asyncio.create_task(loop.run(stop))
        try:
            yield Running(database.owner_url, gate, stop, task)
        finally:
            stop.set()
            gate.open.set()
            await task


def add(database: Database, count: int) -> None:
    add_events(database.owner_url, [NewEvent(f"e{n}", lane=f"l{n}") for n in range(count)])


async def test_it_holds_no_more_events_than_it_may(database: Database) -> None:
    add(database, 9)
    async with running(database, concurrency=4) as loop:
        await until(lambda: len(loop.gate.begun) == 4)
        busy = query(
            database.owner_url,
            "SELECT count(*) FROM acuse.webhook_events WHERE status = 'processing'",
        )
        loop.gate.open.set()
        await until(lambda: set(states(database.owner_url).values()) == {"processed"})

    assert busy == [(4,)]


async def test_told_to_stop_it_finishes_what_is_in_progress_and_takes_nothing_new(
    database: Database,
) -> None:
    add(database, 3)
    async with running(database, concurrency=2) as loop:
        await until(lambda: len(loop.gate.begun) == 2)
        loop.stop.set()
        loop.gate.open.set()
        await loop.task

    assert sorted(states(database.owner_url).values()) == ["processed", "processed", "received"]


async def test_what_cannot_be_finished_in_time_is_handed_back(database: Database) -> None:
    add(database, 2)
    async with running(database, grace=0.05) as loop:
        await until(lambda: len(loop.gate.begun) == 2)
        loop.stop.set()
        await loop.task

    assert sorted(loop.gate.handed_back) == ["e0", "e1"]
    assert states(database.owner_url) == {"e0": "received", "e1": "received"}


async def test_a_lease_is_renewed_for_as_long_as_the_work_takes(database: Database) -> None:
    add(database, 1)
    async with running(database, lease=1.0) as loop:
        await until(lambda: loop.gate.begun == ["e0"])
        [(first,)] = query(database.owner_url, "SELECT lease_until FROM acuse.webhook_events")
        longer = "SELECT lease_until > %s::timestamptz + interval '1 s' FROM acuse.webhook_events"
        await until(lambda: query(database.owner_url, longer, first) == [(True,)])
        loop.gate.open.set()
        await until(lambda: states(database.owner_url) == {"e0": "processed"})

    assert query(database.owner_url, "SELECT attempt FROM acuse.webhook_events") == [(1,)]


async def test_work_on_an_event_that_another_worker_has_is_stopped(database: Database) -> None:
    add(database, 1)
    async with running(database, lease=1.0) as loop:
        await until(lambda: loop.gate.begun == ["e0"])
        query(
            database.owner_url,
            "UPDATE acuse.webhook_events SET attempt = 7, leased_by = 'x',"
            " lease_until = now() + interval '1 hour'",
        )

        await until(lambda: loop.gate.cancelled == ["e0"])

    assert loop.gate.handed_back == []
    assert states(database.owner_url) == {"e0": "processing"}


async def test_the_events_of_a_dead_worker_are_taken_over(database: Database) -> None:
    add(database, 1)
    async with open_pool(database.url, "acuse_worker", size=1, name="dead") as pool:
        await Queue(pool, REGION, "dead", lease=0.01, patience=PATIENCE).claim(1)
    async with running(database, lease=1.0) as loop:
        loop.gate.open.set()
        await until(lambda: states(database.owner_url) == {"e0": "processed"})

    assert query(database.owner_url, "SELECT attempt, reason FROM acuse.webhook_events") == [
        (2, None)
    ]


async def test_it_outlives_postgresql_and_goes_on_when_it_is_back() -> None:
    with temporary_server(chosen_programs()) as server, fresh_database(server) as database:
        async with bench(database) as at:
            stop = asyncio.Event()
            pipeline = Pipeline(at.pipeline.around, replace(PATIENCE, max_tries=99))
            reached, gone_on = asyncio.Event(), asyncio.Event()

            async def wait(act: str) -> None:
                if act == "mark_read wamid.1":
                    reached.set()
                    await gone_on.wait()

            at.outside.before = wait
            at.add(text("wamid.1"))
            loop = asyncio.create_task(Loop(at.queue, pipeline).run(stop))
            await reached.wait()
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            gone_on.set()
            await asyncio.sleep(0)
            assert not loop.done()
            await asyncio.to_thread(server.start)
            at.add(text("wamid.2", person={"user_id": "AR.2"}))

            await until(lambda: set(states(at.url).values()) == {"processed"})
            stop.set()
            await loop

            assert sorted(cause for cause, _, _ in at.replies()) == ["wamid.1", "wamid.2"]


@pytest.mark.parametrize("silent_for", [0.0, 999.0])
async def test_it_is_ready_only_while_postgresql_answers(
    database: Database, silent_for: float
) -> None:
    async with open_pool(database.url, "acuse_worker", size=1, name="loop") as pool:
        heard = time.monotonic() - silent_for
        loop = Loop(Queue(pool, REGION, "loop"), Gate(pool), _heard=heard)

        assert (loop.database_silent() is None) is (silent_for == 0.0)
