"""The intake as a Litestar application: the one place that puts its parts together."""

from __future__ import annotations

from typing import Any, cast

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler
from litestar.status_codes import HTTP_404_NOT_FOUND
from litestar.types import HTTPScope, Receive, Send

from acuse.errors import InvalidRequest, NotFound
from acuse.resources.names import WEBHOOK_PATH
from acuse.tenants.tenant import TenantDirectory
from acuse_webhook.body import Bodies
from acuse_webhook.receive import Inbox, Webhook

log = structlog.get_logger()

APP_PATH = WEBHOOK_PATH


class _Mount(ASGIRouteHandler):
    """A handler that resolves its exception handlers once.

    Litestar 2.25 says that it memoizes them, and walks its layers for every request.
    """

    # Litestar's own type for them leaves its parameters open.
    _memo: Any = None

    def resolve_exception_handlers(self) -> Any:
        """Return the exception handlers of all layers."""
        if self._memo is None:
            self._memo = cast("Any", super()).resolve_exception_handlers()
        return self._memo


def build_app(directory: TenantDirectory, inbox: Inbox, bodies: Bodies) -> Litestar:
    """Return the application that answers Meta."""
    webhook = Webhook(directory, inbox, bodies)

    # A mount, because Litestar does not find ASGI handlers behind path parameters.
    @_Mount(APP_PATH, is_mount=True, copy_scope=False)
    async def meta(scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Hand a request of either route on."""
        await webhook.handle(scope, receive, send)

    return Litestar(
        route_handlers=[meta],
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: _http_error, Exception: _unexpected},
    )


def _http_error(
    request: Request[object, object, State], exc: HTTPException
) -> Response[dict[str, str]]:
    del request
    code = NotFound.code if exc.status_code == HTTP_404_NOT_FOUND else InvalidRequest.code
    return Response({"code": code, "detail": "nothing is here"}, status_code=exc.status_code)


def _unexpected(
    request: Request[object, object, State], exc: Exception
) -> Response[dict[str, str]]:
    del request
    log.error("request_failed", exc_info=exc)
    return Response({"code": "internal_error", "detail": "it is in the log"}, status_code=500)
