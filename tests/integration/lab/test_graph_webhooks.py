"""Webhooks over real HTTP: signed, retried for seven days, and the statuses that come by them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from acuse.errors import VerificationFailed
from acuse_lab.graph import inbound
from acuse_lab.graph.contract import Delivering, Inbound, NumberModes, SendFault, StatusPlan
from acuse_lab.graph.sender import sign
from acuse_lab.graph.server import RunningGraph, running_graph
from support.graph_numbers import ACME, ANA, BETO, NUMBER_ID, OTHER, OTHER_ID, TOKEN, to_ana
from support.webhook_receiver import Receiver, receiving

DAY = 24 * 3600.0


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def graph(receiver: Receiver) -> AsyncIterator[RunningGraph]:
    async with running_graph() as graph:
        for spec in (ACME, OTHER):
            await graph.lab.register(spec)
            await graph.lab.set_callback(
                spec.phone_number_id, url=receiver.url, verify_token=receiver.verify_token
            )
        yield graph


async def reply(graph: RunningGraph, **more: Any) -> str:
    """Send a text to Ana, who has just written, and return its id."""
    await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
    async with httpx.AsyncClient(
        base_url=graph.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    ) as meta:
        answer = await meta.post(
            f"/v26.0/{NUMBER_ID}/messages", json=to_ana("text", {"body": "recibido"}, **more)
        )
    return str(answer.json()["messages"][0]["id"])


async def test_a_callback_must_answer_the_challenge(
    graph: RunningGraph, receiver: Receiver
) -> None:
    with pytest.raises(VerificationFailed, match="403"):
        await graph.lab.set_callback(NUMBER_ID, url=receiver.url, verify_token="wrong")
    with pytest.raises(VerificationFailed):
        await graph.lab.set_callback(NUMBER_ID, url="http://127.0.0.1:1/", verify_token="x")


async def test_a_message_arrives_escaped_and_signed_over_its_raw_bytes(
    graph: RunningGraph, receiver: Receiver
) -> None:
    sent = await graph.lab.send(NUMBER_ID, BETO, inbound.text("¿Llegó el 50% a b@c/d <3?"))
    await graph.lab.drain()

    [delivered] = receiver.delivered
    assert delivered.is_signed_with(ACME.app_secret)
    assert delivered.body == sent.bodies[0].encode()
    assert b"\\u00bfLleg\\u00f3 el 50% a b\\u0040c\\/d \\u003C3?" in delivered.body
    again = json.dumps(delivered.json(), separators=(",", ":")).encode()
    assert sign(ACME.app_secret, again) != delivered.signature


async def test_numbers_of_two_accounts_with_one_callback_share_a_post(
    graph: RunningGraph, receiver: Receiver
) -> None:
    messages = [
        Inbound(phone_number_id=number_id, person=ANA, message=inbound.text("hola"))
        for number_id in (NUMBER_ID, OTHER_ID)
    ]
    await graph.lab.send_batch(messages)
    await graph.lab.drain()

    [delivered] = receiver.delivered
    found = [value["metadata"]["phone_number_id"] for value in delivered.values()]
    assert found == [NUMBER_ID, OTHER_ID]


async def test_posts_can_be_repeated_reordered_and_delayed(
    graph: RunningGraph, receiver: Receiver
) -> None:
    how = Delivering(together=False, copies=2, reverse=True, after=60)
    sent = await graph.lab.send(
        NUMBER_ID, ANA, inbound.text("a"), inbound.text("b"), delivering=how
    )
    await graph.lab.drain()
    assert receiver.delivered == []
    await graph.lab.advance(60)

    a, b = sent.message_ids
    assert [message["id"] for message in receiver.messages()] == [b, b, a, a]


async def test_posts_can_go_side_by_side(graph: RunningGraph, receiver: Receiver) -> None:
    how = Delivering(together=False, parallel=True)
    texts = [inbound.text(str(n)) for n in range(30)]
    sent = await graph.lab.send(NUMBER_ID, ANA, *texts, delivering=how)
    await graph.lab.drain()

    assert {m["id"] for m in receiver.messages()} == set(sent.message_ids)
    assert len(receiver.delivered) == 30


async def test_raw_bytes_are_signed_as_they_are_and_learned_from(
    graph: RunningGraph, receiver: Receiver
) -> None:
    value = {"contacts": [], "messages": [{"id": "wamid.raw", "from": "54911", "odd": 1}]}
    body = json.dumps({"entry": [{"changes": [{"value": value}]}]}, indent=3).encode()
    sent = await graph.lab.send_raw(NUMBER_ID, body)
    broken = await graph.lab.send_raw(NUMBER_ID, b"{broken")
    await graph.lab.drain()

    assert sent.message_ids == ("wamid.raw",)
    assert broken.message_ids == ()
    assert [d.body for d in receiver.delivered] == [body, b"{broken"]
    assert all(d.is_signed_with(ACME.app_secret) for d in receiver.delivered)


async def test_anything_but_a_200_is_tried_again_with_the_same_bytes(
    graph: RunningGraph, receiver: Receiver
) -> None:
    receiver.answers = [500, 204, 302, 429]
    await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
    await graph.lab.advance(DAY)

    [delivery] = await graph.lab.wait_for_deliveries(1)
    assert [a.http_status for a in delivery.attempts] == [500, 204, 302, 429, 200]
    waits = [b.at - a.at for a, b in zip(delivery.attempts, delivery.attempts[1:], strict=False)]
    assert waits == pytest.approx([0.0, 15.0, 60.0, 240.0], abs=0.001)
    assert len({(d.body, d.signature) for d in receiver.delivered}) == 1


async def test_a_webhook_is_dropped_after_seven_days(
    graph: RunningGraph, receiver: Receiver
) -> None:
    receiver.answers = [503] * 100
    began = (await graph.lab.clock()).now
    await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
    await graph.lab.advance(6 * DAY)
    assert [d.state for d in await graph.lab.deliveries()] == ["pending"]
    await graph.lab.advance(2 * DAY)

    [dropped] = await graph.lab.deliveries(state="dropped")
    assert 6 * DAY < dropped.attempts[-1].at - began <= 7 * DAY
    assert len(dropped.attempts) == len(receiver.delivered)


async def test_a_callback_that_is_away_gets_its_webhook_when_it_is_back(
    graph: RunningGraph, receiver: Receiver
) -> None:
    async with receiving() as away:
        await graph.lab.set_callback(NUMBER_ID, url=away.url, verify_token=away.verify_token)
    await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
    await graph.lab.advance(60)
    [delivery] = await graph.lab.deliveries()

    assert delivery.state == "pending"
    assert {a.http_status for a in delivery.attempts} == {None}
    assert receiver.delivered == []


async def test_a_messages_statuses_follow_in_their_time(
    graph: RunningGraph, receiver: Receiver
) -> None:
    message_id = await reply(graph, biz_opaque_callback_data="outbox-7")
    await graph.lab.drain()
    assert receiver.statuses() == []
    await graph.lab.advance(2)
    assert [s["status"] for s in receiver.statuses()] == ["sent", "delivered"]
    await graph.lab.advance(10)

    sent, delivered, read = receiver.statuses()
    assert {s["id"] for s in (sent, delivered, read)} == {message_id}
    assert {s["recipient_id"] for s in (sent, delivered, read)} == {ANA.wa_id}
    assert {s["recipient_user_id"] for s in (sent, delivered, read)} == {ANA.user_id}
    assert {s["biz_opaque_callback_data"] for s in (sent, delivered, read)} == {"outbox-7"}
    assert sent["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "category": "service",
        "type": "free_customer_service",
    }
    assert delivered["pricing"] == sent["pricing"]
    assert "pricing" not in read
    assert all(d.is_signed_with(ACME.app_secret) for d in receiver.delivered)


@pytest.mark.parametrize(
    ("plan", "statuses"),
    [
        (StatusPlan(on=False), []),
        (StatusPlan(skip_delivered=True), ["sent", "read"]),
        (StatusPlan(read_after=None), ["sent", "delivered"]),
        (StatusPlan(reverse=True), ["read", "delivered", "sent"]),
        (StatusPlan(copies=2, read_after=None), ["sent", "sent", "delivered", "delivered"]),
        (StatusPlan(fail_with=131026), ["failed"]),
    ],
    ids=["off", "read at once", "no read receipts", "backwards", "twice", "failed"],
)
async def test_statuses_can_come_disorderly(
    graph: RunningGraph, receiver: Receiver, plan: StatusPlan, statuses: list[str]
) -> None:
    await graph.lab.set_modes(NUMBER_ID, NumberModes(statuses=plan))
    await reply(graph)
    await graph.lab.advance(60)

    assert [status["status"] for status in receiver.statuses()] == statuses


async def test_a_message_read_at_once_is_priced_on_its_read_status(
    graph: RunningGraph, receiver: Receiver
) -> None:
    modes = NumberModes(statuses=StatusPlan(skip_delivered=True), free_service_messages=0)
    await graph.lab.set_modes(NUMBER_ID, modes)
    await reply(graph)
    await graph.lab.advance(60)

    assert [s["pricing"]["type"] for s in receiver.statuses()] == ["regular", "regular"]


async def test_a_message_outside_the_window_is_taken_and_fails_by_webhook(
    graph: RunningGraph, receiver: Receiver
) -> None:
    await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
    await graph.lab.advance(DAY)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as meta:
        answer = await meta.post(
            f"{graph.url}/v26.0/{NUMBER_ID}/messages", json=to_ana("text", {"body": "tarde"})
        )
    await graph.lab.advance(60)

    assert answer.status_code == 200
    [failed] = receiver.statuses()
    assert failed["status"] == "failed"
    [error] = failed["errors"]
    assert error["code"] == 131047
    assert {"title", "message", "error_data", "href"} <= error.keys()
    assert (await graph.lab.usage(NUMBER_ID)).free == 0


async def test_a_message_whose_answer_was_lost_still_gets_its_statuses(
    graph: RunningGraph, receiver: Receiver
) -> None:
    await graph.lab.script(NUMBER_ID, SendFault(how="cut_after_accept"))
    with pytest.raises(httpx.RemoteProtocolError):
        await reply(graph, biz_opaque_callback_data="outbox-8")
    await graph.lab.advance(60)

    assert {s["biz_opaque_callback_data"] for s in receiver.statuses()} == {"outbox-8"}
    assert len(receiver.statuses()) == 3


async def test_a_live_fake_sends_its_statuses_by_itself(receiver: Receiver) -> None:
    async with running_graph(live=True) as graph:
        await graph.lab.register(ACME)
        await graph.lab.set_callback(
            NUMBER_ID, url=receiver.url, verify_token=receiver.verify_token
        )
        quick = StatusPlan(sent_after=0.01, delivered_after=0.02, read_after=0.03)
        await graph.lab.set_modes(NUMBER_ID, NumberModes(statuses=quick))
        await reply(graph)

        await graph.lab.wait_for_deliveries(4)
    assert [s["status"] for s in receiver.statuses()] == ["sent", "delivered", "read"]
