"""What people send has the shape of Meta's own webhooks."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, cast

import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.contract import Inbound, Person
from acuse_lab.graph.media import describe
from support.graph_numbers import ANA, NUMBER_ID

# Real-shaped bodies of public projects, outside the repository; not everyone has them.
PAYLOADS = Path(__file__).resolve().parents[4] / "shared" / "payloads"
PHOTO = describe(b"photo", mime_type="image/jpeg")
FILE = describe(b"%PDF", mime_type="application/pdf", filename="factura.pdf")
VOICE = describe(b"ogg", mime_type="audio/ogg; codecs=opus")
WEBP = describe(b"webp", mime_type="image/webp")

BUILT: dict[str, tuple[inbound.Message, str]] = {
    "text": (inbound.text("hola"), "david-lev__message.text"),
    "image": (inbound.image(PHOTO), "david-lev__message.image"),
    "image with caption": (
        inbound.image(PHOTO, caption="peaje"),
        "facebook__openapi.Image_Message",
    ),
    "document": (
        inbound.forwarded(inbound.document(FILE, caption="factura")),
        "david-lev__message.document",
    ),
    "video": (
        inbound.forwarded(inbound.video(PHOTO, caption="así")),
        "david-lev__message.video",
    ),
    "voice": (inbound.audio(VOICE), "david-lev__message.voice"),
    "audio": (inbound.forwarded(inbound.audio(VOICE, voice=False)), "david-lev__message.audio"),
    "sticker": (inbound.sticker(WEBP), "david-lev__message.static_sticker"),
    "location": (
        inbound.forwarded(inbound.location(-34.6, -58.4)),
        "david-lev__message.current_location",
    ),
    "reaction": (inbound.reaction("wamid.x", "👍"), "david-lev__message.reaction"),
    "reaction removed": (
        inbound.reaction("wamid.x", None),
        "david-lev__message.unreaction_no_emoji",
    ),
    "button reply": (
        inbound.button_reply("yes", "Sí", quoted="wamid.x", business="54911"),
        "david-lev__callback_button.button",
    ),
    "quick reply": (
        inbound.button("yes", shown="Sí", quoted="wamid.x", business="54911"),
        "david-lev__callback_button.quick_reply",
    ),
    "revoke": (inbound.revoke("wamid.x"), "david-lev__deleted_message.revoke"),
    "system": (
        inbound.changed_number("5491155550101", "5491155550102"),
        "david-lev__system.phone_number_change",
    ),
    "unsupported": (inbound.unsupported(), "david-lev__message.unsupported"),
}


def shape(value: Any) -> Any:
    """Return the keys of a message all the way down, with the types of the leaves."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {key: shape(part) for key, part in known.items()}
    return type(value).__name__


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the shared payloads are not here")
@pytest.mark.parametrize(("message", "payload"), BUILT.values(), ids=BUILT.keys())
def test_a_message_has_the_shape_of_metas(message: inbound.Message, payload: str) -> None:
    body = json.loads((PAYLOADS / f"{payload}.json").read_text(encoding="utf-8"))
    real = body["entry"][0]["changes"][0]["value"]["messages"][0]
    no_phone_id = Person(name="Ana", wa_id="54911", user_id=None)
    made = inbound.stamped(
        Inbound(phone_number_id=NUMBER_ID, person=no_phone_id, message=message), at=0.0
    )

    assert shape(made) == shape(real)


def test_a_message_says_who_when_and_under_a_new_id() -> None:
    given = Inbound(phone_number_id=NUMBER_ID, person=ANA, message=inbound.text("hola"))
    first, second = (inbound.stamped(given, at=1_800_000_000.9) for _ in "ab")

    assert first["from"] == ANA.wa_id
    assert first["from_user_id"] == ANA.user_id
    assert first["timestamp"] == "1800000000"
    assert first["id"] != second["id"]


def test_a_wamid_holds_the_persons_number() -> None:
    given = Inbound(phone_number_id=NUMBER_ID, person=ANA, message=inbound.text("hola"))
    wamid = inbound.stamped(given, at=0.0)["id"]

    assert str(ANA.wa_id).encode() in base64.b64decode(wamid.removeprefix("wamid."))


def test_a_person_without_a_phone_is_known_by_user_id_only() -> None:
    person = Person(name="Ana", wa_id=None, user_id="AR.1", username="ana")
    given = Inbound(phone_number_id=NUMBER_ID, person=person, message=inbound.text("hola"))

    assert "from" not in inbound.stamped(given, at=0.0)
    assert inbound.contact_of(person) == {
        "profile": {"name": "Ana", "username": "ana"},
        "user_id": "AR.1",
    }


def test_a_webhooks_digest_is_base64_where_the_descriptions_is_hexadecimal() -> None:
    digest = hashlib.sha256(b"photo")

    assert PHOTO.sha256 == digest.hexdigest()
    assert inbound.image(PHOTO)["image"]["sha256"] == base64.b64encode(digest.digest()).decode()


def test_an_edit_carries_the_new_message_whole() -> None:
    edited = inbound.edit("wamid.x", inbound.quoting(inbound.text("otra"), "M0"))

    assert edited == {
        "type": "edit",
        "edit": {
            "original_message_id": "wamid.x",
            "message": {"context": {"id": "M0"}, "type": "text", "text": {"body": "otra"}},
        },
    }


def test_a_list_reply_names_the_row_and_what_it_answers() -> None:
    message = inbound.list_reply("r1", "Fila", quoted="wamid.x", business="54911")

    assert message["interactive"]["list_reply"] == {"id": "r1", "title": "Fila"}
    assert message["context"] == {"from": "54911", "id": "wamid.x"}


def test_contact_cards_have_names_and_phones() -> None:
    [card] = inbound.contacts(("Ana Sosa", "+54 9 11"))["contacts"]

    assert card["name"] == {"first_name": "Ana", "formatted_name": "Ana Sosa"}
    assert card["phones"] == [{"phone": "+54 9 11", "type": "CELL"}]
