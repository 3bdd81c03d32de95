"""Sending over real HTTP: answers, refusals, scripted failures, and what becomes of a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from acuse.errors import GraphUnavailable, InvalidRequest, NotFound
from acuse_lab.graph import inbound
from acuse_lab.graph.contract import NumberModes, Person, SendFault
from acuse_lab.graph.server import RunningGraph, running_graph
from support.graph_numbers import ACME, ANA, NUMBER_ID, OTHER, OTHER_ID, TOKEN, to_ana

HELLO = to_ana("text", {"body": "hola"})
PATH = f"/v26.0/{NUMBER_ID}/messages"


@pytest.fixture
async def graph() -> AsyncIterator[RunningGraph]:
    async with running_graph() as graph:
        await graph.lab.register(ACME)
        await graph.lab.register(OTHER)
        await graph.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
        yield graph


@pytest.fixture
async def meta(graph: RunningGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=graph.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    ) as client:
        yield client


async def test_a_message_is_answered_with_its_contact_and_id(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    answer = (await meta.post(PATH, json=HELLO)).json()

    [message] = await graph.lab.messages(NUMBER_ID)
    assert answer == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": ANA.wa_id, "wa_id": ANA.wa_id, "user_id": ANA.user_id}],
        "messages": [{"id": message.id}],
    }
    assert message.body == HELLO
    assert message.id.startswith("wamid.")


async def test_a_message_to_a_user_id_reaches_the_same_person(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    body = {key: value for key, value in HELLO.items() if key != "to"}
    answer = await meta.post(PATH, json=body | {"recipient": ANA.user_id})

    assert answer.json()["contacts"] == [{"input": ANA.user_id, "user_id": ANA.user_id}]
    [message] = await graph.lab.messages()
    assert message.wa_id == ANA.wa_id


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v18.0/{NUMBER_ID}/messages", 400, 2635),
        (f"/v99.0/{NUMBER_ID}/messages", 400, 2500),
        (f"/v26.0/{OTHER_ID}/messages", 400, 100),
        ("/v26.0/1/messages", 400, 100),
        (f"/v26.0/{NUMBER_ID}/nothing", 400, 2500),
        (f"/{NUMBER_ID}/messages/", 400, 2500),
    ],
    ids=[
        "expired version",
        "unknown version",
        "another's number",
        "no number",
        "no path",
        "no version",
    ],
)
async def test_a_wrong_path_gets_metas_envelope(
    meta: httpx.AsyncClient, path: str, status: int, code: int
) -> None:
    answer = await meta.post(path, json=HELLO)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_body_that_is_no_json_is_refused(meta: httpx.AsyncClient) -> None:
    for answer in (
        await meta.post(PATH, content=b"{", headers={"Content-Type": "application/json"}),
        await meta.post(PATH, data={"messaging_product": "whatsapp"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


async def test_semantic_errors_have_details_and_schema_errors_have_none(
    meta: httpx.AsyncClient,
) -> None:
    schema = (await meta.post(PATH, json=HELLO | {"colour": 1})).json()["error"]
    semantic = (await meta.post(PATH, json=HELLO | {"to": "ana"})).json()["error"]

    assert "error_data" not in schema
    assert semantic["error_data"]["messaging_product"] == "whatsapp"
    assert semantic["type"] == schema["type"] == "OAuthException"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (190, 401),
        (368, 403),
        (131042, 400),
        (131026, 400),
        (131000, 500),
        (131016, 503),
        (1, 400),
        (2, 503),
    ],
)
async def test_the_next_sends_can_fail_with_any_code(
    graph: RunningGraph, meta: httpx.AsyncClient, code: int, status: int
) -> None:
    await graph.lab.script(NUMBER_ID, SendFault(how="error", code=code, times=2))
    answers = [await meta.post(PATH, json=HELLO) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["error"]["code"] == code
    assert len(await graph.lab.messages()) == 1


async def test_a_send_can_fail_without_a_body(graph: RunningGraph, meta: httpx.AsyncClient) -> None:
    await graph.lab.script(NUMBER_ID, SendFault(how="empty"))
    answer = await meta.post(PATH, json=HELLO)

    assert (answer.status_code, answer.content) == (500, b"")


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (SendFault(how="cut_before_accept"), 0),
        (SendFault(how="cut_after_accept"), 1),
    ],
    ids=["before it was taken", "after it was taken"],
)
async def test_a_connection_can_be_cut(
    graph: RunningGraph, meta: httpx.AsyncClient, fault: SendFault, kept: int
) -> None:
    await graph.lab.script(NUMBER_ID, fault)

    with pytest.raises(httpx.RemoteProtocolError):
        await meta.post(PATH, json=HELLO)
    assert [message.answered for message in await graph.lab.messages()] == [False] * kept
    [call] = await graph.lab.wait_for_calls(1)
    assert call.http_status == 0


async def test_a_message_can_be_taken_and_never_answered(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await graph.lab.script(NUMBER_ID, SendFault(how="hang_after_accept"))

    with pytest.raises(httpx.ReadTimeout):
        await meta.post(PATH, json=HELLO, timeout=httpx.Timeout(60, read=0.2))
    [message] = await graph.lab.messages()
    assert not message.answered
    await graph.lab.advance(10)
    [message] = await graph.lab.messages()
    assert message.statuses == ("sent", "delivered", "read")


async def test_the_server_closes_while_a_call_hangs(meta: httpx.AsyncClient) -> None:
    async with running_graph() as other:
        await other.lab.register(ACME)
        await other.lab.script(NUMBER_ID, SendFault(how="hang_after_accept"))
        hanging = asyncio.create_task(meta.post(f"{other.url}{PATH}", json=HELLO))
        await other.lab.wait_for_messages(1)

    with pytest.raises(httpx.HTTPError):
        await hanging


async def test_read_marks_are_kept_and_only_for_messages_that_came(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    sent = await graph.lab.send(NUMBER_ID, ANA, inbound.text("otra"))
    mark = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": sent.message_ids[0],
        "typing_indicator": {"type": "text"},
    }

    assert (await meta.post(PATH, json=mark)).json() == {"success": True}
    wrong = await meta.post(PATH, json=mark | {"message_id": "wamid.never"})
    assert wrong.json()["error"]["code"] == 131009
    [read] = await graph.lab.wait_for_reads(1)
    assert (read.message_id, read.typing) == (sent.message_ids[0], True)


async def test_a_read_mark_can_fail_by_script(graph: RunningGraph, meta: httpx.AsyncClient) -> None:
    sent = await graph.lab.send(NUMBER_ID, ANA, inbound.text("otra"))
    await graph.lab.script(NUMBER_ID, SendFault(how="error", on="read", code=10))
    mark = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": sent.message_ids[0],
    }

    assert (await meta.post(PATH, json=mark)).status_code == 403
    assert await graph.lab.reads() == []


async def test_too_many_messages_to_one_person_hit_the_pair_rate(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await graph.lab.set_modes(NUMBER_ID, NumberModes(pair_rate=True))
    answers = [await meta.post(PATH, json=HELLO) for _ in range(46)]

    assert [answer.status_code for answer in answers] == [200] * 45 + [429]
    assert answers[-1].json()["error"]["code"] == 131056
    await graph.lab.advance(45 * 6)
    assert (await meta.post(PATH, json=HELLO)).status_code == 200


async def test_too_many_messages_in_a_second_hit_the_numbers_rate(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await graph.lab.advance(1)
    await graph.lab.set_modes(NUMBER_ID, NumberModes(messages_per_second=2))
    answers = [await meta.post(PATH, json=HELLO) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["error"]["code"] == 130429
    await graph.lab.advance(1)
    assert (await meta.post(PATH, json=HELLO)).status_code == 200


async def test_service_messages_are_free_until_the_months_tier_is_used(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await graph.lab.set_modes(NUMBER_ID, NumberModes(free_service_messages=2))
    for _ in range(3):
        await meta.post(PATH, json=HELLO)
    reminder = {
        "name": "recordatorio",
        "language": {"code": "es_AR"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "parameter_name": "vendor", "text": "Coto"}],
            }
        ],
    }
    await meta.post(PATH, json=to_ana("template", reminder))

    usage = await graph.lab.usage(NUMBER_ID)
    assert (usage.free, usage.billed) == (2, {"service": 1, "utility": 1})


async def test_every_call_is_noted_with_its_answer(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await meta.post(PATH, json=HELLO)
    await meta.post(PATH, json=HELLO | {"to": "ana"})

    calls = await graph.lab.calls()
    assert [(c.method, c.path, c.http_status, c.code) for c in calls] == [
        ("POST", PATH, 200, None),
        ("POST", PATH, 400, 131009),
    ]


async def test_the_control_api_says_what_is_wrong_with_its_use(graph: RunningGraph) -> None:
    with pytest.raises(NotFound):
        await graph.lab.send("999", ANA, inbound.text("hola"))
    with pytest.raises(InvalidRequest):
        await graph.lab.advance(-1)
    nobody = Person(name="Nadie", wa_id=None, user_id=None)
    with pytest.raises(InvalidRequest, match="wa_id"):
        await graph.lab.send(NUMBER_ID, nobody, inbound.text("hola"))
    with pytest.raises(InvalidRequest, match="type"):
        await graph.lab.send(NUMBER_ID, ANA, {"text": {"body": "hola"}})
    with pytest.raises(GraphUnavailable):
        await graph.lab.wait_for_messages(1, within=0.01)


async def test_two_fakes_know_nothing_of_each_other(graph: RunningGraph) -> None:
    async with running_graph() as other:
        with pytest.raises(NotFound):
            await other.lab.usage(NUMBER_ID)
        assert other.url != graph.url
