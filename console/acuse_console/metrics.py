"""How many requests, how they ended, and how long they took."""

from __future__ import annotations

import time
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

REQUESTS = Counter("acuse_api_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("acuse_api_request_seconds", "Time to answer a request", ["route"])

# Labels are bounded: a route's template, a method that HTTP has, a status.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ELSEWHERE: Final = "none"


def metered(app: ASGIApp) -> ASGIApp:
    """Return the app with each of its answers counted."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        # As what an answer counts that never began: the caller had gone, or the app failed.
        status = 499
        start = time.perf_counter()

        async def watch(message: Message) -> None:
            """Note the status on its way out."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watch)
        finally:
            # Set by the router, so absent where it found no route.
            route = str(dict(scope).get("path_template", "")) or _ELSEWHERE
            method = scope["method"] if scope["method"] in _METHODS else "other"
            REQUESTS.labels(route, method, str(status)).inc()
            SECONDS.labels(route).observe(time.perf_counter() - start)

    return serve
