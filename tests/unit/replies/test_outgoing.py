"""Which replies go as one message, and what that message is."""

from __future__ import annotations

import dataclasses
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.replies import content
from acuse.replies.claiming import Claimed, together
from acuse.replies.content import Content, fit_together, ids_in, joined
from acuse.replies.outgoing import to_message
from support.replies import ACME, NUMBER

ANA = UUID(int=1)
BETO = UUID(int=2)


def claimed(said: str | Content, *, sender: UUID = ANA, number: str = "1") -> Claimed:
    what = content.text(said) if isinstance(said, str) else said
    return Claimed(
        id=uuid4(),
        tenant_id=ACME.id,
        sender_id=sender,
        phone_number_id=number,
        kind=what.kind,
        content=msgspec.json.encode(what.data),
        context_id="wamid.in",
        retries=0,
        attempt=1,
        wa_id="5491155550101",
        user_id="AR.1",
        window_open=True,
    )


DOCUMENT = content.document("777", filename="constancia.pdf", caption="Tu constancia")
TEMPLATE = content.template("aviso", locale="es-AR")


def test_texts_of_one_sender_go_together_and_others_do_not() -> None:
    one, two, other = claimed("uno"), claimed("dos"), claimed("tres", sender=BETO)

    assert together([one, other, two]) == [(one, two), (other,)]


@pytest.mark.parametrize("between", [DOCUMENT, TEMPLATE], ids=["document", "template"])
def test_what_is_no_text_keeps_its_place(between: Content) -> None:
    one, two, three, four = claimed("1"), claimed("2"), claimed(between), claimed("4")

    assert together([one, two, three, four]) == [(one, two)]
    assert together([three, four]) == [(three,)]


def test_texts_of_another_number_wait() -> None:
    one, two = claimed("1"), claimed("2", number="2")

    assert together([one, two]) == [(one,)]


def test_texts_outside_the_window_go_one_by_one() -> None:
    late = [dataclasses.replace(claimed(said), window_open=False) for said in "ab"]

    assert together(late) == [(late[0],)]


@given(st.lists(st.integers(1, 4096), min_size=1, max_size=30))
def test_no_message_is_longer_than_meta_takes(lengths: list[int]) -> None:
    bodies = ["x" * length for length in lengths]
    count = fit_together(bodies)

    assert 1 <= count <= 12
    assert len(joined(bodies[:count])) <= 4096
    assert count in {12, len(bodies)} or len(joined(bodies[: count + 1])) > 4096


def test_one_text_quotes_its_message_and_several_quote_none() -> None:
    one, two = claimed("uno"), claimed("dos")

    alone, both = to_message((one,), ACME), to_message((one, two), ACME)

    assert alone == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5491155550101",
        "type": "text",
        "text": {"body": "uno", "preview_url": False},
        "context": {"message_id": "wamid.in"},
        "biz_opaque_callback_data": str(one.id),
    }
    assert both is not None
    assert both["text"] == {"body": "uno\n\ndos", "preview_url": False}
    assert "context" not in both
    assert ids_in(both["biz_opaque_callback_data"]) == [one.id, two.id]


def test_outside_the_window_a_text_becomes_the_tenants_template() -> None:
    late = dataclasses.replace(claimed("¡Listo!\nKiosco"), window_open=False)
    tenant = dataclasses.replace(ACME, result_template="acuse_resultado", numbers=(NUMBER,))

    body = to_message((late,), tenant)

    assert body is not None
    assert (body["type"], "text" in body, "context" in body) == ("template", False, False)
    assert body["template"] == {
        "name": "acuse_resultado",
        "language": {"code": "es_AR"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "¡Listo! Kiosco"}]}
        ],
    }


def test_outside_the_window_nothing_else_can_be_said() -> None:
    document = dataclasses.replace(claimed(DOCUMENT), window_open=False)
    text = dataclasses.replace(claimed("hola"), window_open=False)
    template = dataclasses.replace(claimed(TEMPLATE), window_open=False)
    tenant = dataclasses.replace(ACME, result_template="acuse_resultado")

    assert to_message((document,), tenant) is None
    assert to_message((text,), ACME) is None
    assert to_message((template,), ACME) is not None


def test_a_document_is_sent_as_it_was_put_in() -> None:
    body = to_message((claimed(DOCUMENT),), ACME)

    assert body is not None
    assert body["document"] == {
        "id": "777",
        "filename": "constancia.pdf",
        "caption": "Tu constancia",
    }


def test_the_longest_list_of_ids_fits_what_meta_echoes() -> None:
    ids = [uuid4() for _ in range(content.MOST_TOGETHER)]
    data = ",".join(map(str, ids))

    assert len(data) <= 512
    assert ids_in(data) == ids


@pytest.mark.parametrize("data", [None, "", "order-77", f"{UUID(int=1)},x", "\0"])
def test_data_of_another_program_names_no_reply(data: str | None) -> None:
    assert ids_in(data) == []


def test_a_claimed_reply_shows_neither_content_nor_person() -> None:
    shown = repr(claimed("secreto"))

    assert "secreto" not in shown
    assert "5491155550101" not in shown
