"""An address is asked as Meta asks it; what it answers instead of the challenge is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from acuse_operator.hub import verification
from acuse_operator.hub.verification import open_verifier

TOKEN = "verify-token-canary"
OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def answering(answer: Callable[[str], bytes]) -> AsyncGenerator[str, None]:
    """Serve at an address what `answer` makes of a request's target; yield the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        for part in answer(head.decode().split(" ")[1]).split(b"|"):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/hook"


def challenge(target: str) -> bytes:
    asked = parse_qs(urlsplit(target).query)
    assert (asked["hub.mode"], asked["hub.verify_token"]) == (["subscribe"], [TOKEN])
    return asked["hub.challenge"][0].encode()


async def fault(answer: Callable[[str], bytes]) -> str | None:
    async with answering(answer) as url, open_verifier("") as verifier:
        said = await verifier.fault(url, verify_token=TOKEN)
        return None if said is None else said.replace(url, "URL")


async def test_an_address_that_answers_the_challenge_is_good_also_in_pieces() -> None:
    def whole(target: str) -> bytes:
        return OK + b"\r\n" + challenge(target) + b"\n"

    def pieces(target: str) -> bytes:
        said = challenge(target)
        return OK + b"\r\n|" + said[:5] + b"|" + said[5:]

    assert await fault(whole) is None
    assert await fault(pieces) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "URL answers 404"),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", "URL answers 302"),
        (OK + b"\r\n" + b"x" * 100_000, "URL answers 200 with something else than the challenge"),
        (OK + b"\r\n", "URL answers 200 with something else than the challenge"),
        (b"no HTTP\r\n\r\n", "URL cannot be reached (ClientResponseError)"),
        (b"", "URL cannot be reached (ServerDisconnectedError)"),
    ],
    ids=["404", "redirect", "long", "empty", "no-http", "closed"],
)
async def test_what_an_address_answers_instead_is_said_without_the_token(
    answer: bytes, said: str
) -> None:
    found = await fault(lambda _: answer)

    assert found == said
    assert TOKEN not in said


async def test_an_address_that_nobody_listens_at_or_that_is_none_is_said() -> None:
    async with answering(lambda _: b"") as url:
        pass
    async with open_verifier("") as verifier:
        assert await verifier.fault(url, verify_token=TOKEN) == (
            f"{url} cannot be reached (ClientConnectorError)"
        )
        found = await verifier.fault("https://", verify_token=TOKEN)
        assert found is not None
        assert "cannot be reached" in found


async def test_an_address_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verification, "_SECONDS", 0.2)
    hung = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        await hung.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, open_verifier("") as verifier:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert await verifier.fault(url, verify_token=TOKEN) == f"{url} did not answer within 0.2 s"
        hung.set()
