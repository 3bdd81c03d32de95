"""Answers: a status, a stable code and a sentence; never anything of what was sent."""

from __future__ import annotations

import math
from typing import Final

import msgspec
from litestar.types import Send

from acuse import errors

_STATUS: Final[dict[type[errors.AcuseError], int]] = {
    errors.BadSignature: 401,
    errors.BodyIncomplete: 408,
    errors.BodyTooLarge: 413,
    errors.DatabaseUnavailable: 503,
    errors.ForeignNumber: 403,
    errors.IntakeOverloaded: 503,
    errors.InvalidRequest: 405,
    errors.TooManyUpdates: 413,
    errors.UnknownTenant: 404,
    errors.VerificationFailed: 403,
}
_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")

Headers = list[tuple[bytes, bytes]]


def status_of(error: errors.AcuseError) -> int:
    """Return the HTTP status of an error raised on purpose."""
    return _STATUS[type(error)]


async def accepted(send: Send) -> None:
    """Answer 200 without a body: every update is committed, now or before.

    Meta looks at the status alone, and a body would be a second write to the socket.
    """
    await _answer(send, 200, [], b"")


async def challenge(send: Send, text: bytes) -> None:
    """Answer 200 with the challenge as it came."""
    await _answer(send, 200, [_TEXT, _NOSNIFF], text)


async def refused(send: Send, error: errors.AcuseError) -> None:
    """Answer with the error's status and code; the server deals with a body left unread."""
    headers: Headers = [_JSON]
    if isinstance(error, errors.Unavailable):
        headers.append((b"retry-after", str(math.ceil(error.retry_after)).encode()))
    if isinstance(error, errors.InvalidRequest):
        headers.append((b"allow", b"GET, POST"))
    body = msgspec.json.encode({"code": error.code, "detail": str(error)})
    await _answer(send, status_of(error), headers, body)


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
