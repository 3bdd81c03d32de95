"""The outbox's rows on a real PostgreSQL: put in once, taken in order, fenced, never sent again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.errors import DatabaseUnavailable
from acuse.replies import content
from acuse.replies.claiming import Claim, Claimed, claim
from acuse.replies.outbox import (
    Reply,
    enqueue,
    expire,
    mark_failed,
    mark_sent,
    mark_unknown,
    release,
)
from acuse.tenants.tenant import tenant_id
from support.databases import Database
from support.graph_numbers import OTHER_ID
from support.replies import ACME, NUMBER, add_sender, execute, outbox, put_in

OTHER = dataclasses.replace(
    ACME,
    key="shop.other",
    id=tenant_id("shop.other"),
    numbers=(dataclasses.replace(NUMBER, phone_number_id=OTHER_ID),),
)
ALL = Claim(worker="w1", tenants=[ACME.id, OTHER.id], paused=[], limit=10, lease=60)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=8, name="test") as pool:
        yield pool


async def take(pool: Pool, wanted: Claim = ALL) -> list[tuple[Claimed, ...]]:
    async with transaction(pool) as conn:
        return await claim(conn, wanted)


def ids(groups: list[tuple[Claimed, ...]]) -> list[list[UUID]]:
    return [[row.id for row in group] for group in groups]


async def test_a_reply_is_put_in_once_per_cause_and_purpose(pool: Pool, database: Database) -> None:
    sender = add_sender(database.owner_url)
    reply = Reply(
        ACME.id, sender, NUMBER.phone_number_id, "wamid.1", "result", content.text("hola")
    )

    async def put(one: Reply) -> UUID | None:
        async with transaction(pool, tenant_id=ACME.id) as conn:
            return await enqueue(conn, one)

    results = await asyncio.gather(*(put(reply) for _ in range(6)))
    other = await put(dataclasses.replace(reply, purpose="help"))

    assert sum(found is not None for found in results) == 1
    assert other is not None
    assert len(outbox(database.owner_url)) == 2


async def test_a_reply_is_not_there_when_its_transaction_fails(
    pool: Pool, database: Database
) -> None:
    sender = add_sender(database.owner_url)
    reply = Reply(
        ACME.id, sender, NUMBER.phone_number_id, "wamid.1", "result", content.text("hola")
    )

    async def put_and_fail() -> None:
        async with transaction(pool, tenant_id=ACME.id) as conn:
            await enqueue(conn, reply)
            raise KeyError

    with pytest.raises(KeyError):
        await put_and_fail()

    assert outbox(database.owner_url) == []


async def test_what_is_claimed_says_sending_and_how_to_reach_the_sender(
    pool: Pool, database: Database
) -> None:
    sender = add_sender(database.owner_url, phone="549115")
    (reply,) = await put_in(pool, sender, "hola\0 ñ")

    ((row,),) = await take(pool)

    assert (row.id, row.wa_id, row.window_open, row.attempt) == (reply, "549115", True, 1)
    assert row.decoded() == {"text": {"body": "hola\0 ñ", "preview_url": False}}
    (kept,) = outbox(database.owner_url)
    assert (kept["status"], kept["leased_by"], kept["attempt"]) == ("sending", "w1", 1)


async def test_nothing_of_a_sender_is_claimed_while_something_is_on_its_way(
    pool: Pool, database: Database
) -> None:
    sender = add_sender(database.owner_url)
    first = await put_in(pool, sender, content.template("a", locale="es-AR"), "texto")

    assert ids(await take(pool)) == [[first[0]]]
    assert await take(pool) == []


async def test_a_reply_that_waits_holds_back_the_senders_later_ones(
    pool: Pool, database: Database
) -> None:
    sender, other = add_sender(database.owner_url), add_sender(database.owner_url)
    await put_in(pool, sender, "uno", cause="a")
    (group,) = await take(pool)
    async with transaction(pool) as conn:
        await release(conn, group, delay=3600, reason="graph_131056", spent=1)
    await put_in(pool, sender, "dos", cause="b")
    theirs = await put_in(pool, other, "tres", cause="c")

    assert ids(await take(pool)) == [theirs]


async def test_texts_that_wait_for_one_sender_are_claimed_together(
    pool: Pool, database: Database
) -> None:
    sender = add_sender(database.owner_url)
    replies = await put_in(pool, sender, *(f"comprobante {n}" for n in range(20)))

    assert ids(await take(pool)) == [replies[:12]]


async def test_a_busy_tenant_leaves_places_to_another(pool: Pool, database: Database) -> None:
    for n in range(6):
        await put_in(pool, add_sender(database.owner_url), "hola", cause=f"busy{n}")
    theirs = await put_in(pool, add_sender(database.owner_url, tenant=OTHER), "hola", tenant=OTHER)

    taken = await take(pool, dataclasses.replace(ALL, limit=2))

    assert len(taken) == 2
    assert theirs in ids(taken)


async def test_a_paused_number_and_an_unknown_tenant_are_left_alone(
    pool: Pool, database: Database
) -> None:
    await put_in(pool, add_sender(database.owner_url), "hola")
    theirs = await put_in(pool, add_sender(database.owner_url, tenant=OTHER), "hola", tenant=OTHER)

    paused = dataclasses.replace(ALL, paused=[NUMBER.phone_number_id])
    only_acme = dataclasses.replace(ALL, tenants=[ACME.id], paused=[NUMBER.phone_number_id])

    assert await take(pool, only_acme) == []
    assert ids(await take(pool, paused)) == [theirs]


async def test_a_reply_is_claimed_once_by_many_workers(pool: Pool, database: Database) -> None:
    senders = [add_sender(database.owner_url) for _ in range(12)]
    for n, sender in enumerate(senders):
        await put_in(pool, sender, "uno", "dos", cause=f"c{n}")

    async def work(name: str) -> list[list[UUID]]:
        taken: list[list[UUID]] = []
        while found := await take(pool, dataclasses.replace(ALL, worker=name, limit=2)):
            taken += ids(found)
        return taken

    taken = [group for part in await asyncio.gather(*map(work, "abcdef")) for group in part]

    assert len(taken) == 12
    assert len({row for group in taken for row in group}) == 24


async def test_the_window_is_open_for_a_day_after_the_senders_last_message(
    pool: Pool, database: Database
) -> None:
    day = 24 * 3600
    for n, silent_for in enumerate((day - 60, day + 60)):
        sender = add_sender(database.owner_url, silent_for=silent_for)
        await put_in(pool, sender, "hola", cause=f"c{n}")

    groups = sorted(await take(pool), key=lambda g: g[0].window_open)

    assert [group[0].window_open for group in groups] == [False, True]


async def test_a_lease_that_ran_out_leaves_an_unknown_that_nobody_sends_again(
    pool: Pool, database: Database
) -> None:
    sender = add_sender(database.owner_url)
    (reply,) = await put_in(pool, sender, "hola")
    await take(pool, dataclasses.replace(ALL, lease=0))

    async with transaction(pool) as conn:
        assert await expire(conn) == [(reply, ACME.id)]

    (row,) = outbox(database.owner_url)
    assert (row["status"], row["reason"]) == ("unknown", "lease_expired")
    assert await take(pool) == []
    # What the sender is told later still goes out.
    later = await put_in(pool, sender, "otra", cause="later")
    assert ids(await take(pool)) == [later]


async def test_an_answer_that_came_after_the_lease_is_still_believed(
    pool: Pool, database: Database
) -> None:
    await put_in(pool, add_sender(database.owner_url), "hola")
    (group,) = await take(pool, dataclasses.replace(ALL, lease=0))
    async with transaction(pool) as conn:
        await expire(conn)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        assert await mark_sent(conn, group, wamid="wamid.out") == 1

    (row,) = outbox(database.owner_url)
    assert (row["status"], row["wamid"], row["reason"]) == ("sent", "wamid.out", None)


async def test_who_lost_a_claim_can_write_nothing(pool: Pool, database: Database) -> None:
    await put_in(pool, add_sender(database.owner_url), "hola")
    (old,) = await take(pool)
    async with transaction(pool) as conn:
        await release(conn, old, delay=0, reason="", spent=0)
    (new,) = await take(pool)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        written = [
            await mark_sent(conn, old, wamid="wamid.old"),
            await mark_failed(conn, old, reason="graph_100"),
            await mark_unknown(conn, old, reason="send_ambiguous"),
            await release(conn, old, delay=0, reason="", spent=1),
            await mark_sent(conn, new, wamid="wamid.new"),
        ]

    assert written == [0, 0, 0, 0, 1]
    assert outbox(database.owner_url)[0]["wamid"] == "wamid.new"


@pytest.mark.parametrize("ended", ["failed", "unknown", "sent"])
async def test_what_has_ended_is_not_claimed_again(
    pool: Pool, database: Database, ended: str
) -> None:
    await put_in(pool, add_sender(database.owner_url), "hola")
    (group,) = await take(pool)
    async with transaction(pool, tenant_id=ACME.id) as conn:
        if ended == "sent":
            await mark_sent(conn, group, wamid="wamid.out")
        elif ended == "failed":
            await mark_failed(conn, group, reason="graph_131026")
        else:
            await mark_unknown(conn, group, reason="send_ambiguous")
        assert await release(conn, group, delay=0, reason="", spent=0) == 0

    assert await take(pool) == []
    assert outbox(database.owner_url)[0]["status"] == ended


async def test_a_tenant_cannot_put_a_reply_in_for_another(pool: Pool, database: Database) -> None:
    sender = add_sender(database.owner_url, tenant=OTHER)
    reply = Reply(ACME.id, sender, NUMBER.phone_number_id, "c", "result", content.text("hola"))

    for tenant in (ACME, OTHER):
        with pytest.raises(Exception, match=r"row-level security|outbox_tenant_id_sender_id_fkey"):
            async with transaction(pool, tenant_id=tenant.id) as conn:
                await enqueue(conn, reply)

    assert outbox(database.owner_url) == []


async def test_a_database_that_went_away_is_unavailable(pool: Pool, database: Database) -> None:
    async def cut_off() -> None:
        async with transaction(pool) as conn:
            execute(
                database.owner_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'test'",
            )
            await claim(conn, ALL)

    with pytest.raises(DatabaseUnavailable):
        await cut_off()
