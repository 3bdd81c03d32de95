"""Several receipts in one photo: each has an end of its own, and one reply tells of all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from support.databases import Database
from support.workers import Bench, bench, image, reading, revoke, several


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


async def test_of_a_photo_with_several_receipts_the_others_are_asked_for(at: Bench) -> None:
    at.outside.readings["m1"] = replace(reading(), slips=2)
    at.add(image("wamid.1"))

    await at.work()

    [(_, _, body)] = at.replies()
    assert "En la foto vi 2 comprobantes y leí solo este" in body


def by_slip(at: Bench) -> list[tuple[int, str, str]]:
    return at.rows(
        "SELECT slip, amount::text, status FROM acuse.receipts ORDER BY created_at, slip"
    )


async def test_each_receipt_of_a_photo_is_matched_and_one_reply_tells_of_all(at: Bench) -> None:
    for amount in ("-1234.50", "-88.00"):
        at.add_transaction(amount)
    at.outside.readings["m1"] = several("1234.50", "88.00", "15.00")
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]

    assert by_slip(at) == [
        (1, "1234.50", "matched"), (2, "88.00", "matched"), (3, "15.00", "review"),
    ]  # fmt: skip
    assert at.rows(
        "SELECT count(*), count(DISTINCT m.id) FROM acuse.receipts r"
        " JOIN acuse.media m ON m.tenant_id = r.tenant_id AND m.id = r.file_id"
    ) == [(3, 1)]
    [(cause, purpose, body)] = at.replies()
    head, *parts = body.split("\n\n")
    assert (cause, purpose, head) == (
        "wamid.1",
        "result",
        "👀 En lo que mandaste vi 3 comprobantes:",
    )
    assert ["1.234,50" in parts[0], "88,00" in parts[1], "15,00" in parts[2]] == [True] * 3
    assert ["Registramos" in part for part in parts] == [True, True, False]


async def test_what_could_not_be_read_of_a_photos_receipts_is_asked_for(at: Bench) -> None:
    at.outside.readings["m1"] = several("1234.50", "88.00", slips=3)
    at.add(image("wamid.1"))

    await at.work()

    [(_, _, body)] = at.replies()
    assert "vi 3 comprobantes:" in body
    assert body.endswith("No pude leer todos. Mandame los que faltan de a uno.")


async def test_a_photo_of_several_receipts_that_is_sent_again_repeats_each(at: Bench) -> None:
    for amount in ("-1234.50", "-88.00"):
        at.add_transaction(amount)
    for again in ("1", "2"):
        at.outside.checksums[f"m{again}"] = "the same file"
        at.outside.readings[f"m{again}"] = several("1234.50", "88.00")
        at.add(image(f"wamid.{again}", f"m{again}"))

    await at.work()

    assert by_slip(at) == [
        (1, "1234.50", "matched"), (2, "88.00", "matched"),
        (1, "1234.50", "review"), (2, "88.00", "review"),
    ]  # fmt: skip
    repeated = at.rows(
        "SELECT r.slip, o.slip, o.message_id FROM acuse.receipts r"
        " JOIN acuse.receipts o ON o.id = r.duplicate_of ORDER BY r.slip"
    )
    assert repeated == [(1, 1, "wamid.1"), (2, 2, "wamid.1")]


async def test_a_photo_that_is_taken_back_takes_all_its_receipts_back(at: Bench) -> None:
    at.add_transaction()
    at.outside.readings["m1"] = several("1234.50", "88.00")
    at.add(image("wamid.1"))
    await at.work()

    at.add(revoke("wamid.2", "wamid.1"))
    await at.work()

    assert [status for _, _, status in by_slip(at)] == ["revoked", "revoked"]
