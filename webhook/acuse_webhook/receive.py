"""The webhook's two routes: the order in which a request is checked, kept and answered.

They are plain ASGI functions under Litestar's routing: a request has one header, one path
parameter and bytes that must stay as they are, and the framework's own request handling would cost
more than everything done here.
"""

from __future__ import annotations

import hmac
import random
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from litestar.types import HTTPScope, Receive, Send

from acuse.errors import (
    AcuseError,
    BadSignature,
    InvalidRequest,
    UnknownTenant,
    VerificationFailed,
)
from acuse.events.inbox import NewEvent
from acuse.meta.signature import signing_secret
from acuse.meta.updates import updates
from acuse.tenants.tenant import App, Tenant, TenantDirectory
from acuse_webhook import answers, routing
from acuse_webhook.body import Bodies
from acuse_webhook.metrics import REQUEST_SECONDS, REQUESTS, ROUTES, Route
from acuse_webhook.server import BODY_IS_HERE

_LONGEST_CHALLENGE: Final = 1024


class Inbox(Protocol):
    """Where events go."""

    async def put(self, events: Sequence[NewEvent]) -> None:
        """Return once all the events are committed."""
        ...


# Counting what is answered all the time must not look its labels up all the time.
_ACCEPTED: Final = {route: REQUESTS.labels(route, 200, "ok") for route in ROUTES}


class Webhook:
    """Both routes; `handle` is the ASGI function behind them."""

    def __init__(self, directory: TenantDirectory, inbox: Inbox, bodies: Bodies) -> None:
        self._directory = directory
        self._inbox = inbox
        self._bodies = bodies

    async def handle(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request: 200 only for what is committed.

        `scope["path"]` is what follows the app's path: "/" for the app, "/KEY/" for a tenant.
        """
        started = time.perf_counter()
        key = scope["path"].removeprefix("/").removesuffix("/")
        route: Route = "tenant" if key else "app"
        counted = _ACCEPTED[route]
        try:
            if scope["method"] == "POST":
                await self._receive(self._target(key), scope, receive)
                await answers.accepted(send)
            elif scope["method"] == "GET":
                tokens = _verify_tokens(self._target(key))
                await answers.challenge(send, _verified(scope["query_string"], tokens))
            else:
                raise InvalidRequest("only GET and POST are answered here")
        except AcuseError as exc:
            counted = REQUESTS.labels(route, answers.status_of(exc), exc.code)
            await answers.refused(send, exc)
        counted.inc()
        REQUEST_SECONDS.observe(time.perf_counter() - started)

    def _target(self, key: str) -> Tenant | App:
        """Return whom a request is for; raise UnknownTenant when nobody is routed there."""
        target = self._directory.by_key(key) if key else self._directory.app
        if target is None:
            raise UnknownTenant("no tenant is routed here")
        return target

    async def _receive(self, target: Tenant | App, scope: HTTPScope, receive: Receive) -> None:
        signature, announced = _read_headers(scope["headers"])
        is_here = BODY_IS_HERE in scope
        body = await self._bodies.read(receive, announced=announced, is_here=is_here)
        secret = signing_secret(body, signature, target.app_secrets)
        if secret is None:
            raise BadSignature("the signature is missing or does not match the body")
        found = updates(body, received_at=datetime.now(UTC))
        # Names a POST and guards nothing: the kernel need not be asked for its bits.
        delivery_id = UUID(int=random.getrandbits(128), version=4)
        events = (
            routing.of_tenant(found, target, delivery_id)
            if isinstance(target, Tenant)
            else routing.of_app(found, self._directory, secret, delivery_id)
        )
        await self._inbox.put(events)


def _read_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, int | None]:
    """Return the one signature, None if there is none or several, and the announced length."""
    signatures: list[bytes] = []
    announced: int | None = None
    for name, value in headers:
        if name == b"x-hub-signature-256":
            signatures.append(value)
        elif name == b"content-length":
            announced = int(value)
    return (signatures[0] if len(signatures) == 1 else None), announced


def _verify_tokens(target: Tenant | App) -> tuple[str, ...]:
    if isinstance(target, App):
        return (target.verify_token,)
    return tuple(number.verify_token for number in target.numbers)


def _verified(query: bytes, tokens: Sequence[str]) -> bytes:
    """Return the challenge of Meta's verification; raise VerificationFailed if it is not Meta's."""
    try:
        said = dict(parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=10))
    except ValueError as exc:
        raise VerificationFailed("the query cannot be read") from exc
    token = said.get("hub.verify_token", "").encode(errors="replace")
    matches = [hmac.compare_digest(token, known.encode()) for known in tokens]
    challenge = said.get("hub.challenge", "").encode(errors="replace")
    if (
        said.get("hub.mode") != "subscribe"
        or not any(matches)
        or not 0 < len(challenge) <= _LONGEST_CHALLENGE
    ):
        raise VerificationFailed("the mode, the verify token or the challenge is not right")
    return challenge
