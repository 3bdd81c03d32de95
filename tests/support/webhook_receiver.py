"""A small HTTP server in the place of a business's webhook, which keeps what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from acuse_lab.graph.sender import sign


@dataclass(slots=True)
class Delivered:
    """One POST: its raw body and the signature that came with it."""

    body: bytes
    signature: str

    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)

    def is_signed_with(self, app_secret: str) -> bool:
        """Say whether the signature is the raw body's."""
        return self.signature == sign(app_secret, self.body)

    def values(self) -> list[Any]:
        """Return every change's value, in order."""
        return [c["value"] for entry in self.json()["entry"] for c in entry["changes"]]


@dataclass(slots=True)
class Receiver:
    """Answers the challenge if the token is right, and POSTs with `answers`, then with 200."""

    verify_token: str = "verify-me"
    answers: list[int] = field(default_factory=list[int])
    delivered: list[Delivered] = field(default_factory=list[Delivered])
    url: str = ""

    def statuses(self) -> list[Any]:
        """Return every status received, in order."""
        return [s for d in self.delivered for v in d.values() for s in v.get("statuses", [])]

    def messages(self) -> list[Any]:
        """Return every message received, in order."""
        return [m for d in self.delivered for v in d.values() for m in v.get("messages", [])]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.strip().split("\r\n")
        method, target, _ = request_line.split(" ")
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, content = self._answer(method, target, headers=headers, body=body)
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
            f"{content}".encode()
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _answer(
        self, method: str, target: str, *, headers: dict[str, str], body: bytes
    ) -> tuple[int, str]:
        if method == "POST":
            self.delivered.append(Delivered(body, headers["x-hub-signature-256"]))
            return (self.answers.pop(0) if self.answers else 200), ""
        query = parse_qs(urlsplit(target).query)
        if query["hub.verify_token"] != [self.verify_token] or query["hub.mode"] != ["subscribe"]:
            return 403, ""
        return 200, query["hub.challenge"][0]


@contextlib.asynccontextmanager
async def receiving(*, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Receiver]:
    """Run a receiver on a free port of 127.0.0.1, with TLS if a context is given."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    receiver.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
