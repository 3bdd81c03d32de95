"""Meta's statuses and our rows agree at last, whatever came first."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.replies.claiming import Claim, Claimed, claim
from acuse.replies.deliveries import DeliveryStatus, merge_status
from acuse.replies.outbox import expire, mark_sent, mark_unknown, release
from acuse.tenants.tenant import tenant_id
from support.databases import Database
from support.replies import ACME, add_sender, outbox, put_in

WAMID = "wamid.out"


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=8, name="test") as pool:
        yield pool


async def taken(
    pool: Pool, database: Database, *says: str, cause: str = "c"
) -> tuple[Claimed, ...]:
    await put_in(pool, add_sender(database.owner_url), *says, cause=cause)
    async with transaction(pool) as conn:
        (group,) = await claim(
            conn, Claim(worker="w", tenants=[ACME.id], paused=[], limit=1, lease=0)
        )
    return group


async def sent(pool: Pool, group: tuple[Claimed, ...], wamid: str = WAMID) -> None:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        await mark_sent(conn, group, wamid=wamid)


async def status(
    pool: Pool, word: str, *, data: str | None = None, wamid: str = WAMID, key: str = "shop.acme"
) -> int:
    news = DeliveryStatus(
        region="local",
        tenant_id=tenant_id(key),
        message_id=wamid,
        status=word,
        recipient="5491155550101",
        occurred_at=datetime.now(UTC),
        callback_data=data,
        error_code=131047 if word == "failed" else None,
        pricing='{"category":"service"}' if word == "sent" else None,
    )
    async with transaction(pool, tenant_id=tenant_id(key)) as conn:
        return await merge_status(conn, news)


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["sent", "delivered", "read"])), ids="-".join
)
async def test_the_order_of_statuses_does_not_matter(
    pool: Pool, database: Database, order: tuple[str, ...]
) -> None:
    await sent(pool, await taken(pool, database, "hola"))
    for word in order:
        await status(pool, word)

    (row,) = outbox(database.owner_url)
    assert (row["status"], row["delivery"]) == ("sent", "read")


@pytest.mark.parametrize("words", [["failed", "sent"], ["sent", "failed"]], ids="-".join)
async def test_a_failure_ends_it_with_metas_code(
    pool: Pool, database: Database, words: list[str]
) -> None:
    await sent(pool, await taken(pool, database, "hola"))
    for word in words:
        await status(pool, word)

    (row,) = outbox(database.owner_url)
    assert (row["delivery"], row["reason"]) == ("failed", "graph_131047")


@pytest.mark.parametrize(
    ("words", "delivery", "reason"),
    [(["delivered", "sent"], "delivered", None), (["failed"], "failed", "graph_131047")],
)
async def test_a_status_that_overtakes_the_sends_own_commit_is_not_lost(
    pool: Pool, database: Database, words: list[str], delivery: str, reason: str | None
) -> None:
    group = await taken(pool, database, "hola")
    assert [await status(pool, word) for word in words] == [0] * len(words)

    await sent(pool, group)

    (row,) = outbox(database.owner_url)
    assert (row["status"], row["delivery"], row["reason"]) == ("sent", delivery, reason)


async def test_a_status_and_the_sends_commit_at_the_same_moment_both_count(
    pool: Pool, database: Database
) -> None:
    groups = [await taken(pool, database, "hola", cause=f"c{n}") for n in range(40)]

    for n, group in enumerate(groups):
        wamid = f"wamid.{n}"
        await asyncio.gather(sent(pool, group, wamid), status(pool, "delivered", wamid=wamid))

    assert [row["delivery"] for row in outbox(database.owner_url)] == ["delivered"] * 40


async def test_a_status_settles_what_nobody_knew(pool: Pool, database: Database) -> None:
    group = await taken(pool, database, "uno", "dos")
    data = ",".join(str(row.id) for row in group)
    async with transaction(pool) as conn:
        await mark_unknown(conn, group, reason="send_ambiguous")

    assert await status(pool, "sent", data=data) == 2

    rows = outbox(database.owner_url)
    assert [(r["status"], r["wamid"], r["reason"]) for r in rows] == [("sent", WAMID, None)] * 2


async def test_a_status_settles_what_is_still_sending(pool: Pool, database: Database) -> None:
    group = await taken(pool, database, "hola")
    await status(pool, "delivered", data=str(group[0].id))
    async with transaction(pool) as conn:
        assert await expire(conn) == []

    await sent(pool, group)

    (row,) = outbox(database.owner_url)
    assert (row["status"], row["delivery"]) == ("sent", "delivered")


async def test_a_reply_that_was_sent_after_all_is_not_sent_again(
    pool: Pool, database: Database
) -> None:
    group = await taken(pool, database, "hola")
    async with transaction(pool) as conn:
        await release(conn, group, delay=0, reason="graph_131000", spent=1)
    await status(pool, "sent", data=str(group[0].id))

    async with transaction(pool) as conn:
        again = await claim(
            conn, Claim(worker="w", tenants=[ACME.id], paused=[], limit=1, lease=60)
        )

    assert again == []
    assert outbox(database.owner_url)[0]["status"] == "sent"


async def test_a_status_touches_no_other_message_and_no_other_tenant(
    pool: Pool, database: Database
) -> None:
    group = await taken(pool, database, "hola")
    await sent(pool, group)
    data = str(group[0].id)

    assert await status(pool, "read", wamid="wamid.other") == 0
    assert await status(pool, "read", wamid="wamid.other", data=data) == 0
    assert await status(pool, "read", data=data, key="shop.other") == 0
    assert outbox(database.owner_url)[0]["delivery"] is None


@pytest.mark.parametrize("data", ["order-77", "\0", "x" * 600])
async def test_a_status_of_another_programs_message_is_kept(pool: Pool, data: str) -> None:
    assert await status(pool, "sent", data=data) == 0
    assert await status(pool, "warning", data=data) == 0
    assert await status(pool, "sent", data=data) == 0

    async with transaction(pool, tenant_id=ACME.id) as conn:
        rows = await conn.execute("SELECT status FROM acuse.message_statuses ORDER BY status")
        assert await rows.fetchall() == [("sent",), ("warning",)]
