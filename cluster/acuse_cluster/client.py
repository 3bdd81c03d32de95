"""Typed calls to one Kubernetes API server, over one aiohttp session; each call has a deadline."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec
from prometheus_client import Counter
from yarl import URL

from acuse.errors import ApiExpired, ApiRefused, ApiUnavailable
from acuse_cluster.access import Access
from acuse_cluster.answers import decode, refuse, refuse_status
from acuse_cluster.kinds import Kind, Manifest, Ref, kind_of, ref_of
from acuse_cluster.lines import Lines

# As client-go counts them, so that dashboards made for Go operators show them.
REQUESTS: Final = Counter(
    "rest_client_requests_total",
    "Requests to an API server by the answer's code.",
    ["code", "method", "host"],
)
# What client-go says where there was no answer.
_NO_CODE: Final = "<error>"

_JSON: Final = "application/json"
_APPLY: Final = "application/apply-patch+yaml"
_MERGE: Final = "application/merge-patch+json"
_JSON_PATCH: Final = "application/json-patch+json"

_CONNECT: Final = 10.0
# How long an answer about which kinds there are is believed.
_DISCOVERED_FOR: Final = 60.0
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_UNAUTHORIZED: Final = 401
# Each call has a deadline of its own.
_LIMITS: Final = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT)
_FOREIGN: Final = (aiohttp.ClientError, OSError, ssl.SSLError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list held, and the version to watch from."""

    items: list[Manifest]
    resource_version: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which objects of a kind are meant: of one namespace or all, by label, by field."""

    kind: Kind
    namespace: str | None = None
    labels: str | None = None
    fields: str | None = None

    @property
    def path(self) -> str:
        """Return the path of the list."""
        return self.kind.path(namespace=self.namespace)

    @property
    def query(self) -> dict[str, str]:
        """Return the selectors as a query."""
        both = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {key: value for key, value in both.items() if value}

    def __str__(self) -> str:
        return f"{self.kind.plural} in {self.namespace or 'all namespaces'}"


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None = None
    content_type: str = _JSON

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Api:
    """One cluster's API. Use as `async with Api(access) as api`.

    Every call raises ApiUnavailable (no answer, 5xx, 401, 429), ApiRefused (403, 404 on a write,
    422), ApiConflict or ApiExpired, and nothing else; none takes longer than `deadline` seconds.
    """

    def __init__(
        self,
        access: Access,
        *,
        deadline: float = 30.0,
        agent: str = "acuse",
        has_managers: bool = True,
    ) -> None:
        """`has_managers`: objects keep `metadata.managedFields`, which is half of most of them."""
        # How many objects one answer to a list holds at most.
        self.page = 500
        self._access = access
        self._deadline = deadline
        self._agent = agent
        self._has_managers = has_managers
        self._session: aiohttp.ClientSession | None = None
        self._host = urlsplit(access.server).netloc
        self._server = str(URL(access.server)).rstrip("/")
        self._counters: dict[tuple[str, str], Counter] = {}
        self._discovered: dict[str, tuple[float, frozenset[str]]] = {}

    async def __aenter__(self) -> Self:
        tls = self._access.tls
        self._session = aiohttp.ClientSession(
            # Whoever calls bounds how much runs at once; a watch holds a connection for good.
            connector=aiohttp.TCPConnector(ssl=True if tls is None else tls, limit=0),
            headers={"User-Agent": self._agent, "Accept": _JSON},
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, ref: Ref) -> Manifest | None:
        """Return the object; None when there is none of that name."""
        try:
            return await self._do(_Call("GET", ref.path, {}))
        except ApiRefused as exc:
            if exc.status == _NOT_FOUND:
                return None
            raise

    async def list(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str | None = None,
        fields: str | None = None,
    ) -> Listed:
        """Return all objects that are meant, read page by page from one version."""
        chosen = Selection(kind, namespace, labels, fields)
        query = {**chosen.query, "limit": str(self.page)}
        items: list[Manifest] = []
        while True:
            answer = await self._do(_Call("GET", chosen.path, query))
            # An empty list may say null; and the items of a list do not say what they are.
            named = {"apiVersion": kind.api_version, "kind": kind.kind}
            items.extend(self._kept({**named, **item}) for item in answer.get("items") or ())
            more: str = answer["metadata"].get("continue") or ""
            if not more:
                return Listed(items, answer["metadata"].get("resourceVersion") or "")
            query = {**query, "continue": more}

    async def create(self, manifest: Manifest) -> Manifest:
        """Make the object; raise ApiConflict (AlreadyExists) when there is one of that name."""
        kind = kind_of(manifest)
        path = kind.path(namespace=manifest["metadata"].get("namespace"))
        return await self._do(_Call("POST", path, {}, msgspec.json.encode(manifest)))

    async def replace(self, manifest: Manifest) -> Manifest:
        """Write the whole object over the version it names; raise ApiConflict when it moved on."""
        return await self._do(
            _Call("PUT", ref_of(manifest).path, {}, msgspec.json.encode(manifest))
        )

    async def apply(
        self,
        manifest: Manifest,
        *,
        manager: str,
        force: bool = True,
        dry_run: bool = False,
        subresource: str | None = None,
    ) -> Manifest:
        """Apply the manifest on the server's side as `manager`; return the whole object."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        path = _below(ref_of(manifest), subresource)
        return await self._do(
            _Call("PATCH", path, query, msgspec.json.encode(manifest), content_type=_APPLY)
        )

    async def merge_patch(
        self, ref: Ref, patch: Manifest, *, subresource: str | None = None
    ) -> Manifest:
        """Change the fields that the patch names; with a resourceVersion only that version."""
        body = msgspec.json.encode(patch)
        path = _below(ref, subresource)
        return await self._do(_Call("PATCH", path, {}, body, content_type=_MERGE))

    async def json_patch(self, ref: Ref, ops: Sequence[Mapping[str, Any]]) -> Manifest:
        """Change the object by RFC 6902; a failed `test` is ApiRefused with status 422."""
        body = msgspec.json.encode(ops)
        return await self._do(_Call("PATCH", ref.path, {}, body, content_type=_JSON_PATCH))

    async def delete(
        self,
        ref: Ref,
        *,
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
        uid: str | None = None,
    ) -> bool:
        """Ask for the object's deletion; False when there is none. `uid`: only that very object."""
        options: Manifest = {"propagationPolicy": propagation}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        try:
            await self._do(_Call("DELETE", ref.path, {}, msgspec.json.encode(options)))
        except ApiRefused as exc:
            if exc.status == _NOT_FOUND:
                return False
            raise
        return True

    async def has_kind(self, kind: Kind, *, believed: float = _DISCOVERED_FOR) -> bool:
        """Whether the cluster serves the kind; an answer is believed for a minute, or as told."""
        known = self._discovered.get(kind.api_version)
        if known is None or time.monotonic() - known[0] > believed:
            known = (time.monotonic(), await self._served(kind))
            self._discovered[kind.api_version] = known
        return kind.plural in known[1]

    async def _served(self, kind: Kind) -> frozenset[str]:
        try:
            answer = await self._do(_Call("GET", kind.root, {}))
        except ApiRefused as exc:
            if exc.status == _NOT_FOUND:
                return frozenset()
            raise
        return frozenset(resource["name"] for resource in answer.get("resources") or ())

    @asynccontextmanager
    async def stream(
        self, chosen: Selection, *, version: str, silence: float, seconds: int
    ) -> AsyncGenerator[AsyncIterator[Manifest], None]:
        """Watch from `version`: yield the stream's objects ({type, object}), bookmarks among them.

        It ends when the server ends it, by itself after `seconds`; raises ApiExpired when the
        version is too old, and after `silence` seconds without a byte: a server does not say that
        it never had the version.
        """
        query = {
            **chosen.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        call = _Call("GET", chosen.path, query)
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=silence)
        code = _NO_CODE
        try:
            async with await self._sent(call, limits) as response:
                code = str(response.status)
                if response.status >= 300:  # noqa: PLR2004 - HTTP's own number
                    await self._refuse(call, response)
                yield self._objects(response, what=str(call))
        except _FOREIGN as exc:
            raise ApiUnavailable(f"{call}: {_told(exc)}") from exc
        finally:
            # A watch counts when it ends.
            self._count(code, call.method)

    async def _do(self, call: _Call) -> Manifest:
        try:
            async with asyncio.timeout(self._deadline) as limit:
                while True:
                    try:
                        return await self._once(call)
                    except ApiUnavailable as exc:
                        # 429 was not worked on: asking again is safe whatever the call does.
                        left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
                        if exc.status != _TOO_MANY or exc.retry_after >= left:
                            raise
                        await asyncio.sleep(exc.retry_after)
        except TimeoutError as exc:
            raise ApiUnavailable(f"{call}: no answer within {self._deadline:g} s") from exc

    async def _once(self, call: _Call) -> Manifest:
        code = _NO_CODE
        try:
            async with await self._sent(call) as response:
                code = str(response.status)
                if response.status >= 300:  # noqa: PLR2004 - HTTP's own number
                    await self._refuse(call, response)
                return self._kept(decode(await response.read(), what=str(call)))
        except _FOREIGN as exc:
            raise ApiUnavailable(f"{call}: {_told(exc)}") from exc
        finally:
            self._count(code, call.method)

    async def _sent(
        self, call: _Call, limits: aiohttp.ClientTimeout = _LIMITS
    ) -> aiohttp.ClientResponse:
        """Send a call and return what answers, its body yet to be read."""
        if self._session is None:
            raise RuntimeError("Api is used outside its block")
        headers = await self._access.headers()
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        return await self._session.request(
            call.method,
            # Encoded by us: taking it apart to put it together again costs as much as the JSON.
            URL(
                f"{self._server}{call.path}{_encoded(tuple(call.query.items()))}",
                encoded=True,
            ),
            data=call.body,
            headers=headers,
            proxy=self._access.proxy,
            server_hostname=self._access.server_name,
            timeout=limits,
        )

    def _count(self, code: str, method: str) -> None:
        counter = self._counters.get((code, method))
        if counter is None:
            counter = self._counters[code, method] = REQUESTS.labels(code, method, self._host)
        counter.inc()

    async def _refuse(self, call: _Call, response: aiohttp.ClientResponse) -> None:
        if response.status == _UNAUTHORIZED:
            self._access.refresh()
        body = await response.read()
        retry_after = response.headers.get("Retry-After")
        refuse(response.status, body, retry_after=retry_after, what=str(call))

    def _kept(self, manifest: Manifest) -> Manifest:
        """Return an object without what nobody asks it for."""
        metadata: dict[str, Any] = manifest.get("metadata") or {}
        if not self._has_managers:
            metadata.pop("managedFields", None)
        return manifest

    async def _objects(
        self, response: aiohttp.ClientResponse, *, what: str
    ) -> AsyncIterator[Manifest]:
        lines = Lines()
        try:
            async for chunk in response.content.iter_any():
                for line in lines.feed(chunk):
                    told = decode(line, what=what)
                    if told["type"] == "ERROR":
                        refuse_status(told["object"], what=what)
                    self._kept(told["object"])
                    yield told
        except TimeoutError as exc:
            raise ApiExpired(f"{what}: silence") from exc
        except _FOREIGN as exc:
            raise ApiUnavailable(f"{what}: {_told(exc)}") from exc


@lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    """Return a query as it is sent; most calls have one of a few."""
    return f"?{urlencode(query, quote_via=quote)}" if query else ""


def _below(ref: Ref, subresource: str | None) -> str:
    return ref.path if subresource is None else f"{ref.path}/{subresource}"


def _told(exc: BaseException) -> str:
    return str(exc) or type(exc).__name__
