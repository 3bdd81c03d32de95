"""Read a request's body: so large, so long, and all requests together so much."""

from __future__ import annotations

import asyncio
from typing import Final

from litestar.types import Receive

from acuse.errors import BodyIncomplete, BodyTooLarge, IntakeOverloaded

# Meta batches up to 3 MB.
MAX_BODY: Final = 3 * 1024 * 1024


class Bodies:
    """Reads bodies within limits of size, time and memory."""

    def __init__(self, *, timeout: float, memory: int) -> None:
        self._timeout = timeout
        self._memory = memory
        self._held = 0

    async def read(self, receive: Receive, *, announced: int | None, is_here: bool) -> bytes:
        """Return the whole body; with `is_here` it has come already and is not waited for.

        Raises BodyTooLarge (before reading, when Content-Length says so), BodyIncomplete when the
        client is too slow or goes away, IntakeOverloaded when too much is being received already.
        """
        if announced is not None and announced > MAX_BODY:
            raise BodyTooLarge(f"a body may have {MAX_BODY} bytes")
        if is_here:
            return await self._read(receive)
        try:
            async with asyncio.timeout(self._timeout):
                return await self._read(receive)
        except TimeoutError as exc:
            raise BodyIncomplete(f"the body took over {self._timeout:.0f} s") from exc

    async def _read(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        more = True
        try:
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise BodyIncomplete("the connection ended before the body did")
                chunk, more = message["body"], message["more_body"]
                size += len(chunk)
                self._held += len(chunk)
                self._check(size)
                chunks.append(chunk)
        finally:
            self._held -= size
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _check(self, size: int) -> None:
        if size > MAX_BODY:
            raise BodyTooLarge(f"a body may have {MAX_BODY} bytes")
        if self._held > self._memory:
            raise IntakeOverloaded("too many bodies at one time", retry_after=2.0)
