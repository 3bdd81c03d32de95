"""Which bodies `/messages` takes, and what Meta says to the others."""

from __future__ import annotations

from typing import Any

import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.bodies import MarkRead, decode, parse
from acuse_lab.graph.clock import Clock
from acuse_lab.graph.contract import Inbound, InboundBatch, NumberModes
from acuse_lab.graph.delivery import deliver
from acuse_lab.graph.errors import GraphFault
from acuse_lab.graph.media import describe
from acuse_lab.graph.messages import accept_message, check_message, mark_read
from acuse_lab.graph.sender import WebhookSender
from acuse_lab.graph.state import Graph
from support.graph_numbers import ACME, ANA, BETO, NUMBER_ID, OTHER, OTHER_ID, to_ana

PDF = describe(b"%PDF-1.7", mime_type="application/pdf", filename="r.pdf")
FOREIGN_PDF = describe(b"%PDF-1.7", mime_type="application/pdf")
WAMID = "wamid.known"


@pytest.fixture
def graph() -> Graph:
    clock = Clock(start=1_800_000_000.0)
    graph = Graph(clock, WebhookSender(clock))
    graph.register(ACME)
    graph.register(OTHER)
    for info, number_id in ((PDF, NUMBER_ID), (FOREIGN_PDF, OTHER_ID)):
        graph.shelf.keep(
            b"%PDF-1.7", phone_number_id=number_id, info=info, ends_at=clock.now() + 60
        )
    message = inbound.text("hola") | {"id": WAMID}
    deliver(
        graph,
        InboundBatch(messages=(Inbound(phone_number_id=NUMBER_ID, person=ANA, message=message),)),
    )
    return graph


