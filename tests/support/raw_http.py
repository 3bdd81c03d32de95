"""HTTP written by hand, for requests that no client library would send."""

from __future__ import annotations

import asyncio


async def converse(port: int, *parts: bytes, end: bool = False) -> bytes:
    """Send the parts and return all that comes until the server hangs up; `end` closes our half."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if end:
            writer.write_eof()
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """Return a request's line and headers."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()
