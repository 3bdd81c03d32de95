"""The queue: in order per lane, one worker at a time, fair to tenants, and fenced."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, LiteralString

import pytest

from acuse.data.pool import Conn, Pool, open_pool, transaction
from acuse.errors import LeaseLost
from acuse.events import held
from acuse.events.claimed import Claimed
from acuse.events.queries import CLAIM, IN_ORDER, LONGEST_DUE, NEXT_LANES, TENANTS_DUE
from acuse.events.queue import Patience, Queue, Whose
from support.databases import Database
from support.events import OTHER, REGION, TENANT, NewEvent, add_events, query, states

EXPLAIN: Final = "EXPLAIN (ANALYZE, FORMAT JSON) "


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=8, name="test") as opened:
        yield opened


def queue(pool: Pool, worker: str = "w1", *, lease: float = 60.0) -> Queue:
    return Queue(pool, REGION, worker, lease=lease, patience=Patience(0.0, 0.0, 3, 2))


async def finish(pool: Pool, event: Claimed) -> None:
    async with transaction(pool, tenant_id=event.tenant_id) as conn:
        await held.finish(conn, event)


async def work_all(pool: Pool, worker: str, done: list[Claimed], *, total: int) -> None:
    """Claim and finish until `total` events are done by all workers together."""
    mine = queue(pool, worker)
    luck = random.Random(worker)
    while len(done) < total:
        claimed = await mine.claim(luck.randint(1, 7))
        if not claimed:
            await asyncio.sleep(0.005)
        for event in claimed:
            done.append(event)
            await finish(pool, event)


async def test_many_workers_keep_each_senders_order_and_do_each_event_once(
    database: Database, pool: Pool
) -> None:
    events = [
        NewEvent(
            f"{lane}-{n:02}", lane=f"sender:{lane}", at=n, tenant=TENANT if lane % 2 else OTHER
        )
        for lane in range(12)
        for n in range(10)
    ]
    random.Random(7).shuffle(events)
    for start in range(0, len(events), 30):
        add_events(database.owner_url, events[start : start + 30])

    done: list[Claimed] = []
    async with asyncio.timeout(120):
        await asyncio.gather(*(work_all(pool, f"w{n}", done, total=120) for n in range(6)))

    per_lane: dict[str, list[str]] = defaultdict(list)
    for event in done:
        per_lane[event.lane].append(event.event_id)
    assert all(ids == sorted(ids) for ids in per_lane.values())
    assert max(Counter(e.event_id for e in done).values()) == 1
    assert set(states(database.owner_url).values()) == {"processed"}
    assert query(database.owner_url, "SELECT max(attempt) FROM acuse.webhook_events") == [(1,)]


async def test_a_lane_waits_for_its_first_event_even_in_backoff(
    database: Database, pool: Pool
) -> None:
    add_events(database.owner_url, [NewEvent("a", at=1), NewEvent("b", at=2)])
    patient = Queue(pool, REGION, "w1", patience=Patience(base=600.0))
    [first] = await patient.claim(10)
    assert await patient.claim(10) == []
    async with transaction(pool) as conn:
        await held.fail(conn, first, "graph_unavailable", patience=patient.patience)
        await conn.execute(
            "UPDATE acuse.webhook_events SET run_at = now() + interval '1 hour'"
            " WHERE event_id = 'a'"
        )

    assert await patient.claim(10) == []


async def test_an_earlier_event_that_comes_late_goes_first(database: Database, pool: Pool) -> None:
    add_events(database.owner_url, [NewEvent("late", at=5)])
    add_events(database.owner_url, [NewEvent("early", at=1)])

    [event] = await queue(pool).claim(10)

    assert event.event_id == "early"


async def test_a_small_tenant_is_served_beside_a_flooding_one(
    database: Database, pool: Pool
) -> None:
    flood = [NewEvent(f"f{n}", lane=f"sender:{n % 500}", tenant=OTHER) for n in range(2000)]
    add_events(database.owner_url, flood)
    add_events(database.owner_url, [NewEvent(f"s{n}", lane=f"sender:{n}") for n in range(3)])

    claimed = await queue(pool).claim(8)

    assert Counter(e.tenant_id for e in claimed) == {TENANT: 3, OTHER: 5}


async def test_what_a_tenant_has_in_progress_counts_against_its_share(
    database: Database, pool: Pool
) -> None:
    for tenant, letter in ((OTHER, "o"), (TENANT, "t")):
        add_events(
            database.owner_url,
            [NewEvent(f"{letter}{n}", lane=f"sender:{n}", tenant=tenant) for n in range(20)],
        )
        if tenant == OTHER:
            assert len(await queue(pool).claim(6)) == 6

    claimed = await queue(pool).claim(6)

    assert {e.tenant_id for e in claimed} == {TENANT}


async def test_senders_behind_one_with_thousands_of_events_are_found(
    database: Database, pool: Pool
) -> None:
    add_events(database.owner_url, [NewEvent(f"x{n}", lane="sender:x", at=n) for n in range(1000)])
    others = [NewEvent(f"l{n}", lane=f"sender:{n:03}") for n in range(300)]
    add_events(database.owner_url, others)

    mine, seen = queue(pool), set[str]()
    for _ in range(40):
        seen |= {e.lane for e in await mine.claim(10)}

    assert seen == {"sender:x"} | {e.lane for e in others}


async def test_only_the_region_and_tenants_asked_for_are_served(
    database: Database, pool: Pool
) -> None:
    add_events(
        database.owner_url,
        [
            NewEvent("mine"),
            NewEvent("theirs", tenant=OTHER),
            NewEvent("far", region="elsewhere"),
        ],
    )

    claimed = await Queue(pool, REGION, "w1", whose=lambda: Whose(only=frozenset({TENANT}))).claim(
        10
    )

    assert [e.event_id for e in claimed] == ["mine"]


async def expired(database: Database, pool: Pool) -> Claimed:
    """Claim an event for a worker whose lease then runs out."""
    add_events(database.owner_url, [NewEvent("a")])
    [stale] = await queue(pool).claim(1)
    query(
        database.owner_url, "UPDATE acuse.webhook_events SET lease_until = now() - interval '1 s'"
    )
    return stale


async def add_sender_and(
    write: Callable[[Conn, Claimed], Awaitable[None]], pool: Pool, event: Claimed
) -> None:
    """Write as a step does: rows of its own, then the event's next state."""
    async with transaction(pool, tenant_id=TENANT) as conn:
        await conn.execute(
            "INSERT INTO acuse.senders (tenant_id, user_id) VALUES (%s, 'AR.9')", [TENANT]
        )
        await write(conn, event)


