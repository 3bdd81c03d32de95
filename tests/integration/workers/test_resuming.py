"""A worker that dies anywhere loses nothing and does nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from acuse.data.pool import transaction
from acuse.events.claimed import Claimed
from acuse_workers.pipeline import STEPS
from acuse_workers.steps.job import Job
from support.databases import Database
from support.workers import Bench, bench, edit, image, revoke, several, text

EXPIRE = "UPDATE acuse.webhook_events SET lease_until = now() - interval '1 s'"
NEW_PHOTO = {"type": "image", "image": {"id": "m2", "mime_type": "image/jpeg"}}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


async def step_by_step(at: Bench, event: Claimed, *, steps: int) -> Claimed:
    """Take an event this many steps on and leave it there, as a worker that dies does."""
    for name in ("accept", "fetch", "read", "match")[:steps]:
        following = await STEPS[name](Job(event, at.pipeline.around))
        assert isinstance(following, Claimed)
        event = following
    return event


async def take_over(at: Bench) -> list[str]:
    """Let the leases run out, and another worker do the rest."""
    at.rows(EXPIRE + " WHERE status = 'processing'")
    assert await at.queue.reap() == ["failed"]
    return await at.work()


def done_once(at: Bench) -> None:
    """Check that all that a photo leads to is there exactly once."""
    counts = at.rows(
        "SELECT (SELECT count(*) FROM acuse.senders), (SELECT count(*) FROM acuse.messages),"
        " (SELECT count(*) FROM acuse.media), (SELECT count(*) FROM acuse.receipts),"
        " (SELECT count(*) FROM acuse.receipt_items), (SELECT count(*) FROM acuse.matches),"
        " (SELECT count(*) FROM acuse.outbox)"
    )
    assert counts == [(1, 1, 1, 1, 1, 1, 1)]
    assert at.rows("SELECT status FROM acuse.webhook_events") == [("processed",)]


@pytest.mark.parametrize("steps", range(4))
async def test_a_worker_that_dies_between_two_steps_is_resumed_there(at: Bench, steps: int) -> None:
    at.add_transaction()
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)
    await step_by_step(at, event, steps=steps)
    before = at.outside.asked.copy()

    assert await take_over(at) == ["processed"]

    done_once(at)
    done = {"fetch": steps >= 2, "read": steps >= 3}
    assert {act: at.outside.asked[act] - before[act] for act in done} == {
        act: 0 if was else 1 for act, was in done.items()
    }


async def test_what_is_not_seen_any_more_in_a_photo_that_is_read_again_is_no_receipt(
    at: Bench,
) -> None:
    at.outside.readings["m1"] = several("1234.50", "88.00")
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)
    await step_by_step(at, event, steps=3)
    # As where the document has to be fetched anew.
    at.rows("UPDATE acuse.webhook_events SET step = 'read'")
    at.outside.readings["m1"] = several("1234.50")

    assert await take_over(at) == ["processed"]

    kept = at.rows("SELECT slip, status, error_code FROM acuse.receipts ORDER BY slip")
    assert kept == [(1, "review", None), (2, "revoked", "reread")]
    [(_, _, body)] = at.replies()
    assert "comprobantes" not in body


@pytest.mark.parametrize("act", ["mark_read wamid.1", "fetch", "copy", "read"])
async def test_a_worker_that_dies_within_a_step_takes_that_step_again(at: Bench, act: str) -> None:
    at.add_transaction()
    at.add(image("wamid.1"))
    reached = asyncio.Event()

    async def hang(now: str) -> None:
        if now == act and not reached.is_set():
            reached.set()
            await asyncio.Event().wait()

    at.outside.before = hang
    [event] = await at.queue.claim(1)
    dying = asyncio.create_task(at.pipeline.work(event))
    await reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    assert await take_over(at) == ["processed"]

    done_once(at)
    assert at.outside.asked["mark_read wamid.1"] == 1


@pytest.mark.parametrize("steps", range(4))
async def test_a_worker_that_only_seemed_dead_changes_nothing_when_it_wakes(
    at: Bench, steps: int
) -> None:
    at.add_transaction()
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)
    sleeping = await step_by_step(at, event, steps=steps)
    assert await take_over(at) == ["processed"]
    before = at.rows("SELECT xmin::text FROM acuse.webhook_events")

    assert await at.pipeline.work(sleeping) == "lost"

    done_once(at)
    assert at.rows("SELECT xmin::text FROM acuse.webhook_events") == before


async def test_a_step_that_loses_its_lease_at_the_end_leaves_no_trace(at: Bench) -> None:
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)

    async def be_overtaken(act: str) -> None:
        if act == "fetch":
            async with transaction(at.pool) as conn:
                await conn.execute("UPDATE acuse.webhook_events SET attempt = attempt + 1")

    at.outside.before = be_overtaken

    assert await at.pipeline.work(event) == "lost"

    assert at.rows("SELECT state FROM acuse.media") == [("wanted",)]
    assert at.rows("SELECT step, status FROM acuse.webhook_events") == [("fetch", "processing")]


async def test_an_edit_cut_short_is_resumed_with_its_new_photo(at: Bench) -> None:
    at.add(image("wamid.1"), edit("wamid.2", "wamid.1", NEW_PHOTO, at=1))
    [photo] = await at.queue.claim(1)
    await at.pipeline.work(photo)
    [event] = await at.queue.claim(1)
    await STEPS["edit"](Job(event, at.pipeline.around))

    assert await take_over(at) == ["processed"]

    assert at.rows("SELECT status FROM acuse.receipts ORDER BY created_at") == [
        ("revoked",),
        ("review",),
    ]


async def test_the_same_events_worked_on_by_many_give_each_answer_once(at: Bench) -> None:
    at.add(
        *(text(f"wamid.t{n}", person={"user_id": f"AR.{n % 5}"}, at=n) for n in range(25)),
        *(image(f"wamid.i{n}", f"m{n}", person={"user_id": f"AR.{n}"}) for n in range(5)),
        revoke("wamid.r", "wamid.t0", person={"user_id": "AR.0"}, at=99),
    )

    async with asyncio.timeout(120):
        parts = await asyncio.gather(*(at.work() for _ in range(4)))
        outcomes = [outcome for part in parts for outcome in part]
        outcomes += await at.work()

    assert outcomes == ["processed"] * 31
    assert len({(cause, purpose) for cause, purpose, _ in at.replies()}) == 30
    assert max(at.outside.asked.values()) <= 5
