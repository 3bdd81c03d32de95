"""A tenant whose work has to wait takes no turn from one whose work can be done."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from acuse.data.pool import Pool, open_pool
from acuse.events.queue import Queue
from acuse.tenants.tenant import tenant_id
from support.databases import Database
from support.events import REGION, TENANT, NewEvent, add_events, query

WAITING = [tenant_id(f"waiting.{n}") for n in range(24)]
# The first event of each of their lanes waits for its next try, and so holds back the second.
HOLD_BACK = """
    UPDATE acuse.webhook_events SET status = 'failed', run_at = now() + interval '1 hour'
     WHERE event_id LIKE 'first-%%'
"""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=2, name="test") as opened:
        yield opened


async def test_many_tenants_that_wait_do_not_keep_a_working_one_from_its_turn(
    database: Database, pool: Pool
) -> None:
    held_back = [
        NewEvent(f"{name}-{n}", tenant=tenant, at=place)
        for n, tenant in enumerate(WAITING)
        for place, name in enumerate(("first", "second"))
    ]
    add_events(database.owner_url, [NewEvent("running", lane="sender:A")])
    queue = Queue(pool, REGION, "w1")
    [running] = await queue.claim(1)
    add_events(database.owner_url, [*held_back, NewEvent("ready", lane="sender:B")])
    query(database.owner_url, HOLD_BACK)

    claimed = [event for _ in range(4) for event in await queue.claim(16)]

    assert running.tenant_id == TENANT
    assert [event.event_id for event in claimed] == ["ready"]
