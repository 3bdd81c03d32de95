"""The pipeline: each kind of event ends where it is promised to, and says so to its sender."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from acuse.errors import (
    AcuseError,
    DocumentProtected,
    EngineMissing,
    GraphUnavailable,
    MediaGone,
    MediaTooLarge,
    NotFound,
    ObjectStoreUnavailable,
    ReadingCrashed,
)
from acuse.reading.values import Kind
from acuse_workers.pipeline import Pipeline
from support.databases import Database
from support.events import NewEvent, states
from support.workers import (
    OTHERS,
    PATIENCE,
    SHOP,
    Bench,
    FixedDirectory,
    bench,
    edit,
    image,
    message,
    reading,
    revoke,
    status,
    text,
)

TEXT = {"type": "text", "text": {"body": "corregido"}}


@pytest.fixture
async def at(database: Database) -> AsyncIterator[Bench]:
    async with bench(database) as made:
        yield made


def receipts(at: Bench) -> list[tuple[str, str | None]]:
    return at.rows("SELECT status, error_code FROM acuse.receipts ORDER BY created_at")


async def test_a_photo_becomes_a_matched_receipt_and_its_sender_is_told(at: Bench) -> None:
    at.add_transaction()
    at.add(image("wamid.1", caption="nafta"))

    assert await at.work() == ["processed"]

    assert receipts(at) == [("matched", None)]
    [(cause, purpose, body)] = at.replies()
    assert (cause, purpose) == ("wamid.1", "result")
    assert "YPF" in body
    assert at.outside.asked["mark_read wamid.1"] == 1
    assert at.outside.policies == ["Auto"]
    assert at.rows("SELECT body, kind FROM acuse.messages") == [("nafta", "image")]
    assert at.rows("SELECT description, amount::text FROM acuse.receipt_items") == [
        ("Nafta", "1234.50")
    ]
    assert at.rows("SELECT context_id FROM acuse.outbox") == [("wamid.1",)]


async def test_what_was_read_unsurely_is_named_to_the_sender(at: Bench) -> None:
    read = reading()
    assert read.vendor is not None
    assert read.amount is not None
    at.outside.readings["m1"] = replace(
        read,
        vendor=replace(read.vendor, confidence=0.4),
        amount=replace(read.amount, confidence=0.59),
    )
    at.add(image("wamid.1"))

    await at.work()

    [(_, _, body)] = at.replies()
    assert "Con dudas: el nombre, el importe." in body


@pytest.mark.parametrize(("confidence", "is_asked"), [(0.19, True), (0.21, False)])
async def test_who_sent_what_can_hardly_be_read_is_asked_for_another_photo(
    at: Bench, confidence: float, *, is_asked: bool
) -> None:
    at.outside.readings["m1"] = replace(reading(), document_confidence=confidence)
    at.add(image("wamid.1"))

    await at.work()

    [(_, _, body)] = at.replies()
    assert ("otra foto" in body) is is_asked
    # It is reviewed all the same.
    assert receipts(at) == [("review", None)]


async def test_a_receipt_takes_the_category_of_its_issuers_earlier_ones(at: Bench) -> None:
    read, words = reading(), reading().vendor
    assert words is not None
    said = replace(
        read, tax_id=replace(words, value="30990000022"), number=replace(words, value="00001-1")
    )
    for number in (1, 2):
        at.outside.readings[f"m{number}"] = replace(
            said,
            number=replace(words, value=f"00001-0000000{number}"),
            category=replace(words, value="fuel"),
        )
        at.add(image(f"wamid.{number}", f"m{number}"))
    at.outside.readings["m3"] = replace(said, category=None)
    at.add(image("wamid.3", "m3"))

    await at.work()

    assert at.rows("SELECT category FROM acuse.receipts") == [("fuel",)] * 3


async def test_what_was_read_is_counted_by_engine_confidence_and_decision(at: Bench) -> None:
    def counted() -> list[float]:
        value = REGISTRY.get_sample_value
        return [
            value("acuse_worker_readings_total", {"engine": "fake"}) or 0.0,
            value("acuse_worker_reading_confidence_sum") or 0.0,
            value("acuse_worker_reading_decisions_total", {"decision": "auto"}) or 0.0,
            value("acuse_worker_reading_decisions_total", {"decision": "review"}) or 0.0,
        ]

    before = counted()
    at.add(image("wamid.1"))

    await at.work()

    readings, confidence, auto, review = (
        new - old for new, old in zip(counted(), before, strict=True)
    )
    assert readings == 1
    assert confidence == pytest.approx(0.9)
    # Nothing was read of its vendor's tax id.
    assert (auto, review) == (0, 1)


async def test_a_photo_is_read_by_the_engine_that_its_tenant_asks_for(at: Bench) -> None:
    around = replace(at.around, directory=FixedDirectory(replace(SHOP, ocr="Tesseract"), OTHERS))
    at.add(image("wamid.1"))
    [claimed] = await at.queue.claim(1)

    await Pipeline(around, PATIENCE).work(claimed)

    assert at.outside.policies == ["Tesseract"]


async def test_a_photo_without_a_ledger_line_waits_for_a_person(at: Bench) -> None:
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]

    assert receipts(at) == [("review", None)]
    assert len(at.replies()) == 1


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("fetch", MediaGone("gone")),
        ("fetch", MediaTooLarge("large")),
        ("read", DocumentProtected("locked")),
        ("read", ReadingCrashed("crashed")),
    ],
    ids=lambda value: value.code if isinstance(value, AcuseError) else str(value),
)
async def test_a_document_that_cannot_be_taken_is_rejected_and_the_sender_told_why(
    at: Bench, act: str, error: AcuseError
) -> None:
    at.outside.errors[act] = [error]
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]

    assert receipts(at) == [("rejected", error.code)]
    assert [purpose for _, purpose, _ in at.replies()] == ["result"]


async def test_a_picture_of_no_receipt_gets_a_polite_answer(at: Bench) -> None:
    at.outside.readings["m1"] = reading(None, kind=Kind.NONE)
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]

    assert receipts(at) == [("rejected", "not_a_receipt")]


async def test_a_media_that_meta_found_too_large_is_told_so(at: Bench) -> None:
    at.add(message("wamid.1", "document", content={}, errors=[{"code": 131052, "title": "x"}]))

    assert await at.work() == ["processed"]

    assert receipts(at) == [("rejected", "media_too_large")]
    assert at.outside.asked["fetch"] == 0


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ("fetch", GraphUnavailable("later", retry_after=5.0)),
        ("copy", ObjectStoreUnavailable("later", retry_after=5.0)),
        ("read", EngineMissing("later", retry_after=5.0)),
        ("fetch", RuntimeError("a fault of ours")),
    ],
    ids=lambda value: value.__class__.__name__ if isinstance(value, Exception) else str(value),
)
async def test_what_fails_for_a_while_is_tried_again_and_succeeds(
    at: Bench, act: str, error: Exception
) -> None:
    at.outside.errors[act] = [error]
    at.add(image("wamid.1"))

    assert await at.work() == ["failed", "processed"]

    assert len(at.replies()) == 1
    assert at.outside.asked["mark_read wamid.1"] == 1


async def test_what_always_fails_becomes_a_dead_letter(at: Bench) -> None:
    at.outside.errors["fetch"] = [GraphUnavailable("later") for _ in range(9)]
    at.add(image("wamid.1"))

    assert await at.work() == ["failed", "failed", "failed", "dead"]

    assert at.rows("SELECT status, step, reason FROM acuse.webhook_events") == [
        ("dead", "fetch", "graph_unavailable")
    ]


async def test_a_lost_object_is_our_fault_and_a_dead_letter(at: Bench) -> None:
    at.outside.errors["copy"] = [NotFound("lost")]
    at.add(image("wamid.1"))

    assert await at.work() == ["dead"]

    assert at.replies() == []


async def test_a_text_is_answered_with_help_once(at: Bench) -> None:
    at.add(text("wamid.1"))

    assert await at.work() == ["processed"]

    [(cause, purpose, body)] = at.replies()
    assert (cause, purpose) == ("wamid.1", "help")
    assert "Shop" in body


@pytest.mark.parametrize(
    "kind", ["audio", "video", "sticker", "location", "contacts", "interactive", "button", "order"]
)
async def test_what_is_not_read_is_kept_and_politely_declined(at: Bench, kind: str) -> None:
    at.add(message("wamid.1", kind, content={"anything": 1}))

    assert await at.work() == ["processed"]

    assert [purpose for _, purpose, _ in at.replies()] == ["declined"]
    assert at.rows("SELECT kind FROM acuse.messages") == [(kind,)]


@pytest.mark.parametrize("kind", ["reaction", "unsupported"])
async def test_what_asks_for_no_answer_is_kept_in_silence(at: Bench, kind: str) -> None:
    at.add(message("wamid.1", kind, content={"message_id": "wamid.0"}))

    assert await at.work() == ["ignored"]

    assert at.replies() == []
    assert at.rows("SELECT reason FROM acuse.webhook_events") == [(kind,)]
    assert at.rows("SELECT kind FROM acuse.messages") == [(kind,)]
    assert at.rows("SELECT last_message_at FROM acuse.senders") == [(None,)]
    assert not [act for act in at.outside.asked if act.startswith("mark_read")]


async def test_unknown_updates_and_account_fields_are_ignored_with_their_reason(at: Bench) -> None:
    at.add(
        NewEvent("a", kind="unknown", lane="x", reason="missing_id"),
        NewEvent("b", kind="account.account_update", lane="y"),
    )

    assert await at.work() == ["ignored", "ignored"]

    assert at.rows("SELECT event_id, reason FROM acuse.webhook_events ORDER BY 1") == [
        ("a", "missing_id"),
        ("b", "account_field"),
    ]


async def test_a_failed_acknowledgement_stops_nothing(at: Bench) -> None:
    at.outside.errors["mark_read wamid.1"] = [GraphUnavailable("later")]
    at.add(image("wamid.1"))

    assert await at.work() == ["processed"]


async def test_a_message_that_cannot_be_understood_is_a_dead_letter(at: Bench) -> None:
    at.add(message("wamid.1", "image", content={"id": 5}))

    assert await at.work() == ["dead"]

    assert at.rows("SELECT reason FROM acuse.webhook_events") == [("payload_unreadable",)]


async def test_text_that_postgresql_cannot_hold_is_kept_repaired(at: Bench) -> None:
    at.add(text("wamid.1", "a\x00b\ud800c"))

    assert await at.work() == ["processed"]

    assert at.rows("SELECT body FROM acuse.messages") == [("a\ufffdb\ufffdc",)]


async def test_an_edited_caption_changes_the_message_and_nothing_else(at: Bench) -> None:
    at.add(image("wamid.1", caption="antes"), edit("wamid.2", "wamid.1", TEXT, at=1))

    assert await at.work() == ["processed", "processed"]

    assert at.rows("SELECT body FROM acuse.messages") == [("corregido",)]
    assert at.outside.asked["fetch"] == 1


async def test_an_older_edit_changes_nothing_after_a_newer_one(at: Bench) -> None:
    at.add(text("wamid.1"), edit("wamid.3", "wamid.1", TEXT, at=3))
    await at.work()
    at.add(edit("wamid.2", "wamid.1", {"type": "text", "text": {"body": "viejo"}}, at=2))

    assert await at.work() == ["ignored"]

    assert at.rows("SELECT body FROM acuse.messages") == [("corregido",)]


async def test_a_new_photo_in_an_edit_is_read_and_matched_afresh(at: Bench) -> None:
    at.add_transaction()
    at.add_transaction("-99.00")
    at.outside.readings["m2"] = reading("99.00")
    new = {"type": "image", "image": {"id": "m2", "mime_type": "image/jpeg"}}
    at.add(image("wamid.1"), edit("wamid.2", "wamid.1", new, at=1))

    assert await at.work() == ["processed", "processed"]

    assert receipts(at) == [("revoked", "edited"), ("matched", None)]
    standing = "SELECT t.amount::text FROM acuse.matches m JOIN acuse.transactions t ON t.id ="
    assert at.rows(standing + " m.transaction_id WHERE m.undone_at IS NULL") == [("-99.00",)]
    assert [cause for cause, _, _ in at.replies()] == ["wamid.1", "wamid.2"]


async def test_a_photo_that_an_edit_brings_back_is_the_receipt_again(at: Bench) -> None:
    at.add_transaction()
    at.outside.readings["m2"] = reading("99.00")
    photos = [{"type": "image", "image": {"id": media}} for media in ("m2", "m1")]
    at.add(
        image("wamid.1"),
        *(edit(f"wamid.{n}", "wamid.1", said, at=n) for n, said in enumerate(photos, start=2)),
    )

    assert await at.work() == ["processed"] * 3

    assert receipts(at) == [("matched", None), ("revoked", "edited")]
    assert at.rows("SELECT count(*) FROM acuse.matches WHERE undone_at IS NULL") == [(1,)]


async def test_a_photo_replaced_before_it_was_read_is_not_read_any_more(at: Bench) -> None:
    at.outside.errors["fetch"] = [GraphUnavailable("later") for _ in range(4)]
    at.add(image("wamid.1"))
    await at.work()
    at.add(edit("wamid.2", "wamid.1", {"type": "image", "image": {"id": "m2"}}, at=1))
    await at.work()
    at.rows(
        "UPDATE acuse.webhook_events SET status = 'received', processed_at = NULL, retries = 0"
        " WHERE event_id = 'wamid.1'"
    )

    assert await at.work() == ["ignored"]

    assert receipts(at) == [("review", None)]


async def test_a_revoked_photo_leaves_a_tombstone_and_a_free_ledger_line(at: Bench) -> None:
    at.add_transaction()
    at.add(image("wamid.1", caption="privado"), revoke("wamid.2", "wamid.1", at=1))

    assert await at.work() == ["processed", "processed"]

    assert receipts(at) == [("revoked", "revoked")]
    assert at.rows("SELECT count(*) FROM acuse.matches WHERE undone_at IS NULL") == [(0,)]
    assert at.rows("SELECT body, revoked_at IS NULL FROM acuse.messages") == [(None, False)]


async def test_a_photo_revoked_before_it_was_read_is_not_read(at: Bench) -> None:
    at.outside.errors["fetch"] = [GraphUnavailable("later") for _ in range(4)]
    at.add(image("wamid.1"))
    await at.work()
    at.add(revoke("wamid.2", "wamid.1", at=1))
    await at.work()
    at.rows(
        "UPDATE acuse.webhook_events SET status = 'received', processed_at = NULL, retries = 0"
        " WHERE event_id = 'wamid.1'"
    )

    assert await at.work() == ["ignored"]

    assert at.rows("SELECT reason FROM acuse.webhook_events WHERE event_id = 'wamid.1'") == [
        ("message_revoked",)
    ]
    assert at.replies() == []


async def test_a_revocation_waits_for_its_message_a_while_then_gives_up(at: Bench) -> None:
    patient = Pipeline(at.pipeline.around, replace(PATIENCE, max_tries=99))
    at.add(revoke("wamid.2", "wamid.never"))

    outcomes = await replace(at, pipeline=patient).work()

    assert outcomes == [*["failed"] * 5, "ignored"]
    assert at.rows("SELECT reason FROM acuse.webhook_events") == [("message_unknown",)]


async def test_a_message_that_comes_after_its_revocation_is_revoked_all_the_same(
    at: Bench,
) -> None:
    at.add(revoke("wamid.2", "wamid.1", at=1))
    [early] = await at.queue.claim(1)
    assert await at.pipeline.work(early) == "failed"
    at.add(text("wamid.1"))

    assert await at.work() == ["processed", "processed"]

    assert at.rows("SELECT body, revoked_at IS NULL FROM acuse.messages") == [(None, False)]


async def test_statuses_in_any_order_leave_the_furthest_one(at: Bench) -> None:
    at.add(text("wamid.1"))
    await at.work()
    [(outbox_id,)] = at.rows("SELECT id::text FROM acuse.outbox")
    for said in ("read", "sent", "delivered"):
        at.add(status("wamid.r", said, callback=outbox_id))
    await at.work()

    assert at.rows("SELECT delivery, status, wamid FROM acuse.outbox") == [
        ("read", "sent", "wamid.r")
    ]
    assert set(states(at.url).values()) == {"processed"}
    assert at.rows("SELECT count(*) FROM acuse.message_statuses") == [(3,)]


async def test_an_event_of_no_tenant_we_know_waits_for_its_manifest(at: Bench) -> None:
    at.add(NewEvent("x", tenant=uuid.uuid4(), kind="message.text", payload=text("x").payload))

    assert await at.work() == ["failed", "failed", "failed", "dead"]

    assert at.rows("SELECT reason FROM acuse.webhook_events") == [("tenant_missing",)]