async def test_a_lease_that_ran_out_is_taken_over_and_the_stale_worker_changes_nothing(
    database: Database, pool: Pool
) -> None:
    stale = await expired(database, pool)
    assert await queue(pool, "w2").reap() == ["failed"]
    [again] = await queue(pool, "w2").claim(1)

    assert await queue(pool).renew([stale]) == set()
    for write in (held.finish, held.hand_back):
        with pytest.raises(LeaseLost):
            await add_sender_and(write, pool, stale)

    assert query(database.owner_url, "SELECT count(*) FROM acuse.senders") == [(0,)]
    assert (again.attempt, again.retries, again.reason) == (2, 1, "lease_expired")
    await finish(pool, again)
    assert states(database.owner_url) == {"a": "processed"}


async def test_a_renewed_lease_is_not_reaped(database: Database, pool: Pool) -> None:
    event = await expired(database, pool)

    assert await queue(pool).renew([event]) == {event.claim}

    assert await queue(pool).reap() == []


async def test_an_event_that_ends_its_worker_each_time_dies(database: Database, pool: Pool) -> None:
    await expired(database, pool)
    assert await queue(pool).reap() == ["failed"]
    await queue(pool).claim(1)
    query(
        database.owner_url, "UPDATE acuse.webhook_events SET lease_until = now() - interval '1 s'"
    )

    assert await queue(pool).reap() == ["dead"]


async def test_tries_are_counted_per_step_and_the_last_one_ends_it(
    database: Database, pool: Pool
) -> None:
    add_events(database.owner_url, [NewEvent("a")])
    mine = queue(pool)
    for expected in (0, 1):
        [event] = await mine.claim(1)
        assert event.retries == expected
        async with transaction(pool) as conn:
            assert not await held.fail(conn, event, "graph_unavailable", patience=mine.patience)
    [event] = await mine.claim(1)
    async with transaction(pool) as conn:
        event = await held.advance(conn, event, "read")
        assert not await held.fail(conn, event, "engine_missing", patience=mine.patience)
    for dies in (False, True):
        [event] = await mine.claim(1)
        assert event.step == "read"
        async with transaction(pool) as conn:
            assert dies is await held.fail(conn, event, "engine_missing", patience=mine.patience)

    assert query(database.owner_url, "SELECT status, reason FROM acuse.webhook_events") == [
        ("dead", "engine_missing")
    ]


