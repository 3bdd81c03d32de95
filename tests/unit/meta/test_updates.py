"""Taking a body apart: each kind is known by its fixture, and what is odd is kept and named."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from acuse.errors import TooManyUpdates
from acuse.meta.identity import mark
from acuse.meta.kinds import KINDS
from acuse.meta.update import Update
from acuse.meta.updates import updates

FIXTURES = Path(__file__).parents[2] / "fixtures" / "meta"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WABA, NUMBER = "200000000000001", "100000000000001"
PERSON = "AR.7300000000000001"


def read(body: object) -> list[Update]:
    return updates(json.dumps(body).encode(), received_at=NOW)


def only(found: list[Update]) -> Update:
    assert len(found) == 1
    return found[0]


def fixture(name: str) -> Update:
    return only(updates((FIXTURES / f"{name}.json").read_bytes(), received_at=NOW))


def envelope(value: object, field: str = "messages", **entry: object) -> dict[str, Any]:
    change = {"field": field, "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": WABA, **entry, "changes": [change]}],
    }


def message(**members: object) -> dict[str, Any]:
    whole = {"id": "wamid.1", "from": "549", "timestamp": "1795000000", "type": "text"}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [whole | members]}
    return envelope(value)


def every_fixture() -> list[str]:
    return sorted(path.stem for path in FIXTURES.glob("*.json"))


@pytest.mark.parametrize("name", every_fixture())
def test_each_kind_is_known_by_its_fixture(name: str) -> None:
    found = fixture(name)

    # A file is named for its kind, then perhaps for what is special about it.
    assert found.kind in KINDS
    assert f"{name}.".startswith(f"{found.kind}.")
    assert (found.reason is None) == (found.kind != "unknown")


def test_a_message_says_who_sent_it_when_and_whose_it_is() -> None:
    found = fixture("message.image")

    assert (found.event_id, found.kind, found.field) == (
        "wamid.FIXIMAGE",
        "message.image",
        "messages",
    )
    assert (found.waba_id, found.phone_number_id, found.route) == (WABA, NUMBER, NUMBER)
    assert (found.sender, found.lane) == (PERSON, f"sender:{PERSON}")
    assert found.occurred_at == datetime.fromtimestamp(1795000000, tz=UTC)


def test_a_payload_holds_the_update_alone_as_meta_wrote_it() -> None:
    body = (FIXTURES / "message.text.json").read_bytes()

    payload = fixture("message.text").payload

    said, sent = json.loads(payload), json.loads(body)["entry"][0]
    value = sent["changes"][0]["value"]
    assert said == {
        "field": "messages",
        "entry_id": WABA,
        "metadata": value["metadata"],
        "contact": value["contacts"][0],
        "message": value["messages"][0],
    }
    assert rb"\u00a1Hola!" in payload


def test_everything_one_person_does_to_messages_shares_a_lane() -> None:
    names = ("message.text", "message.text.without_phone", "message.reaction", "edit", "revoke")

    assert {fixture(name).lane for name in names} == {f"sender:{PERSON}"}


def test_a_sender_is_known_by_the_contact_when_the_message_names_only_a_phone() -> None:
    body = message()
    body["entry"][0]["changes"][0]["value"]["contacts"] = [
        {"wa_id": "999", "user_id": "AR.other"},
        {"wa_id": "549", "user_id": PERSON},
    ]

    assert only(read(body)).sender == PERSON


def test_a_sender_without_a_user_id_is_known_by_the_phone() -> None:
    assert only(read(message(text={"body": "x"}))).sender == "549"


@pytest.mark.parametrize(
    ("name", "event_id"),
    [
        ("status", f"wamid.OURS4:delivered:{mark('5491155550101')}"),
        ("status.without_phone", f"wamid.OURS4:failed:{mark(PERSON)}"),
        ("status.group", f"wamid.OURS5:read:{mark('5491155550101')}"),
    ],
)
def test_a_status_is_known_by_its_message_its_state_and_its_recipient(
    name: str, event_id: str
) -> None:
    found = fixture(name)

    assert (found.event_id, found.sender) == (event_id, None)
    assert found.lane == f"status:{event_id.partition(':')[0]}"


def test_an_account_update_is_known_by_what_it_says_and_when() -> None:
    value = {"event": "APPROVED", "message_template_id": 71}
    field = "message_template_status_update"
    again = {"message_template_id": 71, "event": "APPROVED"}

    first, same, later, other = (
        only(read(envelope(said, field, time=time))).event_id
        for said, time in ((value, 1), (again, 1), (value, 2), ({"event": "PAUSED"}, 1))
    )

    assert first.startswith("sha256:")
    assert first == same
    assert len({first, later, other}) == 3


def test_several_people_in_one_value_keep_their_own_contact() -> None:
    value = {
        "metadata": {"phone_number_id": NUMBER},
        "contacts": [{"wa_id": "1", "user_id": "AR.1"}, {"wa_id": "2", "user_id": "AR.2"}],
        "messages": [
            {"id": "a", "from": "2", "type": "text", "text": NOTHING},
            {"id": "b", "from": "1", "type": "text", "text": NOTHING},
        ],
    }

    found = read(envelope(value))

    assert [(u.event_id, u.sender, u.ordinal) for u in found] == [
        ("a", "AR.2", 0),
        ("b", "AR.1", 1),
    ]
    assert [json.loads(u.payload)["contact"]["wa_id"] for u in found] == ["2", "1"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "malformed_json"),
        (b"not json", "malformed_json"),
        (b'{"entry": [', "malformed_json"),
        (b'{"object": "\xff"}', "malformed_json"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    ],
    ids=["empty", "text", "truncated", "not UTF-8", "nesting bomb"],
)
def test_what_cannot_be_read_is_kept_whole(body: bytes, reason: str) -> None:
    found = only(updates(body, received_at=NOW))

    assert (found.kind, found.reason) == ("unknown", reason)
    assert base64.b64decode(json.loads(found.payload)["raw_base64"]) == body


NOTHING: dict[str, object] = {}
ODD: list[tuple[object, str]] = [
    ([1], "not_an_object"),
    (NOTHING, "not_whatsapp"),
    ({"object": "page", "entry": [*NOTHING]}, "not_whatsapp"),
    ({"object": "whatsapp_business_account", "entry": NOTHING}, "not_whatsapp"),
    ({"object": "whatsapp_business_account", "entry": [*NOTHING]}, "empty"),
    ({"object": "whatsapp_business_account", "entry": [7]}, "no_changes"),
    ({"object": "whatsapp_business_account", "entry": [{"id": WABA}]}, "no_changes"),
    ({"object": "whatsapp_business_account", "entry": [{"changes": [NOTHING]}]}, "no_value"),
    (envelope("text"), "wrong_type"),
    (envelope({"messages": NOTHING}), "wrong_type"),
    (envelope({"messages": [3]}), "wrong_type"),
    (envelope({"statuses": [{"id": 3}]}), "wrong_type"),
    (envelope({"statuses": [{"status": "sent"}]}), "missing_id"),
    (envelope({"metadata": NOTHING}), "empty"),
    (envelope({"messages_v2": [NOTHING]}), "unknown_part"),
    (envelope(NOTHING, "no_such_field"), "unknown_field"),
    (envelope(NOTHING, "bad\u0000field"), "unknown_field"),
    (message(id=None), "missing_id"),
    (message(id=""), "missing_id"),
    (message(id=5), "wrong_type"),
    (message(type=None), "missing_type"),
    (message(type="hologram"), "unknown_type"),
    (message(type="image"), "missing_content"),
    (message(type="image", image="x"), "missing_content"),
]


@pytest.mark.parametrize(("body", "reason"), ODD)
def test_what_is_odd_is_kept_with_the_reason(body: object, reason: str) -> None:
    found = read(body)

    assert [(u.kind, u.reason) for u in found] == [("unknown", reason)]
    json.loads(found[0].payload)


def test_an_odd_message_does_not_cost_its_neighbours() -> None:
    value = message(text={})["entry"][0]["changes"][0]["value"]
    value["messages"] += [{"id": 1}, {"id": "wamid.2", "type": "text", "text": {}}]

    assert [u.kind for u in read(envelope(value))] == ["message.text", "unknown", "message.text"]


@pytest.mark.parametrize("wamid", ["a\u0000b", "a\nb", "x" * 401], ids=["nul", "newline", "long"])
def test_an_id_that_cannot_be_a_key_is_hashed(wamid: str) -> None:
    first, second = (only(read(message(id=wamid, text={}))).event_id for _ in "ab")

    assert first == second
    assert first.startswith("sha256:")
    assert len(first) < 100


@pytest.mark.parametrize(
    "timestamp",
    ["", "soon", "-1", "0", 1e300, None, "9" * 50, 5, ["1795000000"], "1e9", "99999999999"],
)
def test_a_time_that_makes_no_sense_is_the_time_of_receipt(timestamp: object) -> None:
    assert only(read(message(timestamp=timestamp, text={}))).occurred_at == NOW


def test_a_time_too_far_ahead_is_the_time_of_receipt() -> None:
    ahead = int((NOW + timedelta(days=2)).timestamp())

    assert only(read(message(timestamp=str(ahead), text={}))).occurred_at == NOW


def test_half_a_surrogate_pair_costs_nothing_and_is_kept() -> None:
    body = json.dumps(message(text={"body": "cut"})).replace("cut", r"\ud83d \ud83d\ude00 \\ud83d")

    found = only(updates(body.encode(), received_at=NOW))

    assert (found.kind, found.event_id) == ("message.text", "wamid.1")
    assert rb'"\ud83d \ud83d\ude00 \\ud83d"' in found.payload


def test_numbers_too_large_for_any_type_are_kept_as_written() -> None:
    body = json.dumps(message(text={"n": 1})).replace('"n": 1', '"n": 1e999999, "m": ' + "9" * 5000)

    assert b"1e999999" in only(updates(body.encode(), received_at=NOW)).payload


def test_a_thousand_updates_are_taken_and_one_more_is_refused() -> None:
    one: dict[str, object] = {"id": "a", "type": "text", "text": NOTHING}

    assert len(read(envelope({"messages": [one] * 1000}))) == 1000
    with pytest.raises(TooManyUpdates):
        read(envelope({"messages": [one] * 1001}))


def test_real_bodies_of_public_projects_are_understood() -> None:
    folder = Path(__file__).parents[4] / "shared" / "payloads"
    if not folder.exists():
        pytest.skip("the collected payloads are not here")

    found = [updates(path.read_bytes(), received_at=NOW) for path in folder.glob("*.json")]
    odd = [update.reason for batch in found for update in batch if update.reason]

    # One message without its content; one file that holds a second body beside the first.
    assert len(found) > 100
    assert sorted(odd) == ["missing_content", "unknown_part"]
