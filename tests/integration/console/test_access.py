"""Who may call what: nobody without a token, no token beyond its scopes or its tenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from acuse.data.pool import Conn
from acuse.tokens import Scope, create_token, revoke_token
from support.api import as_role, client
from support.console_world import EVENT_ID, World
from support.events import query
from support.receipts import ACME

ANY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def world(shared_world: World) -> World:
    """Share one API: no test here depends on what another left."""
    return shared_world


@pytest.fixture
def operations(world: World) -> list[tuple[str, str]]:
    """Return every method and path that the OpenAPI document names."""
    document = httpx.get(f"{world.address}/api/v1/openapi.json", timeout=60).json()
    return [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, item in document["paths"].items()
        for method in item
    ]


def call(api: httpx.Client, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    reply = {
        "kind": "text",
        "text": "hola",
        "sender_id": ids["sender_id"],
        "idempotency_key": str(uuid4()),
    }
    ledger: dict[str, Any] = {"transactions": []}
    body = ledger if path.endswith("imports") else reply
    return api.request(method, path.format_map(ids), json=body if method == "POST" else None)


def ids_of(world: World) -> dict[str, str]:
    return {
        "receipt_id": str(world.matched),
        "event_id": EVENT_ID,
        "sender_id": str(world.sender),
    }


def test_every_operation_answers_its_own_tenant(
    world: World, operations: list[tuple[str, str]]
) -> None:
    found = {
        f"{method} {path}": call(world.acme, method, path, ids_of(world)).status_code
        for method, path in operations
    }

    assert found == {
        "GET /health": 200,
        "POST /ledger/imports": 200,
        "GET /ledger/transactions": 200,
        "GET /receipts": 200,
        "GET /receipts/{receipt_id}": 200,
        "GET /receipts/{receipt_id}/media": 200,
        "GET /events": 200,
        "GET /events/{event_id}": 200,
        "POST /replies": 202,
    }


def test_another_tenant_finds_none_of_it(world: World, operations: list[tuple[str, str]]) -> None:
    """The matrix: each operation with the other tenant's ids gives 404, each list is empty."""
    ids = ids_of(world)
    held = (world.matched, world.waiting, world.lost, world.transaction)
    ours = {EVENT_ID, *map(str, held)}

    for method, path in operations:
        answer = call(world.beta, method, path, ids)
        if "{" in path or path == "/replies":
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        else:
            assert answer.status_code == 200, path
            assert answer.json().get("items", []) == [], path
        assert not any(each in answer.text for each in ours), path


def test_what_does_not_exist_and_what_is_anothers_look_alike(world: World) -> None:
    for path in ("/receipts/{}", "/receipts/{}/media"):
        theirs = world.beta.get(path.format(world.matched))
        nobodys = world.beta.get(path.format(ANY))
        assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())


def test_anothers_cursor_opens_nothing(world: World) -> None:
    cursor = world.acme.get("/receipts", params={"limit": 1}).json()["next"]

    assert world.beta.get("/receipts", params={"cursor": cursor}).json()["items"] == []
    assert world.beta.get("/events", params={"cursor": cursor}).status_code == 422


@pytest.fixture
def refused(world: World) -> Iterator[dict[str, httpx.Client]]:
    """Return clients whose tokens are not, or not any more, in force."""

    async def work(conn: Conn) -> tuple[str, str]:
        made = [
            await create_token(
                conn, tenant=ACME.key, name=name, scopes=Scope, lifetime=timedelta(days=1)
            )
            for name in ("revoked", "expired")
        ]
        await revoke_token(conn, made[0].id)
        return made[0].text, made[1].text

    revoked, expired = as_role(world.database, "acuse_admin", work, tenant=None)

    query(
        world.database.owner_url,
        "UPDATE acuse.api_tokens SET expires_at = now() WHERE name = 'expired'",
    )
    headers: dict[str, dict[str, str]] = {
        "none": {},
        "empty": {"Authorization": "Bearer"},
        "basic": {"Authorization": "Basic YTpi"},
        "malformed": {"Authorization": "Bearer x"},
        "not ASCII": {"Authorization": "Bearer é"},
        "unknown": {"Authorization": "Bearer acuse_" + "0" * 49},
        "revoked": {"Authorization": f"Bearer {revoked}"},
        "expired": {"Authorization": f"Bearer {expired}"},
    }
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                httpx.Client(
                    base_url=f"{world.address}/api/v1",
                    headers=[(k.encode(), v.encode("latin-1")) for k, v in each.items()],
                    timeout=60,
                )
            )
            for name, each in headers.items()
        }


def test_without_a_token_in_force_every_operation_is_401(
    world: World, operations: list[tuple[str, str]], refused: dict[str, httpx.Client]
) -> None:
    for method, path in operations:
        if path == "/health":
            continue
        for name, api in refused.items():
            answer = call(api, method, path, ids_of(world))
            assert answer.status_code == 401, (name, path)
            assert answer.json()["code"] == "unauthorized"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_unknown_revoked_and_expired_are_answered_alike(refused: dict[str, httpx.Client]) -> None:
    answers = [refused[name].get("/receipts") for name in ("unknown", "revoked", "expired")]

    assert len({(a.status_code, a.text, a.headers["WWW-Authenticate"]) for a in answers}) == 1


def test_two_tokens_at_once_are_none(world: World) -> None:
    token = world.acme.headers["Authorization"]

    answer = httpx.get(
        f"{world.address}/api/v1/receipts",
        headers=[("Authorization", token), ("Authorization", token)],
    )

    assert answer.status_code == 401


SCOPES = {
    "/ledger/imports": Scope.LEDGER_WRITE,
    "/ledger/transactions": Scope.LEDGER_READ,
    "/receipts": Scope.RECEIPTS_READ,
    "/receipts/{receipt_id}": Scope.RECEIPTS_READ,
    "/receipts/{receipt_id}/media": Scope.RECEIPTS_READ,
    "/events": Scope.EVENTS_READ,
    "/events/{event_id}": Scope.EVENTS_READ,
    "/replies": Scope.REPLIES_WRITE,
}


def test_every_operation_needs_its_own_scope_and_no_other(
    world: World, operations: list[tuple[str, str]]
) -> None:
    for scope in Scope:
        with client(world.address, world.database, ACME, scopes=[scope]) as api:
            for method, path in operations:
                if path == "/health":
                    continue
                answer = call(api, method, path, ids_of(world))
                assert (answer.status_code == 403) is (SCOPES[path] != scope), (path, scope)
                if answer.status_code == 403:
                    assert answer.json()["code"] == "scope_missing"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/receipts/not-an-id", 404, "not_found"),
        ("GET", "/receipts/{receipt_id}/media/more", 404, "not_found"),
        ("DELETE", "/receipts", 405, "method_not_allowed"),
        ("PUT", "/receipts/{receipt_id}", 405, "method_not_allowed"),
        ("GET", "/ledger/imports", 405, "method_not_allowed"),
        ("GET", "/replies", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_said_in_the_same_shape(
    world: World, method: str, path: str, status: int, code: str
) -> None:
    answer = world.acme.request(method, path.format_map(ids_of(world)))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "detail"}
    if status == 405:
        allowed = answer.headers["Allow"].split(", ")
        assert allowed
        assert method not in allowed


def test_an_answer_is_never_kept_or_sniffed(world: World) -> None:
    answer = world.acme.get("/receipts")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.text)["items"]
