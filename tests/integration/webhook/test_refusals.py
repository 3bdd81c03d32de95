"""Over real HTTP: the forged, foreign, oversize or slow is refused, and nothing is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acuse.meta.signature import sign
from acuse_webhook.app import APP_PATH
from acuse_webhook.body import MAX_BODY
from support.databases import Database
from support.intake import ACME, BODEGA, Intake, intake, message, two_tenants
from support.raw_http import converse, head

BODY = message("wamid.1")
SIGNATURE = f"X-Hub-Signature-256: {sign(BODY, b'secret-acme').decode()}"
LENGTH = f"Content-Length: {len(BODY)}"


@pytest.fixture
async def running(database: Database, tmp_path: Path) -> AsyncIterator[Intake]:
    settings = {"intake_body_timeout": 1.0, "intake_head_timeout": 1.0}
    async with intake(database, two_tenants(tmp_path), **settings) as started:
        yield started
        assert started.rows() == []


async def test_a_forged_body_is_refused(running: Intake) -> None:
    good = sign(BODY, b"secret-acme").decode()
    forged = [good[:-1] + ("0" if good[-1] != "0" else "1"), "", "sha256=", good.upper(), "sha1=0"]

    async def post(signature: str) -> tuple[int, str]:
        headers = {"X-Hub-Signature-256": signature}
        answer = await running.http.post(ACME, content=BODY, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert {await post(signature) for signature in forged} == {(401, "bad_signature")}
    unsigned = await running.http.post(ACME, content=BODY)
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "bad_signature")


async def test_a_body_written_again_after_it_was_signed_is_refused(running: Intake) -> None:
    signature = sign(BODY, b"secret-acme").decode()
    rewritten = json.dumps(json.loads(BODY), ensure_ascii=False).encode()

    answer = await running.http.post(
        ACME, content=rewritten, headers={"X-Hub-Signature-256": signature}
    )

    assert answer.status_code == 401


async def test_another_tenants_secret_opens_nothing(running: Intake) -> None:
    refused = (401, "bad_signature")

    assert await running.post(BODY, secret="platform") == refused
    assert await running.post(BODY, path=BODEGA, secret="secret-acme") == refused
    assert await running.post(BODY, path=APP_PATH, secret="secret-acme") == refused


async def test_a_body_with_anothers_number_or_account_is_refused_whole(running: Intake) -> None:
    both = json.loads(BODY)
    both["entry"] += json.loads(message("wamid.2", phone="333", waba="444"))["entry"]
    account = {"id": "444", "changes": [{"field": "account_update", "value": {"event": "X"}}]}
    other = {"object": "whatsapp_business_account", "entry": [account]}

    for body in (both, other):
        assert await running.post(json.dumps(body).encode()) == (403, "foreign_number")


async def test_an_unknown_tenant_or_path_is_not_found(running: Intake) -> None:
    paths = [f"{APP_PATH}/shops.nobody", f"{APP_PATH}/shops.acme/x", f"{APP_PATH}x", "/", "/docs"]

    answers = {path: await running.post(BODY, path=path) for path in paths}

    assert {status for status, _ in answers.values()} == {404}
    assert answers[paths[0]] == (404, "unknown_tenant")


async def test_other_methods_are_refused(running: Intake) -> None:
    answer = await running.http.put(ACME, content=BODY)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_an_answer_repeats_nothing_of_what_was_sent(running: Intake) -> None:
    body = message("wamid.SECRETWORD", phone="99912345", text="SECRETWORD")
    headers = {"X-Hub-Signature-256": sign(body, b"secret-acme").decode()}

    answer = await running.http.post(ACME, content=body, headers=headers)

    assert answer.status_code == 403
    assert set(answer.json()) == {"code", "detail"}
    assert not any(word in answer.text for word in ("SECRETWORD", "99912345", "shops"))


async def test_a_body_announced_as_too_large_is_refused_before_it_is_read(running: Intake) -> None:
    answer = await converse(running.port, head(ACME, f"Content-Length: {MAX_BODY + 1}"))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"body_too_large"' in answer


async def test_a_body_that_turns_out_too_large_is_refused(running: Intake) -> None:
    chunk = b"%x\r\n%b\r\n" % (65536, b" " * 65536)

    answer = await converse(running.port, head(ACME, "Transfer-Encoding: chunked"), *[chunk] * 49)

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_of_just_three_megabytes_is_read(running: Intake) -> None:
    assert await running.post(b" " * MAX_BODY, secret="wrong") == (401, "bad_signature")


async def test_a_refused_body_may_come_to_its_end_and_the_connection_goes_on(
    running: Intake,
) -> None:
    answers = [await running.post(b" " * (MAX_BODY + 1)) for _ in range(5)]

    assert answers == [(413, "body_too_large")] * 5
    assert await running.post(BODY, secret="wrong") == (401, "bad_signature")


async def test_more_than_a_thousand_updates_are_refused(running: Intake) -> None:
    body = json.loads(BODY)
    body["entry"][0]["changes"][0]["value"]["messages"] *= 1001

    assert await running.post(json.dumps(body).encode()) == (413, "too_many_updates")


async def test_a_body_that_stops_half_way_is_given_up(running: Intake) -> None:
    answer = await converse(running.port, head(ACME, SIGNATURE, LENGTH) + BODY[:50])

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"body_incomplete"' in answer


async def test_a_connection_closed_half_way_stores_nothing(running: Intake) -> None:
    await converse(running.port, head(ACME, SIGNATURE, LENGTH) + BODY[:50], end=True)


@pytest.mark.parametrize(
    "request_start",
    [b"", b"POST /", head(ACME)[:-4] + b"\r\nX-Slow: ", b"\r\n"],
    ids=["silent", "half a line", "half its headers", "blank lines"],
)
async def test_a_head_that_does_not_come_is_given_up(running: Intake, request_start: bytes) -> None:
    async with asyncio.timeout(60):
        assert await converse(running.port, request_start) == b""


async def test_a_head_without_end_is_given_up(running: Intake) -> None:
    line = b"X-Long: " + b"a" * 8000 + b"\r\n"

    answer = await converse(running.port, head(ACME)[:-2], *[line] * 200)

    assert b" 200 " not in answer


async def test_two_signatures_are_one_too_many(running: Intake) -> None:
    request = head(ACME, SIGNATURE, SIGNATURE, LENGTH, "Connection: close")

    answer = await converse(running.port, request + BODY)

    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "headers",
    [
        (LENGTH, "Content-Length: 5"),
        (LENGTH, "Transfer-Encoding: chunked"),
        ("Content-Length: -1",),
    ],
    ids=["two lengths", "length and chunks", "negative"],
)
async def test_a_request_that_contradicts_itself_is_refused(
    running: Intake, headers: tuple[str, ...]
) -> None:
    answer = await converse(running.port, head(ACME, SIGNATURE, *headers) + BODY)

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_more_connections_than_allowed_are_closed_and_the_others_go_on(
    database: Database, tmp_path: Path
) -> None:
    async with intake(database, two_tenants(tmp_path), intake_max_connections=3) as running:
        assert (await running.post(b"x", secret="wrong"))[0] == 401
        held = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(2)]
        assert await converse(running.port) == b""
        assert (await running.post(b"x", secret="wrong"))[0] == 401
        for _, writer in held:
            writer.close()