def body_parameters(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def template(name: str, *components: Any, code: str = "es_AR", **more: Any) -> dict[str, Any]:
    content = {"name": name, "language": {"code": code}, "components": list(components)}
    return to_ana("template", content | more)


def header(media_id: str = PDF.id) -> dict[str, Any]:
    parameter = {"type": "document", "document": {"id": media_id, "filename": "r.pdf"}}
    return {"type": "header", "parameters": [parameter]}


def button(sub_type: str, index: Any, parameter: dict[str, str]) -> dict[str, Any]:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


TEXT = {"type": "text", "text": "r1"}
TAP = button("quick_reply", "0", {"type": "payload", "payload": "not-mine"})
LINK = button("url", 1, TEXT)


def buttons(*titles: str, **more: Any) -> dict[str, Any]:
    made = [{"type": "reply", "reply": {"id": t or "x", "title": t}} for t in titles]
    content = {"type": "button", "body": {"text": "¿Está bien?"}, "action": {"buttons": made}}
    return to_ana("interactive", content | more)


def listed(*sections: dict[str, Any]) -> dict[str, Any]:
    action = {"button": "Elegir", "sections": list(sections)}
    content = {"type": "list", "body": {"text": "¿Cuál?"}, "action": action}
    return to_ana("interactive", content)


def rows(count: int, *, prefix: str = "r") -> list[dict[str, str]]:
    return [{"id": f"{prefix}{n}", "title": f"Fila {n}"} for n in range(count)]


def without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


HELLO = to_ana("text", {"body": "hola"})

GOOD = {
    "text": HELLO,
    "text of 4096": to_ana("text", {"body": "x" * 4096, "preview_url": True}),
    "type left out is text": without(HELLO, "type"),
    "callback data": HELLO | {"biz_opaque_callback_data": "outbox-1"},
    "quoting": HELLO | {"context": {"message_id": WAMID}},
    "to a user id": without(HELLO, "to") | {"recipient": BETO.user_id},
    "number with punctuation": HELLO | {"to": "+54 9 (11) 5555-0101"},
    "document by id": to_ana("document", {"id": PDF.id, "filename": "r.pdf", "caption": "ok"}),
    "document by link": to_ana("document", {"link": "https://acme.example/r.pdf"}),
    "reaction": to_ana("reaction", {"message_id": WAMID, "emoji": "👍"}),
    "reaction taken away": to_ana("reaction", {"message_id": WAMID, "emoji": ""}),
    "positional template": template(
        "resultado", header(), body_parameters("Ana", "1.234,56"), TAP, LINK
    ),
    "template without its optional button": template(
        "resultado", header(), body_parameters("Ana", "1"), LINK
    ),
    "named template": template(
        "recordatorio",
        {
            "type": "body",
            "parameters": [{"type": "text", "parameter_name": "vendor", "text": "Coto"}],
        },
    ),
    "three buttons": buttons("Sí", "No", "Después", footer={"text": "Acme"}),
    "list": listed({"rows": rows(10)}),
    "list of sections": listed(
        {"title": "A", "rows": rows(5)}, {"title": "B", "rows": rows(5, prefix="s")}
    ),
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_a_good_body_is_taken(graph: Graph, body: dict[str, Any]) -> None:
    number = graph.number(NUMBER_ID)
    send = check_message(graph, number, body)
    accepted = accept_message(graph, number, send=send, body=body)

    assert accepted.answer["messages"][0]["id"].startswith("wamid.")
    assert accepted.answer["contacts"][0]["input"] in {body.get("to"), body.get("recipient")}


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no product": (without(HELLO, "messaging_product"), 100, "messaging_product is required"),
    "other product": (HELLO | {"messaging_product": "sms"}, 100, "messaging_product"),
    "unknown key": (HELLO | {"colour": 1}, 100, 'Unexpected key "colour"'),
    "unknown key inside": (
        to_ana("text", {"body": "a", "colour": 1}),
        100,
        'Unexpected key "colour" on param "text"',
    ),
    "no recipient": (without(HELLO, "to"), 100, "to is required"),
    "two recipients": (HELLO | {"recipient": BETO.user_id}, 100, "Only one of"),
    "not a number": (HELLO | {"to": "ana"}, 131009, "to is not"),
    "a number that is no string": (HELLO | {"to": 5491155550101}, 100, "Param to"),
    "not a user id": (without(HELLO, "to") | {"recipient": "ana"}, 131009, "recipient is not"),
    "to itself": (HELLO | {"to": "5491144440000"}, 131021, ""),
    "unknown type": (HELLO | {"type": "fax"}, 100, "Param type"),
    "content missing": (without(HELLO, "text"), 100, "text is required"),
    "content of another type": (
        HELLO | {"reaction": {"message_id": WAMID, "emoji": "x"}},
        100,
        'Unexpected key "reaction"',
    ),
    "empty text": (to_ana("text", {"body": ""}), 100, "at least 1"),
    "text too long": (to_ana("text", {"body": "x" * 4097}), 100, "at most 4096 characters long"),
    "text no string": (to_ana("text", {"body": 5}), 100, "Param text['body']"),
    "quoting the unknown": (HELLO | {"context": {"message_id": "wamid.x"}}, 131009, "Message Id"),
    "reaction to the unknown": (
        to_ana("reaction", {"message_id": "wamid.x", "emoji": "👍"}),
        131009,
        "Message Id",
    ),
    "document with id and link": (
        to_ana("document", {"id": PDF.id, "link": "https://a.example/"}),
        100,
        "exactly one",
    ),
    "document with neither": (to_ana("document", {"filename": "a"}), 100, "exactly one"),
    "document of another business": (
        to_ana("document", {"id": FOREIGN_PDF.id}),
        100,
        "not a valid whatsapp business account media attachment ID",
    ),
    "document sent as image": (to_ana("image", {"id": PDF.id}), 100, "Param image['id']"),
    "document by file": (to_ana("document", {"link": "file:///etc/passwd"}), 131009, "URI"),
    "caption too long": (
        to_ana("document", {"id": PDF.id, "caption": "x" * 1025}),
        100,
        "Param document['caption'] must be at most 1024",
    ),
    "template with top-level parameters": (
        to_ana(
            "template",
            {"name": "resultado", "language": {"code": "es_AR"}, "parameters": ["Ana", "1"]},
        ),
        100,
        'Unexpected key "parameters" on param "template"',
    ),
    "template language as text": (
        to_ana("template", {"name": "resultado", "language": "es_AR"}),
        100,
        "Param template['language']",
    ),
    "template without language code": (
        to_ana("template", {"name": "resultado", "language": {}}),
        100,
        "The parameter template['language']['code'] is required",
    ),
    "template unknown": (template("nada"), 132001, "template name (nada) does not exist in es_AR"),
    "template in another language": (template("resultado", code="en"), 132001, "exist in en"),
    "template paused": (template("pausada"), 132015, ""),
    "too few parameters": (
        template("resultado", header(), body_parameters("Ana"), LINK),
        132000,
        "body: number of localizable_params (1) does not match the expected number of params (2)",
    ),
    "no parameters": (template("resultado", header(), LINK), 132000, "params (0)"),
    "header missing": (template("resultado", body_parameters("a", "b"), LINK), 132000, "header"),
    "header of text": (
        template("resultado", {"type": "header", "parameters": [TEXT]}, body_parameters("a", "b")),
        132012,
        "header: Format mismatch, expected DOCUMENT, received TEXT",
    ),
    "header of another business": (
        template("resultado", header(FOREIGN_PDF.id), body_parameters("a", "b"), LINK),
        100,
        "template['components'][0]['parameters'][0]['document']['id']",
    ),
    "body twice": (
        template("recordatorio", body_parameters("a"), body_parameters("b")),
        132000,
        "more than once",
    ),
    "line break in a parameter": (
        template("resultado", header(), body_parameters("Ana\nSosa", "1"), LINK),
        132018,
        "new-line",
    ),
    "template too long when filled": (
        template("resultado", header(), body_parameters("x" * 1024, "1"), LINK),
        132005,
        "characters",
    ),
    "name missing in a named template": (
        template("recordatorio", body_parameters("Coto")),
        100,
        "Parameter name is missing or empty",
    ),
    "wrong name in a named template": (
        template(
            "recordatorio",
            {
                "type": "body",
                "parameters": [{"type": "text", "parameter_name": "shop", "text": "Coto"}],
            },
        ),
        132012,
        "Parameter name",
    ),
    "link button without its parameter": (
        template("resultado", header(), body_parameters("a", "b")),
        131008,
        "Button at index 1 of type Url requires a parameter",
    ),
    "button that is not there": (
        template("resultado", header(), body_parameters("a", "b"), button("url", "7", TEXT)),
        132000,
        "index 7",
    ),
    "button of another kind": (
        template("resultado", header(), body_parameters("a", "b"), button("url", "0", TEXT)),
        132012,
        "index 0",
    ),
    "text for a quick reply": (
        template(
            "resultado", header(), body_parameters("a", "b"), LINK, button("quick_reply", 0, TEXT)
        ),
        132012,
        "index 0",
    ),
    "four buttons": (buttons("1", "2", "3", "4"), 131009, "at most 3 items"),
    "same button twice": (buttons("Sí", "Sí"), 131009, "unique"),
    "long button": (buttons("x" * 21), 131009, "at most 20"),
    "eleven rows": (
        listed({"title": "A", "rows": rows(6)}, {"title": "B", "rows": rows(5, prefix="s")}),
        131009,
        "Total row count exceed max allowed count: 10",
    ),
    "sections without titles": (
        listed({"rows": rows(1)}, {"rows": rows(1, prefix="s")}),
        131009,
        "title is required",
    ),
    "same row twice": (listed({"rows": rows(1) + rows(1)}), 131009, "unique"),
}


@pytest.mark.parametrize(("body", "code", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_body_is_refused_as_meta_refuses_it(
    graph: Graph, body: dict[str, Any], code: int, said: str
) -> None:
    with pytest.raises(GraphFault) as refused:
        check_message(graph, graph.number(NUMBER_ID), body)

    assert refused.value.code == code
    assert said in f"{refused.value.message} {refused.value.details}"
    assert refused.value.envelope()["error"]["fbtrace_id"].startswith("A")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(GraphFault) as refused:
        decode(raw)

    assert refused.value.code == 100


def test_a_received_message_can_be_marked_read_with_typing(graph: Graph) -> None:
    mark = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": WAMID,
        "typing_indicator": {"type": "text"},
    }
    mark_read(graph, graph.number(NUMBER_ID), parse(mark, MarkRead))

    assert [(read.message_id, read.typing) for read in graph.reads] == [(WAMID, True)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"message_id": "wamid.unknown"}, id="a message never received"),
        pytest.param({"status": "delivered"}, id="another status"),
        pytest.param({"typing_indicator": {"type": "audio"}}, id="another indicator"),
        pytest.param({"to": "5491155550101"}, id="an unknown key"),
    ],
)
def test_a_bad_read_mark_is_refused(graph: Graph, change: dict[str, Any]) -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": WAMID}

    with pytest.raises(GraphFault):
        mark_read(graph, graph.number(NUMBER_ID), parse(mark | change, MarkRead))
    assert graph.reads == []


async def test_the_window_closes_after_a_day(graph: Graph) -> None:
    number = graph.number(NUMBER_ID)
    number.modes = NumberModes(window="error")
    await graph.clock.advance(24 * 3600)

    with pytest.raises(GraphFault) as refused:
        accept_message(graph, number, send=check_message(graph, number, HELLO), body=HELLO)
    assert refused.value.code == 131047


async def test_a_template_passes_outside_the_window(graph: Graph) -> None:
    number = graph.number(NUMBER_ID)
    number.modes = NumberModes(window="error")
    await graph.clock.advance(24 * 3600)
    body = GOOD["named template"]

    accepted = accept_message(graph, number, send=check_message(graph, number, body), body=body)

    assert accepted.fails_with is None
