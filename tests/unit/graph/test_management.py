"""How the calls that set a number up end, whatever Meta answers."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from acuse.errors import AcuseError, GraphNumberNotFound, GraphRefused, GraphUnavailable
from acuse.meta.graph import USAGE_HEADER
from acuse.meta.management import (
    GraphManagement,
    NumberState,
    is_credentials_problem,
    is_unverified,
)
from acuse.settings import GraphSettings
from acuse_lab.graph.errors import fault, no_such_object

PNID = "106540352242922"
TOKEN = "EAAG-secret-token"
CALLBACK = "https://hooks.example/webhooks/whatsapp/meta/cloud/shop.acme"
Answer = Callable[[httpx.Request], httpx.Response]


class Meta:
    """Answers every call alike and keeps the requests."""

    def __init__(self, status: int, **answer: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = httpx.Response(status, **answer)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer


def management(answer: Answer) -> GraphManagement:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return GraphManagement(http, GraphSettings())


def failing(code: int, **answer: Any) -> Meta:
    error = fault(code)
    return Meta(error.http_status, json=error.envelope(), **answer)


def look(answer: Answer, *, token: str = TOKEN) -> Awaitable[NumberState]:
    return management(answer).number(PNID, access_token=token, graph_version="v26.0")


def set_override(answer: Answer, *, uri: str = CALLBACK) -> Awaitable[None]:
    return management(answer).set_override(
        PNID, access_token=TOKEN, graph_version="v26.0", uri=uri, verify_token="verify-me"
    )


async def error_of(call: Awaitable[object]) -> AcuseError:
    with pytest.raises(AcuseError) as raised:
        await call
    return raised.value


async def test_one_call_reads_the_number_and_every_address_its_messages_may_go_to() -> None:
    meta = Meta(
        200,
        json={
            "id": PNID,
            "display_phone_number": "+54 9 11 4444-0000",
            "verified_name": "Kiosco Acme",
            "quality_rating": "GREEN",
            "status": "CONNECTED",
            "webhook_configuration": {
                "phone_number": "https://number.example/",
                "whatsapp_business_account": "https://account.example/",
                "application": "https://app.example/",
            },
        },
    )

    assert await look(meta) == NumberState(
        phone_number_id=PNID,
        display_phone_number="+54 9 11 4444-0000",
        verified_name="Kiosco Acme",
        quality="GREEN",
        status="CONNECTED",
        override_callback_uri="https://number.example/",
        account_callback_uri="https://account.example/",
        application_callback_uri="https://app.example/",
    )
    [request] = meta.requests
    assert (request.method, request.url.path) == ("GET", f"/v26.0/{PNID}")
    assert "webhook_configuration" in request.url.params["fields"].split(",")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "more",
    [{}, {"webhook_configuration": {}}, {"webhook_configuration": {"phone_number": ""}}],
    ids=["nothing", "none set", "empty"],
)
async def test_what_meta_leaves_out_of_a_number_is_not_known(more: dict[str, Any]) -> None:
    state = await look(Meta(200, json={"id": PNID, **more}))

    assert state.override_callback_uri is None
    assert state.account_callback_uri is None
    assert state.application_callback_uri is None
    assert state.quality is None


async def test_an_override_is_set_with_its_verify_token() -> None:
    meta = Meta(200, json={"success": True})
    await set_override(meta)

    [request] = meta.requests
    assert (request.method, request.url.path) == ("POST", f"/v26.0/{PNID}")
    assert msgspec.json.decode(request.content) == {
        "webhook_configuration": {"override_callback_uri": CALLBACK, "verify_token": "verify-me"}
    }


async def test_an_override_is_removed_by_an_empty_address() -> None:
    meta = Meta(200, json={"success": True})
    await management(meta).remove_override(PNID, access_token=TOKEN, graph_version="v26.0")

    assert msgspec.json.decode(meta.requests[0].content) == {
        "webhook_configuration": {"override_callback_uri": ""}
    }


@pytest.mark.parametrize("uri", ["", "https://x.example/" + "a" * 183], ids=["empty", "201 chars"])
async def test_an_address_that_meta_would_refuse_is_never_sent(uri: str) -> None:
    meta = Meta(200, json={"success": True})

    assert isinstance(await error_of(set_override(meta, uri=uri)), GraphRefused)
    assert meta.requests == []


@pytest.mark.parametrize("code", [0, 3, 10, 190, 200, 299])
async def test_a_token_that_meta_refuses_is_a_credentials_problem(code: int) -> None:
    for call in (look(failing(code)), set_override(failing(code))):
        error = await error_of(call)
        assert is_credentials_problem(error)
        assert isinstance(error, GraphUnavailable)
        assert error.graph_code == code


async def test_a_number_that_the_token_does_not_open_is_a_credentials_problem() -> None:
    missing = no_such_object("get", PNID)
    error = await error_of(look(Meta(400, json=missing.envelope())))

    assert isinstance(error, GraphNumberNotFound)
    assert is_credentials_problem(error)


async def test_a_malformed_token_is_a_credentials_problem_and_never_sent() -> None:
    meta = Meta(200, json={"id": PNID})
    error = await error_of(look(meta, token="two words"))

    assert is_credentials_problem(error)
    assert meta.requests == []


@pytest.mark.parametrize("code", [1, 2, 4, 100, 368, 2200, 80007, 131042])
async def test_no_other_error_blames_the_credentials(code: int) -> None:
    assert not is_credentials_problem(await error_of(look(failing(code))))


async def test_an_address_that_failed_metas_challenge_may_be_offered_again() -> None:
    error = await error_of(set_override(failing(2200)))

    assert is_unverified(error)
    assert isinstance(error, GraphUnavailable)
    assert not is_unverified(await error_of(set_override(failing(100))))


@pytest.mark.parametrize("code", [4, 80007])
async def test_a_spent_budget_is_not_asked_again_within_a_minute(code: int) -> None:
    error = await error_of(look(failing(code)))

    assert isinstance(error, GraphUnavailable)
    assert error.retry_after >= 60


@pytest.mark.parametrize(
    ("header", "least"),
    [
        ('{"419561257915477":[{"type":"x","estimated_time_to_regain_access":17}]}', 17 * 60),
        ('{"419561257915477":[{"type":"x","estimated_time_to_regain_access":0}]}', 60),
        ("{broken", 60),
    ],
    ids=["17 minutes", "none", "broken"],
)
async def test_meta_itself_says_when_the_budget_is_back(header: str, least: int) -> None:
    error = await error_of(look(failing(80007, headers={USAGE_HEADER: header})))

    assert isinstance(error, GraphUnavailable)
    assert error.retry_after == least


@pytest.mark.parametrize(
    "answer",
    [
        Meta(200, content=b"<html>"),
        Meta(200, json={"success": False}),
        Meta(502, content=b""),
        Meta(429, content=b""),
    ],
    ids=["html", "not confirmed", "502", "429"],
)
async def test_an_answer_that_says_nothing_is_asked_for_again(answer: Meta) -> None:
    for call in (look(answer), set_override(answer)):
        assert isinstance(await error_of(call), GraphUnavailable)


async def test_silence_is_asked_for_again() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    assert isinstance(await error_of(set_override(silent)), GraphUnavailable)


async def test_no_error_and_no_log_names_a_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for call in (look(failing(190)), look(failing(100)), set_override(failing(2200))):
        error = await error_of(call)
        said = "".join(traceback.format_exception(error)) + repr(vars(error))
        assert TOKEN not in said
        assert "verify-me" not in said
    assert TOKEN not in caplog.text
    assert "verify-me" not in caplog.text
