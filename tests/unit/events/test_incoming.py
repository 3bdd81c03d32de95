"""Payloads: what Meta wrote is understood, and nothing that it could write breaks us."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.conversation.incoming import content, identities_of, message_of, sender_of, status_of
from acuse.conversation.senders import Person
from acuse.conversation.shapes import Attachment, Edit, Revoke, Text
from acuse.conversation.storable import storable
from acuse.errors import PayloadUnreadable

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["id", "from", "from_user_id", "type", "text", "image", "edit", "revoke", "system", "errors",
     "context", "body", "original_message_id", "message", "user_id", "wa_id", "profile", "name",
     "status", "recipient_id", "pricing", "user_id_update", "previous", "current"]
)  # fmt: skip
SHAPED = st.recursive(
    ANYTHING, lambda inner: st.dictionaries(NAMES, inner, max_size=6), max_leaves=12
)


def payload(**parts: Any) -> bytes:
    return json.dumps({"field": "messages", "entry_id": "900", **parts}).encode()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "message": SHAPED,
            "contact": SHAPED,
            "status": SHAPED,
            "value": SHAPED,
        },
    )
)
def test_nothing_that_can_be_written_raises_anything_else(parts: dict[str, Any]) -> None:
    text = payload(**parts)
    with suppress(PayloadUnreadable):
        message = message_of(text)
        assert isinstance(message.context_id, str | None)
        assert isinstance(message.was_too_large, bool)
        for kind, raw in (
            (Text, message.text),
            (Attachment, message.image),
            (Edit, message.edit),
            (Revoke, message.revoke),
        ):
            with suppress(PayloadUnreadable):
                content(kind, raw)
    with suppress(PayloadUnreadable):
        person = sender_of(text)
        assert person.user_id or person.wa_id
    with suppress(PayloadUnreadable):
        status = status_of(text)
        assert isinstance(status.recipient, str)
        assert isinstance(status.error_code, int | None)
    identities_of(text)


@given(st.text(st.characters(codec=None), max_size=50))
def test_what_is_kept_of_a_text_can_be_stored(text: str) -> None:
    kept = storable(text)

    assert (kept is None) is (text == "")
    if kept is not None:
        assert "\x00" not in kept
        assert len(kept.encode()) >= len(kept) == len(text)


def test_a_sender_is_known_by_id_and_phone_wherever_meta_puts_them() -> None:
    contact = {"wa_id": "54911", "user_id": "AR.1", "profile": {"name": "Ana", "username": "ana"}}
    whole = Person("AR.1", "54911", "Ana", "ana")

    assert sender_of(payload(message={"id": "a"}, contact=contact)) == whole
    assert sender_of(payload(message={"from": "54911", "from_user_id": "AR.1"})) == Person(
        "AR.1", "54911"
    )
    with pytest.raises(PayloadUnreadable):
        sender_of(payload(message={"id": "a"}, contact={"profile": {"name": "Ana"}}))


@pytest.mark.parametrize("spoilt", [5, "x", [], {"name": 5}, {"name": ["a"]}])
def test_a_profile_or_context_of_another_shape_costs_nothing_else(spoilt: object) -> None:
    text = payload(
        message={"from": "54911", "context": spoilt, "errors": spoilt},
        contact={"wa_id": "54911", "profile": spoilt},
    )

    assert sender_of(text) == Person(None, "54911")
    assert message_of(text).context_id is None
    assert not message_of(text).was_too_large


def test_ids_too_long_for_an_index_are_hashed() -> None:
    person = sender_of(payload(message={"from_user_id": "A" * 5000}))

    assert person.user_id is not None
    assert person.user_id.startswith("sha256:")


def test_an_edit_says_its_new_words_and_media() -> None:
    said = {"type": "image", "image": {"id": "m2", "caption": "nueva"}}
    message = message_of(payload(message={"edit": {"original_message_id": "w", "message": said}}))

    edit = content(Edit, message.edit)

    assert edit.message.body == "nueva"
    assert edit.message.attachment == Attachment(id="m2", caption="nueva")
