"""Who calls: a bearer token for every route that is not public, and a scope for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from acuse import tokens
from acuse.data.pool import Pool, transaction
from acuse.errors import ScopeMissing, Unauthorized
from acuse.tokens import Bearer

Connection = ASGIConnection[Any, Any, Bearer, State]
Guard = Callable[[Connection, BaseRouteHandler], None]


class Bearers(ASGIMiddleware):
    """Puts the caller's Bearer into the request, or refuses it with 401."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "public"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer only to a token that is known, in force, and given once."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        scope["auth"] = await self._authenticate(given)
        await next_app(scope, receive, send)

    async def _authenticate(self, given: list[bytes]) -> Bearer:
        scheme, _, text = (given[0] if len(given) == 1 else b"").partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthorized("a bearer token is needed")
        async with transaction(self._pool) as conn:
            return await tokens.authenticate(conn, text.strip().decode("latin-1"))


# A route with this in its `opt` needs no token.
PUBLIC: Final = {str(Bearers.exclude_opt_key): True}


def needs(scope: tokens.Scope) -> Guard:
    """Return the guard that lets only tokens with this scope pass."""

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if scope.value not in connection.auth.scopes:
            raise ScopeMissing(f"the token lacks the scope {scope.value}")

    return guard
