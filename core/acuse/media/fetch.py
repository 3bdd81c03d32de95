"""Fetch one media: find its address, download it within limits, check it, keep it.

Everything may be repeated: the object of a media has one key and is only seen once it was checked.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import httpx
from prometheus_client import Counter

from acuse.errors import (
    AcuseError,
    GraphRefused,
    GraphUnavailable,
    MediaChecksumMismatch,
    MediaHostRefused,
    MediaTooLarge,
)
from acuse.media.checksum import normalise_sha256
from acuse.media.hosts import AllowedHosts
from acuse.media.limits import largest
from acuse.media.objects import Objects, media_key
from acuse.meta.graph import GraphClient, MediaAddress, bearer, wished_delay
from acuse.settings import MediaSettings
from acuse.tenants.tenant import Number

FETCHES: Final = Counter(
    "acuse_media_fetches_total",
    "Media fetched, by outcome (`stored` or the error's code).",
    ["outcome"],
)
BYTES: Final = Counter("acuse_media_bytes_total", "Bytes of media taken from Meta.")

# An address lives for five minutes: one that is refused is asked for anew, a few times.
_ADDRESSES: Final = 3
# How an address that has expired, or a token that changed, is answered.
_EXPIRED: Final = frozenset({401, 403, 404, 410})
_OK: Final = 200
_TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class WantedMedia:
    """A media that a message announced: `kind` is the message's type, `sha256` hex or base64."""

    id: UUID
    tenant_id: UUID
    graph_media_id: str
    kind: str
    mime_type: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A media in the object store: size in bytes, sha256 in hex, its type as Meta announced it."""

    object_key: str
    size: int
    sha256: str
    mime_type: str | None


class _AddressExpired(Exception):
    """The address was refused; a fresh one may work."""


class MediaFetcher:
    """Brings media from Meta into the object store."""

    def __init__(
        self,
        graph: GraphClient,
        http: httpx.AsyncClient,
        objects: Objects,
        *,
        hosts: AllowedHosts,
        settings: MediaSettings,
    ) -> None:
        self._graph = graph
        self._http = http
        self._objects = objects
        self._hosts = hosts
        self._settings = settings

    async def fetch(self, number: Number, wanted: WantedMedia) -> StoredMedia:
        """Return the media as stored, fetching it unless it is there already.

        Raises MediaGone, MediaTooLarge, MediaHostRefused, MediaTypeUnsupported and GraphRefused for
        good; MediaChecksumMismatch, GraphUnavailable and ObjectStoreUnavailable for a while.
        """
        try:
            async with asyncio.timeout(self._settings.media_timeout):
                stored = await self._already(wanted) or await self._fetch(number, wanted)
        except TimeoutError as exc:
            FETCHES.labels(GraphUnavailable.code).inc()
            raise GraphUnavailable("the media took too long to come") from exc
        except AcuseError as exc:
            FETCHES.labels(exc.code).inc()
            raise
        FETCHES.labels("stored").inc()
        return stored

    async def _already(self, wanted: WantedMedia) -> StoredMedia | None:
        """Return what an earlier try has kept, read back and checked again."""
        key = media_key(wanted.tenant_id, wanted.id)
        if await self._objects.size(key) is None:
            return None
        digest, size = hashlib.sha256(), 0
        async with aclosing(self._objects.read(key)) as pieces:
            async for piece in pieces:
                digest.update(piece)
                size += len(piece)
        announced = normalise_sha256(wanted.sha256)
        if announced not in {None, digest.hexdigest()}:
            return None
        return StoredMedia(key, size, digest.hexdigest(), wanted.mime_type)

    async def _fetch(self, number: Number, wanted: WantedMedia) -> StoredMedia:
        limit = largest(wanted.kind, ours=self._settings.media_max_bytes)
        for _ in range(_ADDRESSES):
            address = await self._graph.media_address(number, wanted.graph_media_id)
            if address.size is not None and address.size > limit:
                raise MediaTooLarge(f"the media is larger than {limit} bytes")
            download = _Download(address, limit=limit, announced=wanted.sha256)
            try:
                return await self._download(number, wanted, download)
            except _AddressExpired:
                continue
        raise GraphUnavailable("each address of the media was refused")

    async def _download(
        self, number: Number, wanted: WantedMedia, download: _Download
    ) -> StoredMedia:
        key = media_key(wanted.tenant_id, wanted.id)
        request = self._http.build_request(
            "GET",
            self._hosts.check(download.address.url),
            # The digest is of the bytes as kept: nothing may be decoded on the way.
            headers={**bearer(number), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(self._settings.media_stall_timeout, connect=5.0),
        )
        try:
            answer = await self._http.send(request, stream=True)
            try:
                _check_answer(answer)
                async with aclosing(download.checked(answer)) as chunks:
                    size = await self._objects.put_stream(key, chunks)
            finally:
                await answer.aclose()
        except httpx.RequestError as exc:
            raise GraphUnavailable("the media did not come whole", retry_after=5.0) from exc
        mime_type = download.address.mime_type or wanted.mime_type
        return StoredMedia(key, size, download.sha256, mime_type)


class _Download:
    """The bytes of one answer, counted and hashed as they come."""

    def __init__(self, address: MediaAddress, *, limit: int, announced: str | None) -> None:
        self.address = address
        self._limit = limit
        self._expected = {normalise_sha256(announced), normalise_sha256(address.sha256)} - {None}
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Return the digest, in hex, of what has come."""
        return self._digest.hexdigest()

    async def checked(self, answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes; raise at the end, before they are kept, if they are wrong."""
        length = answer.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length) > self._limit:
            raise MediaTooLarge(f"the media is larger than {self._limit} bytes")
        size = 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            BYTES.inc(len(chunk))
            if size > self._limit:
                raise MediaTooLarge(f"the media is larger than {self._limit} bytes")
            self._digest.update(chunk)
            yield chunk
        if self._expected and self._expected != {self.sha256}:
            raise MediaChecksumMismatch("the bytes are not those that Meta announced")
        if not self._expected and self.address.size not in {None, size}:
            raise MediaChecksumMismatch("the media has not the size that Meta announced")


def _check_answer(answer: httpx.Response) -> None:
    """Raise what a status other than 200 means."""
    status = answer.status_code
    if status == _OK:
        return
    if status in _EXPIRED:
        raise _AddressExpired
    if answer.is_redirect:
        raise MediaHostRefused("the media's address leads elsewhere")
    if answer.is_client_error and status != _TOO_MANY_REQUESTS:
        raise GraphRefused(f"the media's host answered {status}")
    raise GraphUnavailable(
        f"the media's host answered {status}", retry_after=wished_delay(answer) or 10.0
    )
