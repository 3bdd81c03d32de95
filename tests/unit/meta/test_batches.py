"""However Meta batches its updates, each is found exactly once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from acuse.meta import kinds, wire
from acuse.meta.updates import updates

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DIGITS = st.integers(1, 5).map(str)
TEXTS = st.text(max_size=10)

# Each item is (what it is, a body for it); its own number is put in later, to tell it apart.
MESSAGES = st.sampled_from(["text", "image", "reaction", "edit", "revoke", "hologram"])
STATUSES = st.sampled_from(["sent", "delivered", "read", "failed", "other"])
ITEMS = st.lists(
    st.one_of(
        st.tuples(st.just("messages"), MESSAGES, TEXTS),
        st.tuples(st.just("statuses"), STATUSES, TEXTS),
        st.tuples(st.just("errors"), st.just("error"), TEXTS),
    ),
    min_size=1,
    max_size=5,
)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("messages"), DIGITS, ITEMS),
        st.tuples(st.sampled_from(["account_update", "history", "new_field"]), DIGITS, st.none()),
    ),
    min_size=1,
    max_size=4,
)
BATCHES = st.lists(st.tuples(DIGITS, CHANGES), min_size=1, max_size=4)


def item(kind: str, variant: str, said: str, number: int) -> dict[str, Any]:
    if kind == "messages":
        sender = {"from": f"54911{number % 3}", "timestamp": "1795000000"}
        return {"id": f"wamid.{number}", "type": variant, variant: {"x": said}, **sender}
    if kind == "statuses":
        return {"id": f"wamid.{number}", "status": variant, "recipient_id": said}
    return {"code": number, "title": said}


class Numbered:
    """Builds a body from a plan, and remembers where it put which update."""

    def __init__(self, plan: list[tuple[str, list[Any]]]) -> None:
        self.expected: list[tuple[str, str | None, int]] = []
        self.entries = [
            {"id": waba, "changes": [self.change(waba, *change) for change in changes]}
            for waba, changes in plan
        ]

    def next(self, waba: str, phone: str | None) -> int:
        self.expected.append((waba, phone, len(self.expected)))
        return len(self.expected) - 1

    def change(
        self, waba: str, field: str, phone: str, items: list[tuple[str, str, str]] | None
    ) -> dict[str, Any]:
        if items is None:
            return {"field": field, "value": {"number": self.next(waba, None)}}
        value: dict[str, Any] = {"metadata": {"phone_number_id": phone}}
        # In the order in which a value is read: messages, statuses, errors.
        for kind, variant, said in sorted(items, key=lambda i: "mse".index(i[0][0])):
            one = item(kind, variant, said, self.next(waba, phone))
            value.setdefault(kind, []).append(one)
        return {"field": field, "value": value}

    @property
    def body(self) -> bytes:
        return json.dumps({"object": "whatsapp_business_account", "entry": self.entries}).encode()


def number_in(payload: bytes) -> int:
    said = json.loads(payload)
    if "value" in said:
        value = said["value"]
        return int(value["number"] if "number" in value else value["code"])
    return int((said.get("message") or said["status"])["id"].removeprefix("wamid."))


@settings(max_examples=200, deadline=None)
@given(BATCHES)
def test_each_update_of_a_batch_is_found_exactly_once(plan: list[tuple[str, list[Any]]]) -> None:
    batch = Numbered(plan)

    found = updates(batch.body, received_at=NOW)

    assert [(u.waba_id, u.phone_number_id, number_in(u.payload)) for u in found] == batch.expected
    assert [u.ordinal for u in found] == list(range(len(found)))
    assert len({u.event_id for u in found}) == len(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["object", "entry", "id", "changes", "field", "value", "messages", "type"]
            )
            | st.text(max_size=3),
            inner,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_no_json_whatever_is_lost_or_raises(document: object) -> None:
    found = updates(json.dumps(document).encode(), received_at=NOW)

    assert found
    for update in found:
        json.loads(update.payload)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_whatever_are_lost_or_raise(body: bytes) -> None:
    assert len(updates(body, received_at=NOW)) >= 1


@settings(max_examples=200, deadline=None)
@given(BATCHES)
def test_the_usual_shape_is_taken_apart_as_any_other(plan: list[tuple[str, list[Any]]]) -> None:
    """A number beside the known parts makes a body unusual, and is itself no update."""
    usual = Numbered(plan).body
    unusual = usual.replace(b"{", b'{"version": 1, ', 1)
    for part in (b'{"field": ', b'{"metadata": ', b'{"changes": '):
        unusual = unusual.replace(part, b'{"version": 1, ' + part[1:])

    assert updates(unusual, received_at=NOW) == updates(usual, received_at=NOW)


def test_every_known_type_of_message_has_a_place_for_its_content() -> None:
    names = set(wire.Message.__struct_fields__)

    assert names >= kinds.MESSAGE_TYPES - kinds.CONTENTLESS
