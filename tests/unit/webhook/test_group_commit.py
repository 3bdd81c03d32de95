"""Group commit: who waits for what, what is shared, what is refused, and what a failure costs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest

from acuse.errors import DatabaseUnavailable, IntakeOverloaded
from acuse.events.inbox import Key, NewEvent, Write
from acuse_webhook.group_commit import GroupCommit, Limits
from support.eventually import until
from support.new_events import new_event


class Database:
    """Keeps what it is given; a write waits while the gate is shut, or fails when it is broken."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.started = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.reachable = True
        self.broken = False

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Write, None]:
        if not self.reachable:
            raise DatabaseUnavailable("away")
        yield self.write

    async def write(self, events: Sequence[NewEvent]) -> set[Key]:
        self.started += 1
        await self.gate.wait()
        if self.broken:
            raise DatabaseUnavailable("broken")
        self.groups.append([event.update.event_id for event in events])
        return {event.key for event in events}


def rows(*names: str) -> list[NewEvent]:
    return [new_event(name) for name in names]


async def waiting(inbox: GroupCommit, *deliveries: list[NewEvent]) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(inbox.put(delivery)) for delivery in deliveries]
    await asyncio.sleep(0)
    return tasks


async def put_again_until_kept(inbox: GroupCommit, events: list[NewEvent]) -> None:
    """Do as Meta does: come again."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(IntakeOverloaded, DatabaseUnavailable):
                return await inbox.put(events)
            await asyncio.sleep(0.01)


async def test_an_answer_waits_for_the_commit() -> None:
    database = Database()
    database.gate.clear()
    async with GroupCommit(database.connect, Limits()) as inbox:
        (put,) = await waiting(inbox, rows("a"))
        await until(lambda: database.started == 1)
        assert not put.done()

        database.gate.set()
        await put

    assert database.groups == [["a"]]


async def test_what_comes_while_a_flush_is_on_its_way_shares_the_next() -> None:
    database = Database()
    database.gate.clear()
    async with GroupCommit(database.connect, Limits(flushers=1)) as inbox:
        first = await waiting(inbox, rows("a"))
        await until(lambda: database.started == 1)
        rest = await waiting(inbox, rows("b"), rows("c", "d"), rows("e"))
        database.gate.set()
        await asyncio.gather(*first, *rest)

    assert database.groups == [["a"], ["b", "c", "d", "e"]]


async def test_a_delivery_is_never_split() -> None:
    database = Database()
    database.gate.clear()
    large = [new_event(str(n)) for n in range(10)]
    async with GroupCommit(database.connect, Limits(flushers=1, flush_rows=4)) as inbox:
        puts = await waiting(inbox, rows("a", "b", "c"), rows("d", "e"), large)
        database.gate.set()
        await asyncio.gather(*puts)

    assert [len(group) for group in database.groups] == [3, 2, 10]


async def test_what_is_beyond_the_rows_or_bytes_that_may_wait_is_refused() -> None:
    database = Database()
    database.gate.clear()
    for limits in (Limits(pending_rows=2), Limits(pending_bytes=3000)):
        async with GroupCommit(database.connect, limits) as inbox:
            puts = await waiting(inbox, rows("a"), rows("b"))
            with pytest.raises(IntakeOverloaded):
                await inbox.put(rows("c"))
            database.gate.set()
            await asyncio.gather(*puts)
            await inbox.put(rows("c"))
        database.gate.clear()


async def test_a_commit_that_takes_too_long_is_told_and_the_next_goes_on() -> None:
    database = Database()
    database.gate.clear()
    async with GroupCommit(database.connect, Limits(timeout=0.2)) as inbox:
        with pytest.raises(IntakeOverloaded):
            await inbox.put(rows("a"))
        database.gate.set()
        await put_again_until_kept(inbox, rows("b"))

    # "a" may be there too: its commit was too late to be answered, not undone.
    assert ["b"] in database.groups


async def test_a_client_that_goes_away_does_not_harm_those_who_share_its_flush() -> None:
    database = Database()
    database.gate.clear()
    async with GroupCommit(database.connect, Limits(flushers=1)) as inbox:
        before = await waiting(inbox, rows("a"))
        await until(lambda: database.started == 1)
        gone, stays = await waiting(inbox, rows("b"), rows("c"))
        before[0].cancel()
        gone.cancel()
        await asyncio.sleep(0)
        database.gate.set()
        await stays

    assert database.groups == [["a"], ["c"]]


async def test_a_broken_connection_fails_its_flush_and_is_replaced() -> None:
    database = Database()
    database.broken = True
    async with GroupCommit(database.connect, Limits(flushers=1)) as inbox:
        with pytest.raises(DatabaseUnavailable):
            await inbox.put(rows("a"))
        database.broken = False
        await put_again_until_kept(inbox, rows("b"))

    assert database.groups == [["b"]]


async def test_without_a_database_requests_are_refused_at_once_until_it_is_back() -> None:
    database = Database()
    database.reachable = False
    async with GroupCommit(database.connect, Limits(timeout=0.1)) as inbox:
        assert inbox.fault() == "database_unavailable"
        with pytest.raises(DatabaseUnavailable):
            await inbox.put(rows("a"))
        database.reachable = True
        await put_again_until_kept(inbox, rows("b"))

    assert database.groups == [["b"]]


async def test_stopping_finishes_what_waits_and_takes_no_more() -> None:
    database = Database()
    database.gate.clear()
    inbox = GroupCommit(database.connect, Limits(flushers=1))
    await inbox.__aenter__()
    puts = await waiting(inbox, rows("a"), rows("b"))
    stopping = asyncio.create_task(inbox.__aexit__(None, None, None))
    await asyncio.sleep(0)
    with pytest.raises(IntakeOverloaded):
        await inbox.put(rows("c"))
    database.gate.set()
    await stopping
    await asyncio.gather(*puts)

    assert sorted(name for group in database.groups for name in group) == ["a", "b"]
    assert inbox.fault() == "stopping"


async def test_a_fault_of_our_own_does_not_end_a_flusher() -> None:
    database = Database()

    class Once(Database):
        async def write(self, events: Sequence[NewEvent]) -> set[Key]:
            if not self.started:
                self.started += 1
                raise RuntimeError("a fault of our own")
            return await super().write(events)

    database = Once()
    async with GroupCommit(database.connect, Limits(flushers=1)) as inbox:
        with pytest.raises(IntakeOverloaded):
            await inbox.put(rows("a"))
        await put_again_until_kept(inbox, rows("b"))

    assert database.groups == [["b"]]
