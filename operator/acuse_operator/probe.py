"""Whether the operator still hears the API server: the age of what came last on each watch.

An API server sends a bookmark about once a minute, so a watch that is silent for longer is a watch
on nobody. Kopf says nothing of its own watches; its HTTP session is ours, and that one listens.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, cast

import aiohttp

from acuse.monitoring import Check
from acuse_cluster.access import Access
from acuse_operator import metrics

_CONNECT: Final = 10.0
_OK: Final = 200
_UNAUTHORIZED: Final = 401


class Ages:
    """The watches of this process and when each last heard anything; safe between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._ages: dict[str, Callable[[], float]] = {}

    def expect(self, watch: str) -> None:
        """Begin to count a watch's age; it is as old as the silence before its first byte too."""
        self._heard[watch] = self._clock()
        self.show(watch, lambda: self._clock() - self._heard[watch])

    def heard(self, watch: str) -> None:
        """Say that something came on a watch."""
        if watch in self._heard:
            self._heard[watch] = self._clock()

    def show(self, watch: str, age: Callable[[], float]) -> None:
        """Take up a watch that counts its own age."""
        self._ages[watch] = age
        metrics.show_age(watch, age)

    def follow(self, group: str, ages: Mapping[str, Callable[[], float]]) -> None:
        """Take up the watches of a group as they are now, and give up those that ended."""
        named = {f"{group}/{name}": age for name, age in ages.items()}
        for watch in [w for w in self._ages if w.startswith(f"{group}/") and w not in named]:
            del self._ages[watch]
            metrics.WATCH_AGE.remove(watch)
        for watch, age in named.items():
            if watch not in self._ages:
                self.show(watch, age)

    def age(self, watch: str) -> float:
        """Return the seconds since anything came on a watch."""
        return self._ages[watch]()

    def oldest(self) -> float:
        """Return the age of the watch that heard nothing for the longest."""
        return max((age() for age in tuple(self._ages.values())), default=0.0)

    def check(self, limit: float) -> Check:
        """Return a health check that fails while any watch is older than `limit` seconds."""
        return lambda: "watch_silent" if self.oldest() > limit else None


class _Ear:
    """A response's stream that tells when a chunk came."""

    def __init__(self, stream: aiohttp.StreamReader, heard: Callable[[], None]) -> None:
        self._stream = stream
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield the chunks as they come."""
        async for chunk in self._stream.iter_chunked(size):
            self._heard()
            yield chunk


def listening_response(heard: Callable[[str], None]) -> type[aiohttp.ClientResponse]:
    """Return a class of response that tells of each chunk of a watch, by its resource's name."""

    class Response(aiohttp.ClientResponse):
        """A response that is listened to when it is a watch's."""

        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            """Read the headers; from then on listen to the body."""
            await super().start(connection)
            if self.status == _OK and self.url.query.get("watch") == "true":
                watch = f"kopf/{self.url.path.rpartition('/')[2]}"
                heard(watch)
                ear = _Ear(self.content, lambda: heard(watch))
                self.content = cast("aiohttp.StreamReader", ear)
            return self

    return Response


def listening_session(
    access: Access, heard: Callable[[str], None], *beside: aiohttp.ClientMiddlewareType
) -> aiohttp.ClientSession:
    """Open the session that Kopf is given: always with fresh credentials, and listened to.

    Each answer goes through what is `beside` too.
    """

    async def authorize(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Say who we are, as of now: a token is replaced while the session lives."""
        request.headers.update(await access.headers())
        response = await handler(request)
        if response.status == _UNAUTHORIZED:
            access.refresh()
        return response

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=True if access.tls is None else access.tls, limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
        headers={"User-Agent": "acuse-operator-kopf"},
        proxy=access.proxy,
        response_class=listening_response(heard),
        middlewares=(*beside, authorize),
    )
