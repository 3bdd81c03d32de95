"""The Graph API's client against the strict fake, over real HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from acuse.errors import AcuseError, GraphRefused, GraphUnavailable, SendAmbiguous
from acuse.meta.graph import GraphClient, open_http
from acuse.replies import content
from acuse.replies.content import Address, Content
from acuse.settings import GraphSettings
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import (
    NumberModes,
    SendFault,
    TemplateComponent,
    TemplateSpec,
)
from acuse_lab.graph.errors import KNOWN_ERRORS
from acuse_lab.graph.server import running_graph
from support.graph_numbers import ACME, ANA, NUMBER_ID
from support.replies import NUMBER

RESULT = TemplateSpec(
    name="acuse_resultado",
    components=(TemplateComponent(type="BODY", text="Novedades de tu comprobante: {{1}}"),),
)
NUMBER_WITH_RESULT = msgspec.structs.replace(ACME, templates=(RESULT,))
TO_ANA = Address(ANA.wa_id, ANA.user_id)


@dataclass(slots=True)
class Bench:
    """A client before a fake to which Ana has written `received`."""

    lab: LabClient
    graph: GraphClient
    received: str

    async def ending(self, body: dict[str, Any]) -> type[AcuseError] | None:
        try:
            await self.graph.send(NUMBER, body)
        except AcuseError as exc:
            return type(exc)
        return None

    async def code(self, body: dict[str, Any]) -> int | None:
        try:
            await self.graph.send(NUMBER, body)
        except (GraphRefused, GraphUnavailable) as exc:
            return exc.graph_code
        return None


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running_graph() as fake:
        await fake.lab.register(NUMBER_WITH_RESULT)
        received = await fake.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
        settings = GraphSettings(graph_url=fake.url, graph_timeout=2)
        async with open_http(settings) as http:
            yield Bench(fake.lab, GraphClient(http, settings), received.message_ids[0])


def to_ana(said: Content, *, context_id: str | None = None) -> dict[str, Any]:
    return content.message(said.data, kind=said.kind, address=TO_ANA, ids=[], context_id=context_id)


TEXT = to_ana(content.text("¡Listo! *Kiosco* · $ 1.234,56"))


async def test_a_text_arrives_as_it_was_written_quoting_the_message(bench: Bench) -> None:
    body = to_ana(content.text("¡Listo!\n$ 1.234,56"), context_id=bench.received)

    wamid = await bench.graph.send(NUMBER, body)

    (sent,) = await bench.lab.messages()
    assert (sent.id, sent.wa_id, sent.type) == (wamid, ANA.wa_id, "text")
    assert sent.body["text"] == {"body": "¡Listo!\n$ 1.234,56", "preview_url": False}
    assert sent.body["context"] == {"message_id": bench.received}


async def test_a_person_without_a_phone_is_reached_by_user_id(bench: Bench) -> None:
    said = content.text("hola")
    body = content.message(
        said.data, kind="text", address=Address(None, ANA.user_id), ids=[], context_id=None
    )

    await bench.graph.send(NUMBER, body)

    (sent,) = await bench.lab.messages()
    assert sent.user_id == ANA.user_id


async def test_a_template_has_the_shape_that_meta_takes(bench: Bench) -> None:
    said = content.template(
        "acuse_resultado", locale="es-AR", parameters=["¡Listo!\n\tKiosco      $ 1.234,56"]
    )

    assert await bench.ending(to_ana(said)) is None

    (sent,) = await bench.lab.messages()
    assert sent.body["template"]["language"] == {"code": "es_AR"}
    assert sent.body["template"]["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "¡Listo! Kiosco $ 1.234,56"}]}
    ]


@pytest.mark.parametrize("words", ["", " ", "x" * 5000, "\n" * 10], ids=len)
async def test_any_text_fits_the_template(bench: Bench, words: str) -> None:
    said = content.template("acuse_resultado", locale="es-AR", parameters=[words])

    assert await bench.ending(to_ana(said)) is None


async def test_a_template_that_does_not_exist_is_refused(bench: Bench) -> None:
    with pytest.raises(GraphRefused) as raised:
        await bench.graph.send(NUMBER, to_ana(content.template("nada", locale="es-AR")))

    assert raised.value.graph_code == 132001


@pytest.mark.parametrize("body", ["x" * 4096, "x" * 9999, "ñ" * 4097])
async def test_a_long_text_is_cut_to_what_meta_takes(bench: Bench, body: str) -> None:
    assert await bench.ending(to_ana(content.text(body))) is None


async def test_a_message_is_marked_read_with_a_sign_of_typing(bench: Bench) -> None:
    await bench.graph.mark_read(NUMBER, bench.received, typing=True)
    await bench.graph.mark_read(NUMBER, bench.received, typing=False)

    reads = await bench.lab.reads()
    assert [(r.message_id, r.typing) for r in reads] == [
        (bench.received, True),
        (bench.received, False),
    ]


@pytest.mark.parametrize("code", sorted(KNOWN_ERRORS))
async def test_each_of_metas_codes_is_understood(bench: Bench, code: int) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="error", code=code))

    assert await bench.code(TEXT) == code
    assert await bench.lab.messages() == []


@pytest.mark.parametrize(
    "fault",
    [
        SendFault(how="hang_after_accept"),
        SendFault(how="cut_after_accept"),
        SendFault(how="cut_before_accept"),
        SendFault(how="empty", http_status=500),
        SendFault(how="empty", http_status=200),
    ],
    ids=["hang", "cut after", "cut before", "empty 500", "empty 200"],
)
async def test_a_send_whose_answer_never_came_is_ambiguous(bench: Bench, fault: SendFault) -> None:
    await bench.lab.script(NUMBER_ID, fault)

    assert await bench.ending(TEXT) is SendAmbiguous


async def test_a_read_mark_whose_answer_never_came_is_not(bench: Bench) -> None:
    await bench.lab.script(NUMBER_ID, SendFault(how="cut_after_accept", on="read"))

    with pytest.raises(GraphUnavailable):
        await bench.graph.mark_read(NUMBER, bench.received, typing=False)


async def test_an_api_that_is_not_there_was_sent_nothing() -> None:
    settings = GraphSettings(graph_url="http://127.0.0.1:9", graph_timeout=2)
    async with open_http(settings) as http:
        with pytest.raises(GraphUnavailable):
            await GraphClient(http, settings).send(NUMBER, TEXT)


async def test_the_window_and_the_pair_limit_are_told_apart(bench: Bench) -> None:
    await bench.lab.set_modes(NUMBER_ID, NumberModes(window="error", pair_rate=True))
    while await bench.ending(TEXT) is None:
        pass
    with pytest.raises(GraphUnavailable) as limited:
        await bench.graph.send(NUMBER, TEXT)

    await bench.lab.advance(25 * 3600)
    with pytest.raises(GraphRefused) as closed:
        await bench.graph.send(NUMBER, TEXT)

    assert limited.value.graph_code == 131056
    assert closed.value.graph_code == 131047


async def test_a_version_that_has_ended_is_refused(bench: Bench) -> None:
    old = dataclasses.replace(NUMBER, graph_version="v18.0")

    with pytest.raises(GraphRefused):
        await bench.graph.send(old, TEXT)
