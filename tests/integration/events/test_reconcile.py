"""Reconciling: true only when every event has ended in rows that agree."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from click.testing import CliRunner

from acuse.commands.events import events
from acuse.data.pool import open_pool, transaction
from acuse.errors import GraphUnavailable
from acuse.events.reconcile import Report, reconcile
from support.databases import Database
from support.events import NewEvent
from support.workers import Bench, bench, edit, image, message, revoke, status, text

NEW_PHOTO = {"type": "image", "image": {"id": "m2"}}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


async def report(database: Database) -> Report:
    async with (
        open_pool(database.url, "acuse_admin", size=1, name="cli") as pool,
        transaction(pool) as conn,
    ):
        return await reconcile(conn)


async def test_all_kinds_of_events_worked_to_their_end_hold(at: Bench, database: Database) -> None:
    at.add_transaction()
    at.outside.errors["fetch"] = [GraphUnavailable("x"), *[GraphUnavailable("x")] * 0]
    at.add(
        image("wamid.1"),
        text("wamid.2", at=1),
        message("wamid.3", "audio", content={}, at=2),
        message("wamid.4", "reaction", content={}, at=3),
        edit("wamid.5", "wamid.1", NEW_PHOTO, at=4),
        image("wamid.6", at=5),
        revoke("wamid.7", "wamid.6", at=6),
        status("wamid.x", "sent"),
        NewEvent("u", kind="unknown", lane="u"),
    )
    await at.work()

    found = await report(database)

    assert (found.events, found.terminal, found.open, found.inconsistent) == (9, 9, (), ())
    assert found.holds


async def test_an_event_that_has_not_ended_is_named(at: Bench, database: Database) -> None:
    at.outside.errors["fetch"] = [GraphUnavailable("x")]
    at.add(image("wamid.1"))
    [event] = await at.queue.claim(1)
    await at.pipeline.work(event)

    found = await report(database)

    assert (found.events, found.terminal, found.holds) == (1, 0, False)
    [one] = found.open
    assert (one.event_id, one.tenant, one.status, one.step, one.reason, one.retries) == (
        "wamid.1",
        "shop.test",
        "failed",
        "fetch",
        "graph_unavailable",
        1,
    )
    assert one.age >= 0


DAMAGES = {
    "receipt_missing": "DELETE FROM acuse.receipts",
    "receipt_undecided": "UPDATE acuse.receipts SET status = 'read'; UPDATE acuse.matches SET"
    " undone_at = now()",
    "reply_missing": "DELETE FROM acuse.outbox",
    "reply_stuck": "UPDATE acuse.outbox SET run_at = now() - interval '1 hour'",
    "match_missing": "UPDATE acuse.matches SET undone_at = now()",
    "match_stray": "UPDATE acuse.receipts SET status = 'review'; INSERT INTO acuse.reviews"
    " (tenant_id, receipt_id, reason, candidates) SELECT tenant_id, id, 'x', '[]'"
    " FROM acuse.receipts",
    "review_missing": "UPDATE acuse.receipts SET status = 'review'; UPDATE acuse.matches SET"
    " undone_at = now()",
}


@pytest.mark.parametrize("code", DAMAGES)
async def test_rows_that_disagree_are_named(at: Bench, database: Database, code: str) -> None:
    at.add_transaction()
    at.add(image("wamid.1"))
    await at.work()
    assert (await report(database)).holds
    if code == "receipt_missing":
        at.rows("DELETE FROM acuse.matches")
        at.rows("DELETE FROM acuse.receipt_items")
    for statement in DAMAGES[code].split(";"):
        at.rows(statement)

    found = await report(database)

    assert [one.code for one in found.inconsistent] == [code]
    assert {one.tenant for one in found.inconsistent} == {"shop.test"}
    assert not found.holds


def run(database: Database, *words: str) -> tuple[int, Any]:
    """Run `acuse events reconcile --json`."""
    runner = CliRunner(env={"ACUSE_DATABASE_URL": database.url})
    result = runner.invoke(events, ["reconcile", "--json", *words])
    return result.exit_code, json.loads(result.output)


async def test_the_command_waits_for_the_end_and_says_so_by_its_exit_code(
    at: Bench, database: Database
) -> None:
    at.add(text("wamid.1"))
    assert (await asyncio.to_thread(run, database))[0] == 1
    waiting = asyncio.create_task(asyncio.to_thread(run, database, "--wait", "90"))
    await at.work()

    code, found = await waiting

    assert (code, found) == (0, {"events": 1, "terminal": 1, "open": [], "inconsistent": []})


async def test_one_tenant_is_reconciled_without_the_others(at: Bench, database: Database) -> None:
    at.add(text("wamid.1"))

    assert (await asyncio.to_thread(run, database, "--tenant", "other.test")) == (
        0,
        {"events": 0, "terminal": 0, "open": [], "inconsistent": []},
    )
