"""What is not a worker's to take stays as it is, and is taken as soon as it may be."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from acuse.data.pool import open_pool
from acuse.events.queue import Queue
from acuse.tenants.tenant import NO_TENANT
from acuse.testing import MemoryDirectory
from acuse_workers.membership import Membership
from support.databases import Database
from support.events import REGION, NewEvent, add_events, query
from support.workers import OTHERS, SHOP

UNTOUCHED = "SELECT event_id FROM acuse.webhook_events WHERE attempt = 0 AND retries = 0"


async def claimed(queue: Queue) -> list[str]:
    return sorted(event.event_id for event in await queue.claim(10))


async def test_a_suspended_tenants_events_wait_untouched_until_it_is_not(
    database: Database,
) -> None:
    directory = MemoryDirectory([replace(SHOP, suspended=True), OTHERS])
    events = [NewEvent("waits", tenant=SHOP.id), NewEvent("goes", tenant=OTHERS.id)]
    add_events(database.owner_url, events)
    async with open_pool(database.url, "acuse_worker", size=2, name="t") as pool:
        queue = Queue(pool, REGION, "w1", whose=Membership(directory).events)
        assert await claimed(queue) == ["goes"]
        assert await claimed(queue) == []
        assert query(database.owner_url, UNTOUCHED) == [("waits",)]

        directory.set([SHOP, OTHERS])

        assert await claimed(queue) == ["waits"]


async def test_the_shared_workers_take_all_but_what_others_are_there_for(
    database: Database,
) -> None:
    directory = MemoryDirectory([SHOP, replace(OTHERS, workers_mode="Dedicated")])
    events = [
        NewEvent("shared", tenant=SHOP.id),
        NewEvent("dedicated", tenant=OTHERS.id),
        NewEvent("unknown", tenant=uuid4()),
        NewEvent("nobodys", tenant=NO_TENANT),
    ]
    add_events(database.owner_url, events)
    async with open_pool(database.url, "acuse_worker", size=2, name="t") as pool:
        shared = Queue(pool, REGION, "w1", whose=Membership(directory, pool="shared").events)
        own = Queue(pool, REGION, "w2", whose=Membership(directory, keys=(OTHERS.key,)).events)

        assert await claimed(shared) == ["nobodys", "shared", "unknown"]
        assert await claimed(shared) == []
        assert query(database.owner_url, UNTOUCHED) == [("dedicated",)]
        assert await claimed(own) == ["dedicated"]
