"""How a call of the Graph API ends, whatever the network does."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from acuse.errors import (
    AcuseError,
    GraphRefused,
    GraphUnavailable,
    MediaGone,
    SendAmbiguous,
)
from acuse.meta.graph import GraphClient, open_http
from acuse.settings import GraphSettings
from support.replies import NUMBER

SENT = {"messaging_product": "whatsapp", "messages": [{"id": "wamid.out"}]}
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> GraphClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return GraphClient(http, GraphSettings())


def answering(status: int, **answer: Any) -> Answer:
    return lambda _: httpx.Response(status, **answer)


def raising(error: Exception) -> Answer:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return fail


async def end_of_send(answer: Answer) -> str | type[AcuseError]:
    try:
        return await client(answer).send(NUMBER, {"type": "text"})
    except AcuseError as exc:
        return type(exc)


async def test_a_message_goes_to_the_numbers_own_path_with_its_own_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=SENT)

    assert await client(answer).send(NUMBER, {"type": "text"}) == "wamid.out"
    assert str(seen[0].url) == f"https://graph.facebook.com/v26.0/{NUMBER.phone_number_id}/messages"
    assert seen[0].headers["Authorization"] == f"Bearer {NUMBER.access_token}"
    assert seen[0].content == b'{"type":"text"}'


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError(""), httpx.ConnectTimeout(""), httpx.PoolTimeout("")],
    ids=lambda e: type(e).__name__,
)
async def test_a_send_that_never_left_may_be_repeated(error: Exception) -> None:
    assert await end_of_send(raising(error)) is GraphUnavailable


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(""),
        httpx.WriteTimeout(""),
        httpx.ReadError(""),
        httpx.WriteError(""),
        httpx.RemoteProtocolError(""),
        httpx.DecodingError(""),
    ],
    ids=lambda e: type(e).__name__,
)
async def test_a_send_that_left_without_an_answer_is_ambiguous(error: Exception) -> None:
    assert await end_of_send(raising(error)) is SendAmbiguous


@pytest.mark.parametrize(
    "answer",
    [
        answering(200, content=b"<html>"),
        answering(200, json={}),
        answering(200, json={"messages": []}),
        answering(200, json={"messages": [{"id": 5}]}),
        answering(500),
        answering(502, content=b"<html>Bad gateway"),
        answering(503, json={"error": "no code"}),
    ],
    ids=["html", "empty", "no message", "odd id", "500", "502", "503"],
)
async def test_a_send_answered_with_something_else_is_ambiguous(answer: Answer) -> None:
    assert await end_of_send(answer) is SendAmbiguous


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (answering(500, json={"error": {"code": 131000}}), GraphUnavailable),
        (answering(200, json={"error": {"code": 131026}}), GraphRefused),
        (answering(400), GraphRefused),
        (answering(429), GraphUnavailable),
        (answering(302, headers={"Location": "https://evil.example"}), GraphUnavailable),
    ],
    ids=["Meta's 500", "error in a 200", "400", "429", "redirect"],
)
async def test_a_send_that_was_clearly_not_taken_is_not_ambiguous(
    answer: Answer, ending: type[AcuseError]
) -> None:
    assert await end_of_send(answer) is ending


async def test_a_read_mark_without_an_answer_may_be_repeated() -> None:
    for answer in (raising(httpx.ReadTimeout("")), answering(500), answering(200, json={})):
        with pytest.raises(GraphUnavailable):
            await client(answer).mark_read(NUMBER, "wamid.in", typing=True)


@pytest.mark.parametrize(("wish", "waited"), [("90", 90), ("99999999", 86_400), ("x", 4), ("", 4)])
async def test_retry_after_is_heeded_within_a_day(wish: str, waited: float) -> None:
    answer = answering(429, json={"error": {"code": 130429}}, headers={"Retry-After": wish})

    with pytest.raises(GraphUnavailable) as raised:
        await client(answer).send(NUMBER, {})

    assert raised.value.retry_after == waited


async def test_retry_after_may_be_a_date() -> None:
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}

    with pytest.raises(GraphUnavailable) as raised:
        await client(answering(429, headers=past)).send(NUMBER, {})

    assert raised.value.retry_after == 10.0


@pytest.mark.parametrize("media_id", ["../1/messages", "1?x=2", "", "a/b", "1%2f2", "ñ", "."])
async def test_a_media_id_cannot_change_the_path(media_id: str) -> None:
    with pytest.raises(GraphRefused):
        await client(raising(AssertionError())).media_address(NUMBER, media_id)


@pytest.mark.parametrize(
    "error", [{"code": 100, "error_subcode": 33}, {"code": 131052}], ids=["100/33", "131052"]
)
async def test_a_media_that_meta_no_longer_has_is_gone(error: dict[str, int]) -> None:
    with pytest.raises(MediaGone):
        await client(answering(400, json={"error": error})).media_address(NUMBER, "1")


async def test_a_media_answer_may_write_the_size_as_text() -> None:
    answer = {"url": "https://x.fbcdn.net/", "file_size": "12"}

    address = await client(answering(200, json=answer)).media_address(NUMBER, "1")

    assert address.size == 12


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "toñken"])
async def test_a_token_that_cannot_be_a_header_pauses_the_number_before_any_call(
    token: str,
) -> None:
    number = dataclasses.replace(NUMBER, access_token=token)

    with pytest.raises(GraphUnavailable) as raised:
        await client(raising(AssertionError())).send(number, {})

    assert raised.value.pauses


@pytest.mark.parametrize(
    "answer",
    [
        answering(400, json={"error": {"code": 100, "message": "EAAG-token-of-acme"}}),
        answering(401, json={"error": {"code": 190, "message": "EAAG-token-of-acme"}}),
        raising(httpx.ReadTimeout("")),
        answering(200, content=b"EAAG-token-of-acme"),
    ],
    ids=["refused", "auth", "timeout", "garbage"],
)
async def test_no_error_names_the_token(answer: Answer) -> None:
    with pytest.raises(AcuseError) as raised:
        await client(answer).send(NUMBER, {"text": "hola"})

    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert NUMBER.access_token not in shown + repr(NUMBER)


async def test_the_pool_follows_no_redirect_and_no_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    async with open_http(GraphSettings()) as http:
        assert not http.follow_redirects
        assert not http.trust_env
