"""What goes back over the wire, honest or not: JSON, a file, half a file, silence."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from acuse_lab.graph.media import Media

TRANSPORT = "acuse_lab.transport"
JSON = "application/json; charset=UTF-8"
META_CODE = "acuse_lab.meta_code"


def answer_json(body: dict[str, Any], *, http_status: int = 200) -> ASGIApp:
    """Return an answer with a JSON body, as the Graph API writes it."""
    return answer_bytes(as_json(body), http_status=http_status, media_type=JSON)


def as_json(body: dict[str, Any]) -> bytes:
    """Return a body as the Graph API writes JSON: compact, ASCII, slashes escaped."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def answer_bytes(
    content: bytes, *, http_status: int = 200, media_type: str = "text/plain"
) -> ASGIApp:
    """Return an answer with these bytes."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  ASGI's shape
        """Answer one request."""
        headers = {"content-type": media_type, "content-length": str(len(content))}
        await _start(send, http_status, headers=headers)
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return app


def hang(closing: asyncio.Event) -> ASGIApp:
    """Return an answer that never comes: until the caller goes away or the server closes."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  ASGI's shape
        """Answer one request."""
        await _ended(receive, closing)
        await _drop(scope, receive)

    return app


def delayed(answer: ASGIApp, *, seconds: float, closing: asyncio.Event) -> ASGIApp:
    """Return the same answer, `seconds` of real time later, or when the server closes."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await closing.wait()
        await answer(scope, receive, send)

    return app


def cut() -> ASGIApp:
    """Return an answer that is a connection dropped without a byte."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  ASGI's shape
        """Answer one request."""
        await _drop(scope, receive)

    return app


def answer_file(media: Media, closing: asyncio.Event) -> ASGIApp:
    """Return a download of the media, with all that its modes do to it."""
    modes = media.modes
    content = media.served()
    headers = {
        "content-type": modes.content_type or media.info.mime_type,
        "content-disposition": f"inline;filename={media.info.id}",
    }
    if not modes.no_length:
        headers["content-length"] = str(len(content))
    sent = content if modes.cut_after is None else content[: modes.cut_after]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await _start(send, 200, headers=headers)
        ending = asyncio.ensure_future(_ended(receive, closing))
        try:
            for at in range(0, len(sent), modes.chunk_size):
                if modes.chunk_delay:
                    await asyncio.wait({ending}, timeout=modes.chunk_delay)
                if ending.done():
                    break
                chunk = sent[at : at + modes.chunk_size]
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if ending.done() or len(sent) < len(content):
                await _drop(scope, receive, flush=True)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            ending.cancel()

    return app


async def _start(send: Send, http_status: int, *, headers: dict[str, str]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": http_status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )


async def _ended(receive: Receive, closing: asyncio.Event) -> None:
    """Return when the caller has gone away, or the server closes."""
    waits = {asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(closing.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _gone(receive: Receive) -> bool:
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def _drop(scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """Close the connection under the caller; `flush` lets what was written leave first."""
    transport = cast("asyncio.Transport", scope["state"][TRANSPORT])
    if flush:
        transport.close()
    else:
        transport.abort()
    await _gone(receive)
