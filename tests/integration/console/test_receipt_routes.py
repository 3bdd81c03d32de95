"""Receipts over HTTP: the list, one with its evidence and explanation, its file, and events."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from acuse.data.pool import Conn
from acuse_console.paging import write_cursor
from acuse_console.shapes import ReceiptPage
from support.api import as_worker
from support.console_world import EVENT_ID, JPEG, PAYLOAD, World
from support.receipts import ACME, YPF, add_receipt


def test_a_matched_receipt_is_shown_with_evidence_and_explanation(world: World) -> None:
    shown = world.acme.get(f"/receipts/{world.matched}").json()

    assert shown["receipt"]["status"] == "matched"
    assert shown["receipt"]["amount"] == "1234.50"
    assert shown["fields"][1] == {
        "field": "issued_on",
        "value": "2026-03-10",
        "confidence": 0.9,
        "evidence": {
            "page": 1,
            "box": {"left": 0.1, "top": 0.2, "right": 0.3, "bottom": 0.4},
            "text": "10/03/26",
            "source": "ocr",
        },
    }
    assert [each["value"] for each in shown["fields"]] == [
        "ticket",
        "2026-03-10",
        "1234.50",
        "YPF",
    ]
    assert shown["slips"] == 1
    assert shown["items"] == [
        {
            "description": "Nafta",
            "quantity": "10.500",
            "unit_price": "117.57",
            "amount": "1234.50",
        }
    ]
    assert shown["taxes"] == [{"kind": "iva", "name": "IVA 21%", "rate": "21", "amount": "214.25"}]
    assert shown["match"]["transaction"]["id"] == str(world.transaction)
    assert shown["match"]["explanation"][0]["text"] == "El importe es igual: 1234.50 ARS."
    assert shown["review"] is None


def test_a_receipt_in_review_is_shown_with_its_candidates(world: World) -> None:
    shown = world.acme.get(f"/receipts/{world.waiting}").json()

    assert (shown["match"], shown["review"]["reason"]) == (None, "low_score")
    assert [each["amount"] for each in shown["review"]["candidates"]] == ["-1231.00"]
    assert shown["fields"] == shown["items"] == []
    assert shown["slips"] == 0


def test_the_list_narrows_by_status(world: World) -> None:
    def ids(**wanted: str) -> set[str]:
        return {each["id"] for each in world.acme.get("/receipts", params=wanted).json()["items"]}

    assert ids() == {str(world.matched), str(world.waiting), str(world.lost)}
    assert ids(status="matched") == {str(world.matched)}
    assert ids(status="review") == {str(world.waiting)}
    assert world.acme.get("/receipts?status=SECRET").status_code == 422


def test_a_list_says_what_each_receipt_came_to(world: World) -> None:
    answer = world.acme.get("/receipts")

    found = {each.id: each for each in msgspec.json.decode(answer.content, type=ReceiptPage).items}
    assert found[world.matched].transaction_id == world.transaction
    assert found[world.waiting].review_reason == "low_score"
    assert (found[world.lost].status, found[world.lost].review_reason) == ("read", None)
    assert all(each.updated_at >= each.created_at for each in found.values())


def test_pages_show_every_receipt_once(world: World) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.acme.get("/receipts", params={"limit": "1", **cursor}).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert sorted(seen) == sorted(map(str, (world.matched, world.waiting, world.lost)))


def test_the_file_comes_as_it_was_and_as_what_its_bytes_are(world: World) -> None:
    answer = world.acme.get(f"/receipts/{world.matched}/media")

    assert answer.content == JPEG
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="receipt-{world.matched}.jpg"'
    )


def test_a_file_that_is_not_in_the_store_is_not_found(world: World) -> None:
    answer = world.acme.get(f"/receipts/{world.waiting}/media")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("start", [b"<html><script>alert(1)</script>", b"<svg onload=x>", b""])
def test_a_page_in_disguise_is_never_served_as_one(
    world: World, tmp_path: Path, start: bytes
) -> None:
    (tmp_path / "page").write_bytes(start)

    async def seed(conn: Conn) -> UUID:
        return await add_receipt(conn, ACME, replace(YPF, object_key="page", mime_type="text/html"))

    answer = world.acme.get(f"/receipts/{as_worker(world.database, ACME, seed)}/media")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content == start


@pytest.mark.parametrize(
    "place",
    [
        ("2026-01-01T00:00:00Z", "a\x00", "b"),
        ("2026-01-01T00:00:00Z", "a"),
        ("never", "a", "b"),
        ("9999-12-31T23:59:59+00:00", "local", "z"),
        None,
    ],
)
def test_a_cursor_that_was_made_up_does_no_harm(world: World, place: object) -> None:
    answer = world.acme.get("/events", params={"cursor": write_cursor(place)})

    assert answer.status_code in {200, 422}


def test_events_are_listed_and_shown_as_meta_wrote_them(world: World) -> None:
    listed = world.acme.get("/events", params={"kind": "message.text", "status": "received"})
    shown = world.acme.get(f"/events/{EVENT_ID}")

    assert [each["event_id"] for each in listed.json()["items"]] == [EVENT_ID]
    assert shown.text.endswith(f'"payload":{PAYLOAD}}}')
    assert json.loads(shown.text)["event"] == listed.json()["items"][0]
    assert world.acme.get("/events", params={"status": "dead"}).json()["items"] == []


@pytest.mark.parametrize("event_id", ["wamid.none", "%00", "a%2Fb", "%F0%9F%A6%86", "x" * 600])
def test_an_event_that_is_not_there_is_not_found(world: World, event_id: str) -> None:
    assert world.acme.get(f"/events/{event_id}").status_code == 404
