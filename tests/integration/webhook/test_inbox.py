"""The inbox on a real PostgreSQL: many events in one statement, and a bad one harms no other."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest
from msgspec import structs

from acuse.data.pool import Pool, open_pool
from acuse.errors import DatabaseUnavailable
from acuse.events.inbox import NewEvent, inbox_writer
from support.databases import Database
from support.new_events import TENANT, new_event


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_intake", size=2, name="t") as opened:
        yield opened


def stored(database: Database, column: str) -> list[object]:
    with psycopg.connect(database.owner_url) as conn:
        query = f"SELECT {column} FROM acuse.webhook_events ORDER BY event_id"
        return [value for (value,) in conn.execute(query.encode()).fetchall()]


async def test_only_what_is_new_is_told(pool: Pool, database: Database) -> None:
    async with inbox_writer(pool, region="sa") as write:
        first = await write([new_event("a"), new_event("b")])
        second = await write([new_event("b"), new_event("c"), new_event("c")])

    assert first == {(TENANT, "a"), (TENANT, "b")}
    assert second == {(TENANT, "c")}
    assert stored(database, "event_id") == ["a", "b", "c"]


async def test_the_same_id_of_another_tenant_is_another_event(pool: Pool) -> None:
    other = uuid.uuid4()
    async with inbox_writer(pool, region="sa") as write:
        kept = await write([new_event("a"), new_event("a", tenant_id=other)])

    assert kept == {(TENANT, "a"), (other, "a")}


def with_id(event_id: str) -> NewEvent:
    event = new_event("x")
    return structs.replace(event, update=structs.replace(event.update, event_id=event_id))


@pytest.mark.parametrize(
    "bad",
    [new_event("bad", payload=b"{not json"), with_id("nul\0"), with_id("x" * 600)],
    ids=["payload", "nul", "long id"],
)
async def test_what_cannot_be_stored_is_kept_as_bytes_and_its_neighbours_as_they_are(
    pool: Pool, database: Database, bad: NewEvent
) -> None:
    async with inbox_writer(pool, region="sa") as write:
        kept = await write([new_event("a"), bad, new_event("b"), new_event("c")])

    assert kept == {(TENANT, "a"), bad.key, (TENANT, "b"), (TENANT, "c")}
    assert sorted(map(str, stored(database, "reason"))) == ["None", "None", "None", "unstorable"]
    assert stored(database, "event_id")[:3] == ["a", "b", "c"]


async def test_writers_with_the_same_events_in_another_order_never_lock_each_other_out(
    pool: Pool, database: Database
) -> None:
    events = [new_event(f"{n:03}") for n in range(300)]
    async with (
        inbox_writer(pool, region="sa") as one,
        inbox_writer(pool, region="sa") as other,
    ):
        kept = await asyncio.gather(one(events), other(events[::-1]))

    assert sorted(map(len, kept)) == [0, 300]
    assert len(stored(database, "event_id")) == 300


async def test_a_server_that_fails_is_told_as_unavailable(pool: Pool, database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        conn.execute("DROP TABLE acuse.webhook_events")

    async with inbox_writer(pool, region="sa") as write:
        with pytest.raises(DatabaseUnavailable):
            await write([new_event("a")])