async def test_the_wait_before_a_try_grows_to_its_cap_and_honours_the_servers_wish(
    database: Database, pool: Pool
) -> None:
    add_events(database.owner_url, [NewEvent("a")])
    patience = Patience(base=10.0, cap=30.0, max_tries=99)
    waits: list[float] = []
    for retries in (0, 1, 2, 9):
        query(
            database.owner_url,
            "UPDATE acuse.webhook_events SET retries = %s, run_at = now()",
            retries,
        )
        [event] = await queue(pool).claim(1)
        async with transaction(pool) as conn:
            await held.fail(conn, event, "x", patience=patience, retry_after=15.0)
            cursor = await conn.execute(
                "SELECT extract(epoch FROM run_at - now())::float8 FROM acuse.webhook_events"
            )
            waits += [float(row[0]) for row in await cursor.fetchall()]

    assert all(
        low <= wait < high + 1
        for wait, (low, high) in zip(waits, [(10, 20), (15, 35), (15, 45), (15, 45)], strict=True)
    ), waits


async def test_what_is_handed_back_can_be_taken_at_once_without_a_penalty(
    database: Database, pool: Pool
) -> None:
    add_events(database.owner_url, [NewEvent("a")])
    [event] = await queue(pool).claim(1)
    async with transaction(pool) as conn:
        await held.hand_back(conn, event)

    [again] = await queue(pool, "w2").claim(1)

    assert (again.retries, again.attempt) == (0, 2)


async def test_the_backlog_counts_open_events_by_status(database: Database, pool: Pool) -> None:
    add_events(database.owner_url, [NewEvent("a"), NewEvent("b", at=1), NewEvent("c", lane="z")])
    await queue(pool).claim(1)

    found = {b.status: b.events for b in await queue(pool).backlog()}

    assert found == {"received": 2, "processing": 1}


MANY = """
    INSERT INTO acuse.webhook_events (region, tenant_id, event_id, provider, kind, field, lane,
        delivery_id, ordinal, occurred_at, payload, run_at)
    SELECT %s, %s, %s || n, 'x', 'message.text', 'messages', 'sender:' || n %% %s,
           gen_random_uuid(), 0, now() + n * interval '1 s', '{}', now() - interval '1 hour'
      FROM generate_series(1, %s) n
"""


@pytest.mark.parametrize("last_analysed", ["never", "before the burst", "after it"])
async def test_what_a_claim_reads_does_not_grow_with_what_waits(
    database: Database, pool: Pool, last_analysed: str
) -> None:
    """Whatever PostgreSQL knows of the table: autovacuum looks at it when it likes."""
    query(database.owner_url, MANY, REGION, OTHER, "flood", 1, 10_000)
    if last_analysed == "before the burst":
        query(database.owner_url, "ANALYZE acuse.webhook_events")
    query(database.owner_url, MANY, REGION, TENANT, "many", 3_000, 30_000)
    if last_analysed == "after it":
        query(database.owner_url, "ANALYZE acuse.webhook_events")
    values: dict[str, Any] = {"region": REGION, "look": 128, "limit": 32, "lease": 1.0}
    read: dict[str, int] = {}

    async def explain(name: str, statement: LiteralString, **more: Any) -> list[Any]:
        async with transaction(pool) as conn:
            await conn.execute(IN_ORDER)
            rows = await (await conn.execute(statement, values | more)).fetchall()
            plan = await conn.execute(EXPLAIN + statement, values | more)
            [[found]] = await plan.fetchall()
            read[name] = most_rows(found[0]["Plan"])
            return rows

    await explain("tenants", TENANTS_DUE, tenants=None, passed_over=[])
    lanes = await explain("lanes", LONGEST_DUE, tenants=[TENANT, OTHER])
    await explain("walk", NEXT_LANES, tenant=TENANT, after="")
    await explain(
        "claim",
        CLAIM,
        worker="w",
        tenants=[TENANT, OTHER],
        busy=[0, 0],
        lane_tenants=[row[0] for row in lanes],
        lanes=[row[1] for row in lanes],
    )

    assert max(read.values()) <= 2 * 128 * 2, read


def most_rows(plan: dict[str, Any]) -> int:
    """Return the largest number of rows that any node of a plan took in all."""
    own = int(plan["Actual Rows"] * plan["Actual Loops"]) + int(
        plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"]
    )
    return max([own, *(most_rows(part) for part in plan.get("Plans", []))])
