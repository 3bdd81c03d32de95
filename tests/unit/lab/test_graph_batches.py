"""How updates share webhook bodies: numbers, accounts, limits."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.clock import Clock
from acuse_lab.graph.contract import Change, Delivering, Inbound, InboundBatch
from acuse_lab.graph.delivery import deliver
from acuse_lab.graph.sender import MAX_BYTES, WebhookSender
from acuse_lab.graph.state import Graph
from support.graph_numbers import ACME, ANA, BETO, NUMBER_ID, OTHER, OTHER_ID


@pytest.fixture
def graph() -> Graph:
    clock = Clock(start=1_800_000_000.0)
    graph = Graph(clock, WebhookSender(clock))
    graph.register(ACME)
    graph.register(OTHER)
    return graph


def texts(count: int, *, number_id: str = NUMBER_ID, length: int = 4) -> list[Inbound]:
    return [
        Inbound(
            phone_number_id=number_id,
            person=ANA if n % 2 else BETO,
            message=inbound.text("x" * length),
        )
        for n in range(count)
    ]


def changes(body: dict[str, Any]) -> list[Any]:
    return [change for entry in body["entry"] for change in entry["changes"]]


@pytest.mark.parametrize(
    ("grouping", "entries", "per_entry"),
    [("value", 2, [1, 1]), ("change", 2, [2, 1]), ("entry", 3, [1, 1, 1])],
)
def test_updates_of_several_accounts_share_one_body(
    graph: Graph,
    grouping: Literal["value", "change", "entry"],
    entries: int,
    per_entry: list[int],
) -> None:
    batch = (*texts(2), *texts(1, number_id=OTHER_ID))
    sent = deliver(graph, InboundBatch(messages=batch, delivering=Delivering(grouping=grouping)))
    [body] = [json.loads(text) for text in sent.bodies]

    assert len(body["entry"]) == entries
    assert [len(entry["changes"]) for entry in body["entry"]] == per_entry
    ids = [m["id"] for change in changes(body) for m in change["value"]["messages"]]
    assert tuple(ids) == sent.message_ids


def test_each_sender_of_a_shared_value_is_among_its_contacts(graph: Graph) -> None:
    sent = deliver(graph, InboundBatch(messages=tuple(texts(4))))
    [change] = changes(json.loads(sent.bodies[0]))

    assert {c["user_id"] for c in change["value"]["contacts"]} == {ANA.user_id, BETO.user_id}
    assert len(change["value"]["contacts"]) == 2


def test_a_body_holds_at_most_a_thousand_updates(graph: Graph) -> None:
    sent = deliver(graph, InboundBatch(messages=tuple(texts(1001))))

    counts = [
        sum(len(change["value"]["messages"]) for change in changes(json.loads(body)))
        for body in sent.bodies
    ]
    assert counts == [1000, 1]


def test_a_body_holds_at_most_three_megabytes(graph: Graph) -> None:
    sent = deliver(graph, InboundBatch(messages=tuple(texts(900, length=4096))))

    assert len(sent.bodies) > 1
    assert max(len(body) for body in sent.bodies) <= MAX_BYTES
    found = [
        m["id"]
        for body in sent.bodies
        for change in changes(json.loads(body))
        for m in change["value"]["messages"]
    ]
    assert tuple(found) == sent.message_ids


def test_updates_can_come_one_by_one_and_backwards(graph: Graph) -> None:
    how = Delivering(together=False, reverse=True)
    sent = deliver(graph, InboundBatch(messages=tuple(texts(3)), delivering=how))

    order = [changes(json.loads(body))[0]["value"]["messages"][0]["id"] for body in sent.bodies]
    assert tuple(reversed(order)) == sent.message_ids


def test_an_account_update_has_its_own_field_and_no_number(graph: Graph) -> None:
    value = {"event": "APPROVED", "message_template_name": "resultado"}
    change = Change(phone_number_id=NUMBER_ID, field="message_template_status_update", value=value)
    sent = deliver(graph, InboundBatch(messages=tuple(texts(1)), changes=(change,)))

    found = changes(json.loads(sent.bodies[0]))
    assert found[1] == {"field": "message_template_status_update", "value": value}
    assert found[0]["field"] == "messages"


def test_without_a_callback_nothing_is_posted_but_the_window_opens(graph: Graph) -> None:
    sent = deliver(graph, InboundBatch(messages=tuple(texts(1))))

    assert sent.delivery_ids == ()
    assert graph.sender.posts == []
    assert graph.number(NUMBER_ID).window_is_open(BETO, now=graph.clock.now())
