"""What stands in an event's way for a while: it waits without holding what others need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest

from acuse.errors import GraphRefused, GraphUnavailable, MediaHostRefused, Refused
from acuse.matching.queries import LEDGER_LOCK
from acuse.reading.values import Item
from acuse_workers.pipeline import Pipeline
from support.databases import Database
from support.events import TENANT, NewEvent
from support.workers import PATIENCE, Bench, bench, image, reading, revoke, status, text

ELSEWHERE = {"wa_id": "5491150000001", "name": "Ana"}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


@contextmanager
def importing(at: Bench) -> Generator[None, None, None]:
    """Hold the tenant's ledger, as a long import does."""
    with psycopg.connect(at.url) as conn:
        conn.execute(LEDGER_LOCK, {"tenant_id": TENANT})
        yield


async def test_a_long_import_keeps_no_connection_waiting_for_the_ledger(at: Bench) -> None:
    at.add_transaction()
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)
    with importing(at):
        async with asyncio.timeout(30):
            assert await at.pipeline.work(event) == "failed"

    assert await at.work() == ["processed"]
    assert len(at.replies()) == 1


async def test_a_photo_revoked_from_another_lane_while_it_is_read_leaves_no_receipt(
    at: Bench,
) -> None:
    at.add(image("wamid.1"))
    [photo] = await at.queue.claim(1)
    at.add(revoke("wamid.2", "wamid.1", at=1, person=ELSEWHERE))

    async def taken_back(act: str) -> None:
        if act == "read":
            [news] = await at.queue.claim(1)
            assert await at.pipeline.work(news) == "processed"

    at.outside.before = taken_back

    assert await at.pipeline.work(photo) == "ignored"
    assert at.rows("SELECT status FROM acuse.receipts WHERE status <> 'revoked'") == []
    assert at.replies() == []


@pytest.mark.parametrize("late", [text("wamid.1"), image("wamid.1")], ids=["text", "photo"])
async def test_a_message_that_comes_long_after_its_revocation_is_not_worked_on(
    at: Bench, late: NewEvent
) -> None:
    patient = Pipeline(at.pipeline.around, replace(PATIENCE, max_tries=99))
    at.add(revoke("wamid.2", "wamid.1", at=1))
    await replace(at, pipeline=patient).work()
    at.add(late)

    assert await at.work() == ["ignored"]
    assert at.rows("SELECT reason FROM acuse.webhook_events WHERE event_id = 'wamid.1'") == [
        ("message_revoked",)
    ]
    assert at.replies() == []
    assert at.outside.asked["fetch"] == 0
    assert at.rows("SELECT body FROM acuse.messages") == [(None,)]


@pytest.mark.parametrize("error", [MediaHostRefused("elsewhere"), GraphRefused("wrong version")])
async def test_a_media_that_our_settings_keep_us_from_is_a_dead_letter_not_the_senders_fault(
    at: Bench, error: Refused
) -> None:
    at.outside.errors["fetch"] = [error]
    at.add(image("wamid.1"))

    assert await at.work() == ["dead"]
    assert at.rows("SELECT reason FROM acuse.webhook_events") == [(error.code,)]
    assert at.replies() == []


async def test_a_suspended_token_spends_no_try_of_the_events_that_need_it(at: Bench) -> None:
    suspended = GraphUnavailable("suspended", retry_after=900.0, graph_code=190, pauses=True)
    at.outside.errors["fetch"] = [suspended] * 9
    at.add(image("wamid.1"))

    assert await at.work() == [*["failed"] * 9, "processed"]


async def test_a_suspended_token_is_not_waited_for_longer_than_meta_keeps_media(at: Bench) -> None:
    suspended = GraphUnavailable("suspended", retry_after=900.0, graph_code=190, pauses=True)
    at.outside.errors["fetch"] = [suspended] * 9
    at.add(image("wamid.1"))
    at.rows("UPDATE acuse.webhook_events SET created_at = now() - interval '8 days'")

    assert await at.work() == [*["failed"] * 4, "dead"]


async def test_a_figure_too_long_for_its_column_is_left_out_and_the_receipt_kept(at: Bench) -> None:
    card = Decimal(4517651234567890)
    at.outside.readings["m1"] = replace(
        reading(), items=(Item("Tarjeta", card, None, Decimal(100)),)
    )
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]
    assert at.rows("SELECT description, quantity FROM acuse.receipt_items") == [("Tarjeta", None)]


async def test_an_error_code_beyond_its_column_costs_its_status_nothing(at: Bench) -> None:
    failed = status("wamid.r", "failed")
    said = dict(failed.payload["status"]) | {"errors": [{"code": 2**40}]}
    at.add(replace(failed, payload=dict(failed.payload) | {"status": said}))

    assert await at.work() == ["processed"]
    assert at.rows("SELECT status, error_code FROM acuse.message_statuses") == [("failed", None)]
