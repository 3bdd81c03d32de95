"""Replies over HTTP: queued once per key, to the tenant's own senders."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.console_world import World
from support.events import query


def text(world: World, key: str = "k1", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "text",
        "text": "Hola, ¿qué tal?",
        "sender_id": str(world.sender),
        "idempotency_key": key,
        **changes,
    }


def queued(world: World) -> list[tuple[Any, ...]]:
    return query(
        world.database.owner_url,
        "SELECT id::text, phone_number_id, cause, kind, content FROM acuse.outbox",
    )


def test_a_text_is_queued_to_the_number_that_the_sender_wrote_to(world: World) -> None:
    answer = world.acme.post("/replies", json=text(world))

    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["kind"]) == ("pending", "text")
    assert queued(world) == [
        (
            answer.json()["id"],
            "100200",
            "api:k1",
            "text",
            {"text": {"body": "Hola, ¿qué tal?", "preview_url": False}},
        )
    ]


def test_a_template_and_a_document_have_metas_shape(world: World) -> None:
    base = {k: v for k, v in text(world).items() if k not in {"kind", "text"}}
    template = {"name": "result", "parameters": ["1", "2"]}
    document = {"media_id": "123", "filename": "a.pdf", "caption": "Hola"}

    for key, said in (("t", {"template": template}), ("d", {"document": document})):
        (kind,) = said
        answer = world.acme.post(
            "/replies", json={**base, **said, "kind": kind, "idempotency_key": key}
        )
        assert answer.status_code == 202, answer.text

    contents = {row[3]: row[4] for row in queued(world)}
    assert contents["document"] == {
        "document": {"id": "123", "filename": "a.pdf", "caption": "Hola"}
    }
    assert contents["template"]["template"]["language"] == {"code": "es_AR"}
    assert len(contents["template"]["template"]["components"][0]["parameters"]) == 2


def test_the_same_key_queues_once_and_for_another_reply_is_refused(world: World) -> None:
    first = world.acme.post("/replies", json=text(world))
    again = world.acme.post("/replies", json=text(world))
    other = world.acme.post("/replies", json=text(world, text="otra"))

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert len(queued(world)) == 1


def test_the_same_key_at_once_queues_once(world: World) -> None:
    answers: list[httpx.Response] = []

    def post() -> None:
        answers.append(world.acme.post("/replies", json=text(world)))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert {each.status_code for each in answers} == {202}
    assert len({each.json()["id"] for each in answers}) == len(queued(world)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"text": ""},
        {"text": "x" * 4097},
        {"text": "a\x00b"},
        {"text": None},
        {"text": 5},
        {"kind": "image"},
        {"kind": "template"},
        {"kind": "template", "text": None, "template": {"name": "N"}},
        {"idempotency_key": ""},
        {"idempotency_key": "a\n"},
        {"idempotency_key": "é"},
        {"sender_id": "SECRET"},
        {"SECRET": 1},
        {"document": {}},
    ],
)
def test_a_body_of_another_shape_is_refused_and_not_echoed(
    world: World, changes: dict[str, Any]
) -> None:
    answer = world.acme.post("/replies", json=text(world, **changes))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "SECRET" not in answer.text
    assert queued(world) == []


def test_a_sender_that_is_not_there_is_not_found(world: World) -> None:
    answer = world.acme.post("/replies", json=text(world, sender_id=str(uuid4())))

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_sender_whom_no_number_reaches_is_said(world: World) -> None:
    query(world.database.owner_url, "DELETE FROM acuse.messages")

    answer = world.acme.post("/replies", json=text(world))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_only_json_is_taken(world: World) -> None:
    answer = world.acme.post("/replies", content=b"hola", headers={"Content-Type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (415, "content_type_unsupported")
