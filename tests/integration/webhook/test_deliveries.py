"""Over real HTTP into a real PostgreSQL: what is accepted is stored, once, exactly as it came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acuse.meta.updates import updates
from acuse.tenants.tenant import NO_TENANT, tenant_id
from acuse_webhook.app import APP_PATH
from support.databases import Database
from support.eventually import until
from support.intake import ACME, Intake, intake, message, two_tenants
from support.tenant_folder import TenantFolder

PAYLOADS = Path(__file__).parents[4] / "shared" / "payloads"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "meta"
OK = (200, "ok")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> TenantFolder:
    return two_tenants(tmp_path)


@pytest.fixture
async def running(database: Database, folder: TenantFolder) -> AsyncIterator[Intake]:
    async with intake(database, folder) as started:
        yield started


async def test_a_delivery_is_stored_before_it_is_answered(running: Intake) -> None:
    assert await running.post(message("wamid.1")) == OK

    assert running.rows("region, tenant_id, event_id, provider") == [
        ("local", tenant_id("shops.acme"), "wamid.1", "meta.whatsapp")
    ]
    assert running.rows("kind, field, waba_id, phone_number_id") == [
        ("message.text", "messages", "222", "111")
    ]
    assert running.rows("status, lane, ordinal, reason, processed_at") == [
        ("received", "sender:5491155550101", 0, None, None)
    ]


async def test_a_delivery_sent_again_is_accepted_and_kept_once(running: Intake) -> None:
    answers = [await running.post(message("wamid.1")) for _ in range(3)]
    answers += await asyncio.gather(*(running.post(message("wamid.2")) for _ in range(20)))

    assert answers == [OK] * 23
    assert running.rows() == [("wamid.1",), ("wamid.2",)]
    assert 'kind="message.text",outcome="duplicate"' in await running.metric("acuse_intake_updates")


async def test_the_same_event_twice_in_one_body_is_kept_once(running: Intake) -> None:
    body = json.loads(message("wamid.1"))
    body["entry"] *= 2

    assert await running.post(json.dumps(body).encode()) == OK
    assert running.rows() == [("wamid.1",)]


async def test_a_body_of_a_thousand_updates_is_stored_whole(running: Intake) -> None:
    body = json.loads(message("wamid.0"))
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    messages += [messages[0] | {"id": f"wamid.{n}"} for n in range(1, 1000)]

    assert await running.post(json.dumps(body).encode()) == OK
    assert len(running.rows()) == 1000


async def test_every_kind_is_accepted_and_stored(running: Intake) -> None:
    files = sorted(FIXTURES.glob("*.json"))
    found = {path.stem: updates(path.read_bytes(), received_at=NOW)[0] for path in files}

    answers = [await running.post(path.read_bytes()) for path in files]

    assert set(answers) == {OK}
    assert set(running.rows("event_id, kind, status, reason")) == {
        (u.event_id, u.kind, "ignored" if u.reason else "received", u.reason)
        for u in found.values()
    }


async def test_all_collected_bodies_are_accepted_and_stored(running: Intake) -> None:
    if not PAYLOADS.exists():
        pytest.skip("the collected payloads are not here")
    bodies = [path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))]

    answers = await asyncio.gather(
        *(running.post(body, path=APP_PATH, secret="platform") for body in bodies)
    )

    assert set(answers) == {OK}
    expected = {update.event_id for body in bodies for update in updates(body, received_at=NOW)}
    assert {event_id for (event_id,) in running.rows()} == expected
    # Their numbers are nobody's here, or not of the platform's app.
    assert {row[:2] for row in running.rows("tenant_id, status")} == {(NO_TENANT, "ignored")}


HOSTILE: dict[str, tuple[bytes, str]] = {
    "not json": (b"hello", "malformed_json"),
    "not utf-8": (b'{"object": "\xff\xfe"}', "malformed_json"),
    "truncated": (message("wamid.1")[:-20], "malformed_json"),
    "nesting bomb": (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "too_deep"),
    "deep but legal": (b'{"object":' + b"[" * 900 + b"]" * 900 + b"}", "not_whatsapp"),
    "huge number": (b'{"object": 1e999999999, "entry": ' + b"9" * 10_000 + b"}", "not_whatsapp"),
    "a list": (b"[1, 2, 3]", "not_an_object"),
    "nul in a field": (
        message("wamid.1").replace(b'"messages", "v', b'"m\\u0000s", "v'),
        "unknown_field",
    ),
    "no type": (message("wamid.1", type=None), "missing_type"),
    "unknown type": (message("wamid.2", type="hologram"), "unknown_type"),
    "no id": (message(""), "missing_id"),
    "duplicate keys": (b'{"object": 1, "object": 2}', "not_whatsapp"),
}


async def test_a_hostile_body_is_accepted_and_kept_as_unknown(running: Intake) -> None:
    answers = {name: await running.post(body) for name, (body, _) in HOSTILE.items()}

    assert answers == dict.fromkeys(HOSTILE, OK)
    rows = running.rows("kind, status, reason, event_id")
    assert {(kind, status) for kind, status, _, _ in rows} == {("unknown", "ignored")}
    assert sorted(reason for _, _, reason, _ in rows) == sorted(r for _, r in HOSTILE.values())


TEXTS = [
    r"\u0000",
    r"half \ud83d pair",
    r"\u2028\u0007\ufdd0",
    r"\u00e1\/\u003c",
    r"\ud83d\ude00",
    r"\"\\",
    r"\\u0000 \\ud83d",
    "á ñ 😀",
]


async def test_any_text_is_stored_exactly_as_it_was_written(running: Intake) -> None:
    for number, text in enumerate(TEXTS):
        body = message(f"wamid.{number}", text="TEXT").replace(b"TEXT", text.encode())
        assert await running.post(body) == OK

    stored = running.rows("kind, payload::text, event_id")
    assert {kind for kind, _, _ in stored} == {"message.text"}
    for text, (_, payload, _) in zip(TEXTS, stored, strict=True):
        assert f'{{"body": "{text}"}}' in payload


async def test_ids_that_cannot_be_keys_are_stored_under_their_hash(running: Intake) -> None:
    for wamid in ("a\u0000b", "x" * 5000, "tab\there"):
        assert await running.post(message(wamid)) == OK

    stored = [event_id for (event_id,) in running.rows()]
    assert len(stored) == 3
    assert all(event_id.startswith("sha256:") for event_id in stored)


async def test_the_apps_route_finds_the_tenant_of_each_update(running: Intake) -> None:
    mine, new = (
        json.loads(message("wamid.b", phone="333", waba="444")),
        message("wamid.x", phone="9"),
    )
    mine["entry"] += json.loads(new)["entry"]

    assert await running.post(json.dumps(mine).encode(), path=APP_PATH, secret="platform") == OK
    assert running.rows("event_id, tenant_id, status, reason") == [
        ("wamid.b", tenant_id("shops.bodega"), "received", None),
        ("wamid.x", NO_TENANT, "ignored", "no_tenant"),
    ]


async def test_the_platforms_secret_does_not_open_a_tenant_with_its_own_app(
    running: Intake,
) -> None:
    assert await running.post(message("wamid.1"), path=APP_PATH, secret="platform") == OK

    assert running.rows("tenant_id, status, reason, event_id") == [
        (NO_TENANT, "ignored", "secret_not_of_tenant", "wamid.1")
    ]


async def test_meta_verifies_each_route_with_its_own_token(running: Intake) -> None:
    async def verify(path: str, token: str, **changed: str) -> tuple[int, str]:
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        answer = await running.http.get(path, params=query | changed)
        return answer.status_code, answer.text

    good = [await verify(ACME, "verify-acme"), await verify(APP_PATH, "verify-app")]
    bad = [
        await verify(ACME, "verify-bodega"),
        await verify(ACME, ""),
        await verify(ACME, "verify-acmé"),
        await verify(ACME, "verify-acme", **{"hub.mode": "unsubscribe"}),
        await verify(ACME, "verify-acme", **{"hub.challenge": ""}),
        await verify(ACME, "verify-acme", **{"hub.challenge": "x" * 2000}),
    ]

    assert good == [(200, "1158201444")] * 2
    assert {status for status, _ in bad} == {403}
    assert all("verification_failed" in text for _, text in bad)


async def test_two_secrets_are_valid_while_one_is_rotated(
    running: Intake, folder: TenantFolder
) -> None:
    async def accepted(body: bytes, *, secret: str) -> bool:
        return await running.post(body, secret=secret) == OK

    async def refused(body: bytes, *, secret: str) -> bool:
        return await running.post(body, secret=secret) == (401, "bad_signature")

    folder.secret("acme-whatsapp", previousAppSecret="secret-acme", appSecret="next")
    await until(lambda: accepted(message("wamid.1"), secret="next"))
    assert await running.post(message("wamid.2"), secret="secret-acme") == OK

    (folder.path / "secrets/shops/acme-whatsapp/previousAppSecret").unlink()
    await until(lambda: refused(message("wamid.3"), secret="secret-acme"))
    assert await running.post(message("wamid.4"), secret="next") == OK
