"""What an API server's answer becomes, and how its stream is cut into objects."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from acuse.errors import AcuseError, ApiConflict, ApiExpired, ApiRefused, ApiUnavailable
from acuse_cluster.access import access_from_bytes
from acuse_cluster.answers import decode, refuse
from acuse_cluster.backoff import Backoff
from acuse_cluster.client import Api
from acuse_cluster.kinds import NAMESPACES, Ref, kind_of, ref_of
from acuse_cluster.lines import Lines

DEFAULT = Ref(NAMESPACES, "default")
Answer = Callable[[web.Request], Awaitable[web.Response]]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ApiRefused),
        (401, ApiUnavailable),
        (403, ApiRefused),
        (404, ApiRefused),
        (408, ApiUnavailable),
        (409, ApiConflict),
        (410, ApiExpired),
        (422, ApiRefused),
        (429, ApiUnavailable),
        (500, ApiUnavailable),
        (503, ApiUnavailable),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b'{"kind":"Status","message":"why","reason":"R","code":1}', b"<html>why", b"[]", b"\xff", b""],
    ids=["status", "html", "list", "bytes", "nothing"],
)
def test_a_refusal_is_the_error_of_its_status_whatever_its_body(
    status: int, error: type[AcuseError], body: bytes
) -> None:
    with pytest.raises(error) as raised:
        refuse(status, body, retry_after=None, what="GET /x")

    assert str(raised.value).startswith("GET /x: ")
    assert getattr(raised.value, "status", status) == status


@pytest.mark.parametrize(
    "what", ["policy: failed to find resource referenced by paramKind", "binding: no informer"]
)
def test_a_policy_that_is_not_ready_says_nothing_of_the_object(what: str) -> None:
    text = f"ValidatingAdmissionPolicy 'floor' denied request: failed to configure {what}"
    body = json.dumps({"code": 422, "reason": "Invalid", "message": text}).encode()

    with pytest.raises(ApiUnavailable) as raised:
        refuse(422, body, retry_after=None, what="PATCH /x")

    assert raised.value.status == 422


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("7", 7.0), ("9999", 60.0), ("-1", 0.1), (None, 1.0), ("Fri, 31 Dec 1999", 1.0)],
)
def test_the_wait_that_a_server_asks_for_is_bounded(asked: str | None, seconds: float) -> None:
    with pytest.raises(ApiUnavailable) as raised:
        refuse(429, b"", retry_after=asked, what="GET /x")

    assert raised.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_object_is_no_answer(body: bytes) -> None:
    with pytest.raises(ApiUnavailable):
        decode(body, what="GET /x")


@given(st.lists(st.binary(min_size=1).filter(lambda b: b"\n" not in b)), st.integers(1, 9))
def test_lines_come_whole_however_they_are_cut(lines: list[bytes], size: int) -> None:
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    reader, found = Lines(), list[bytes]()
    for start in range(0, len(stream), size):
        found += reader.feed(stream[start : start + size])

    assert found == lines


def test_waits_grow_to_their_limit_and_begin_anew_after_a_success() -> None:
    backoff = Backoff(first=1.0, longest=8.0)
    waits = [backoff.next() for _ in range(8)]
    for wait, step in zip(waits, [1, 2, 4, 8, 8, 8, 8, 8], strict=True):
        assert step / 2 <= wait <= step
    assert backoff.next(at_least=30.0) == 30.0
    backoff.reset()
    assert backoff.next() <= 1.0


def test_a_manifest_says_where_it_belongs() -> None:
    metadata = {"name": "shops.acme", "namespace": "acuse-tenants"}
    placement = {"apiVersion": "acuse.dev/v1alpha1", "kind": "TenantPlacement"}
    root = "/apis/acuse.dev/v1alpha1/namespaces/acuse-tenants/tenantplacements"

    assert ref_of({**placement, "metadata": metadata}).path == f"{root}/shops.acme"
    assert DEFAULT.path == "/api/v1/namespaces/default"
    with pytest.raises(LookupError):
        kind_of({"apiVersion": "v1", "kind": "Nothing"})


@asynccontextmanager
async def serving(answer: Answer, *, deadline: float = 30.0) -> AsyncGenerator[Api, None]:
    """Serve one answer to everything: what a real API server cannot be made to say at will."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    named = json.dumps(
        {
            "current-context": "a",
            "contexts": [{"name": "a", "context": {"cluster": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        }
    )
    try:
        async with Api(await access_from_bytes(named.encode()), deadline=deadline) as api:
            yield api
    finally:
        await runner.cleanup()


async def test_who_is_asked_to_wait_waits_and_asks_again() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        if len(asked) < 3:
            return web.Response(status=429, headers={"Retry-After": "0"})
        return web.json_response({"kind": "Namespace"})

    async with serving(answer) as api:
        assert await api.merge_patch(DEFAULT, {}) == {"kind": "Namespace"}

    assert asked == ["PATCH"] * 3


async def test_a_wait_past_the_deadline_is_the_callers() -> None:
    async def answer(request: web.Request) -> web.Response:
        del request
        return web.Response(status=429, headers={"Retry-After": "30"})

    async with serving(answer, deadline=5.0) as api:
        with pytest.raises(ApiUnavailable) as raised:
            await api.get(DEFAULT)

    assert (raised.value.status, raised.value.retry_after) == (429, 30.0)


async def test_an_empty_list_may_be_null() -> None:
    async def answer(request: web.Request) -> web.Response:
        del request
        return web.json_response({"items": None, "metadata": {"resourceVersion": "7"}})

    async with serving(answer) as api:
        listed = await api.list(NAMESPACES)

    assert (listed.items, listed.resource_version) == ([], "7")


async def test_a_body_that_ends_too_early_is_no_answer() -> None:
    async def answer(request: web.Request) -> web.Response:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"half":')
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(answer) as api:
        with pytest.raises(ApiUnavailable):
            await api.get(DEFAULT)
