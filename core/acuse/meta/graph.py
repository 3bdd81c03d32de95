"""The Graph API as Acuse uses it: media addresses, read marks and sending, each with a clear end.

A call either succeeded, was refused (GraphRefused), may be repeated (GraphUnavailable), or, sending
only, may have happened (SendAmbiguous). Meta has no idempotency key, so the last is never repeated.
What sets a number up is in `management`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

import httpx
import msgspec
from prometheus_client import Counter, Histogram

from acuse.errors import (
    GraphNumberNotFound,
    GraphRefused,
    GraphUnavailable,
    MediaGone,
    SendAmbiguous,
)
from acuse.meta.graph_errors import (
    NO_SUCH_OBJECT,
    GraphError,
    code_class,
    read_error,
    to_exception,
)
from acuse.settings import GraphSettings
from acuse.tenants.tenant import Number

# Meta says in this header, in minutes, when a business account's calls are taken again.
USAGE_HEADER: Final = "X-Business-Use-Case-Usage"

CALLS: Final = Counter(
    "acuse_graph_calls_total", "Calls of the Graph API by outcome.", ["call", "outcome"]
)
SECONDS: Final = Histogram("acuse_graph_seconds", "Seconds that a Graph API call took.", ["call"])
ERRORS: Final = Counter(
    "acuse_graph_errors_total", "Errors answered by the Graph API, by class.", ["code_class"]
)

# A media id comes from a webhook: it must not be able to change the path it is put in.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# What can only happen before the first byte of a request has left.
_NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# Calls about the number itself, by their name in the metrics.
_OF_A_NUMBER: Final = frozenset({"number", "override"})
_MEDIA_DOWNLOAD_ERROR: Final = 131052
_TOO_MANY_REQUESTS: Final = 429
_MAX_CONNECTIONS: Final = 100
_LONGEST_WISH: Final = 86_400.0


class Caller(Protocol):
    """On whose behalf a call is made: a tenant's number, or its token and version alone."""

    @property
    def graph_version(self) -> str:
        """Return the version of the Graph API to speak."""
        ...

    @property
    def access_token(self) -> str:
        """Return the token that proves us to Meta."""
        ...


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where a media can be fetched for about five minutes; `sha256` as Meta wrote it (hex)."""

    url: str
    mime_type: str | None
    sha256: str | None
    size: int | None


class _Address(msgspec.Struct, frozen=True):
    url: str
    mime_type: str | None = None
    sha256: str | None = None
    file_size: int | None = None


class _SentMessage(msgspec.Struct, frozen=True):
    id: str


class _Sent(msgspec.Struct, frozen=True):
    messages: list[_SentMessage]


class _Success(msgspec.Struct, frozen=True):
    success: bool


class _UseCase(msgspec.Struct, frozen=True):
    estimated_time_to_regain_access: float = 0.0


@asynccontextmanager
async def open_http(settings: GraphSettings) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Open the pool that all calls to Meta share: no redirects, no proxy from the environment.

    Either would let a token travel where the settings do not say.
    """
    async with httpx.AsyncClient(
        timeout=httpx.Timeout(settings.graph_timeout, connect=min(5.0, settings.graph_timeout)),
        limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=False,
    ) as http:
        yield http


def bearer(number: Caller) -> dict[str, str]:
    """Return the header that proves us to Meta; raise GraphUnavailable if the token cannot be one.

    httpx would name the token in its own error.
    """
    token = number.access_token
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        ERRORS.labels("auth").inc()
        raise GraphUnavailable("the access token is malformed", retry_after=900.0, pauses=True)
    return {"Authorization": f"Bearer {token}"}


def wished_delay(answer: httpx.Response) -> float | None:
    """Return the seconds that an answer asks to wait, by Retry-After or Meta's own header."""
    return _retry_after(answer) or _regained_after(answer)


def _regained_after(answer: httpx.Response) -> float | None:
    try:
        used = msgspec.json.decode(
            answer.headers.get(USAGE_HEADER, "{}"), type=dict[str, list[_UseCase]]
        )
    except msgspec.DecodeError:
        return None
    minutes = [use.estimated_time_to_regain_access for uses in used.values() for use in uses]
    return min(60.0 * max(minutes), _LONGEST_WISH) if any(minutes) else None


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of an answer's Retry-After (a number or a date); None without one."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WISH)
    try:
        wished = parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(0.0, wished), _LONGEST_WISH)


