"""Senders: one row per person, whatever Meta tells of them, in whatever order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from acuse.tenants.tenant import tenant_id
from support.databases import Database
from support.events import NewEvent
from support.workers import Bench, bench, message, text

PHONE = {"wa_id": "5491150000001"}
ID = {"user_id": "AR.1"}
BOTH = PHONE | ID


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


def people(at: Bench) -> list[tuple[Any, ...]]:
    return at.rows("SELECT user_id, wa_id FROM acuse.senders ORDER BY user_id, wa_id")


async def write(at: Bench, *people: dict[str, str]) -> None:
    """Let these people write, one after the other."""
    for n, person in enumerate(people):
        at.add(text(f"wamid.{n}", person=person, at=n))
        assert await at.work() == ["processed"]


@pytest.mark.parametrize(
    "order",
    [[BOTH, BOTH], [PHONE, BOTH], [PHONE, BOTH, PHONE, ID], [ID, BOTH, PHONE], [ID, PHONE, BOTH]],
    ids=["both", "phone first", "phone first, then apart", "id first", "apart first"],
)
async def test_a_person_is_one_row(at: Bench, order: list[dict[str, str]]) -> None:
    await write(at, *order)

    assert people(at) == [("AR.1", "5491150000001")]
    assert at.rows("SELECT count(DISTINCT sender_id), count(*) FROM acuse.messages") == [
        (1, len(order))
    ]
    assert at.rows("SELECT count(DISTINCT sender_id) FROM acuse.outbox") == [(1,)]


async def test_a_phone_that_another_person_has_now_does_not_make_them_one(at: Bench) -> None:
    await write(at, BOTH, PHONE | {"user_id": "AR.2"})

    assert [user for user, _ in people(at)] == ["AR.1", "AR.2"]


async def test_people_of_two_tenants_never_meet(at: Bench) -> None:
    other = text("wamid.9", person=BOTH)
    at.add(
        text("wamid.1", person=BOTH),
        NewEvent("wamid.9", lane=other.lane, tenant=tenant_id("other.test"), payload=other.payload),
    )
    at.rows("UPDATE acuse.webhook_events SET phone_number_id = '200' WHERE event_id = 'wamid.9'")

    assert await at.work() == ["processed", "processed"]

    assert at.rows("SELECT count(DISTINCT tenant_id), count(*) FROM acuse.senders") == [(2, 2)]


async def test_a_name_is_kept_when_a_later_message_has_none(at: Bench) -> None:
    await write(at, BOTH | {"name": "Ana"}, BOTH)

    assert at.rows("SELECT profile_name FROM acuse.senders") == [("Ana",)]


async def test_the_same_new_person_in_two_lanes_at_once_is_one_row(at: Bench) -> None:
    at.add(*(text(f"wamid.{n}", person=BOTH if n % 2 else PHONE, at=n) for n in range(12)))
    at.rows("UPDATE acuse.webhook_events SET lane = event_id")

    async with asyncio.timeout(60):
        await asyncio.gather(*(at.work() for _ in range(4)))

    assert people(at) == [("AR.1", "5491150000001")]


def changed(kind: str, **said: str) -> NewEvent:
    return message(
        "wamid.s", "system", content={"type": kind, **said}, person={"wa_id": PHONE["wa_id"]}, at=50
    )


@pytest.mark.parametrize(
    ("said", "now"),
    [
        (
            {"wa_id": "5491150000002", "user_id": "AR.2", "previous_user_id": "AR.1"},
            ("AR.2", "5491150000002"),
        ),
        ({"wa_id": "5491150000002"}, (None, "5491150000002")),
        ({"new_wa_id": "5491150000002"}, (None, "5491150000002")),
    ],
    ids=["with ids", "phone only", "as it was before 2023"],
)
async def test_a_person_who_changes_number_stays_the_same_person(
    at: Bench, said: dict[str, str], now: tuple[str | None, str]
) -> None:
    await write(at, BOTH)
    [(before,)] = at.rows("SELECT id FROM acuse.senders")
    at.add(changed("user_changed_number", **said))

    assert await at.work() == ["ignored"]
    at.add(text("wamid.9", person={"user_id": "AR.2", "wa_id": "5491150000002"}, at=60))
    await at.work()

    assert now[1] == "5491150000002"
    assert at.rows("SELECT id, user_id, wa_id FROM acuse.senders") == [
        (before, "AR.2", "5491150000002")
    ]
    assert at.rows("SELECT reason FROM acuse.webhook_events WHERE event_id = 'wamid.s'") == [
        ("identity_updated",)
    ]


async def test_a_new_id_without_a_phone_drops_the_phone_that_is_no_longer_theirs(
    at: Bench,
) -> None:
    await write(at, BOTH)
    at.add(changed("user_changed_user_id", user_id="AR.2", previous_user_id="AR.1"))

    await at.work()

    assert people(at) == [("AR.2", None)]


async def test_the_field_of_its_own_that_meta_once_sent_is_understood_too(at: Bench) -> None:
    await write(at, BOTH)
    news = {"wa_id": "5491150000002", "user_id": {"previous": "AR.1", "current": "AR.2"}}
    at.add(
        NewEvent(
            "u",
            kind="account.user_id_update",
            lane="account:900:user_id_update",
            field="user_id_update",
            payload={"value": {"user_id_update": [news]}},
        )
    )

    assert await at.work() == ["ignored"]

    assert people(at) == [("AR.2", "5491150000002")]


async def test_news_of_someone_who_never_wrote_is_ignored(at: Bench) -> None:
    at.add(changed("user_changed_number", wa_id="5491150000002"))

    assert await at.work() == ["ignored"]

    assert people(at) == []
    assert at.rows("SELECT reason FROM acuse.webhook_events") == [("system",)]