class GraphClient:
    """Calls the Graph API on behalf of a tenant's number, with that number's token and version."""

    def __init__(self, http: httpx.AsyncClient, settings: GraphSettings) -> None:
        self._http = http
        self._base = settings.graph_url.rstrip("/")
        # The pool's timeouts start anew with each byte; this one bounds the whole call.
        self._longest = 2 * settings.graph_timeout

    async def media_address(self, number: Number, media_id: str) -> MediaAddress:
        """Return a fresh address of a media; raise MediaGone when Meta no longer has it."""
        params = {"phone_number_id": number.phone_number_id}
        answer = await self.call("media", "GET", number, [media_id], params=params)
        try:
            found = msgspec.json.decode(answer, type=_Address, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise GraphUnavailable("the media answer is not the documented one") from exc
        return MediaAddress(found.url, found.mime_type, found.sha256, found.file_size)

    async def mark_read(self, number: Number, message_id: str, *, typing: bool) -> None:
        """Show the sender that a message was read and, with `typing`, that an answer is coming."""
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
        }
        if typing:
            body["typing_indicator"] = {"type": "text"}
        path = [number.phone_number_id, "messages"]
        answer = await self.call("read", "POST", number, path, body=body)
        if not succeeded(answer):
            raise GraphUnavailable("the read mark was not confirmed")

    async def send(self, number: Number, body: Mapping[str, Any]) -> str:
        """Send one message and return its wamid; raise SendAmbiguous when it may have been sent."""
        path = [number.phone_number_id, "messages"]
        answer = await self.call("send", "POST", number, path, body=body)
        try:
            return msgspec.json.decode(answer, type=_Sent).messages[0].id
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as exc:
            raise SendAmbiguous("the answer to a send was not the documented one") from exc

    async def call(
        self,
        call: str,
        method: str,
        number: Caller,
        path: Sequence[str],
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Make one call and return the body of its 200; count it and time it."""
        if not all(_ID.fullmatch(part) for part in path):
            raise GraphRefused("an id for the Graph API is malformed")
        request = self._http.build_request(
            method,
            "/".join((self._base, number.graph_version, *path)),
            params=params,
            headers=bearer(number),
            json=body,
        )
        started = time.perf_counter()
        outcome = "failed"
        try:
            content = _content(await self._answer(request, call=call), call=call)
            outcome = "ok"
        except (GraphRefused, MediaGone):
            outcome = "refused"
            raise
        except GraphUnavailable:
            outcome = "unavailable"
            raise
        except SendAmbiguous:
            outcome = "ambiguous"
            raise
        finally:
            SECONDS.labels(call).observe(time.perf_counter() - started)
            CALLS.labels(call, outcome).inc()
        return content

    async def _answer(self, request: httpx.Request, *, call: str) -> httpx.Response:
        try:
            async with asyncio.timeout(self._longest):
                return await self._http.send(request)
        except _NOTHING_LEFT as exc:
            raise GraphUnavailable("the Graph API cannot be reached", retry_after=5.0) from exc
        except (httpx.RequestError, TimeoutError) as exc:
            if call == "send":
                raise SendAmbiguous("no answer came after the request had left") from exc
            raise GraphUnavailable("the Graph API did not answer", retry_after=5.0) from exc


def _content(answer: httpx.Response, *, call: str) -> bytes:
    """Return a 200's body, or raise what the answer means."""
    error = read_error(answer.content)
    if error is not None:
        ERRORS.labels(code_class(error.code)).inc()
        if call == "media" and _is_missing(error):
            raise MediaGone("Meta no longer has this media")
        if call in _OF_A_NUMBER and (error.code, error.error_subcode) == NO_SUCH_OBJECT:
            raise GraphNumberNotFound(
                "Meta has no such number, or the token does not open it", graph_code=error.code
            )
        raise to_exception(error, retry_after=wished_delay(answer))
    if answer.is_success:
        return answer.content
    detail = f"the Graph API answered {answer.status_code} without an error of its own"
    if answer.is_server_error and call == "send":
        raise SendAmbiguous(detail)
    if answer.is_client_error and answer.status_code != _TOO_MANY_REQUESTS:
        raise GraphRefused(detail)
    raise GraphUnavailable(detail, retry_after=wished_delay(answer) or 10.0)


def _is_missing(error: GraphError) -> bool:
    return (
        error.code,
        error.error_subcode,
    ) == NO_SUCH_OBJECT or error.code == _MEDIA_DOWNLOAD_ERROR


def succeeded(answer: bytes) -> bool:
    """Say whether an answer confirms what was asked."""
    try:
        return msgspec.json.decode(answer, type=_Success).success
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
