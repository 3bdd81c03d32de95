"""The API as an application: routes, who may call them, and how errors are told."""

from __future__ import annotations

from typing import Final

from litestar import Litestar, Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from acuse_console.access import PUBLIC, Bearers
from acuse_console.bodies import LARGEST
from acuse_console.document import describe
from acuse_console.metrics import metered
from acuse_console.problems import HANDLERS
from acuse_console.routes.events import list_events, show_event
from acuse_console.routes.health import health
from acuse_console.routes.ledger import import_ledger, list_transactions
from acuse_console.routes.media import download_media
from acuse_console.routes.receipts import list_receipts, show_receipt
from acuse_console.routes.replies import queue_reply
from acuse_console.scope import Means

PREFIX: Final = "/api/v1"
ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    health,
    import_ledger,
    list_transactions,
    list_receipts,
    show_receipt,
    download_media,
    list_events,
    show_event,
    queue_reply,
)


def create_app(means: Means) -> ASGIApp:
    """Return the application that answers with these means."""

    def provide() -> Means:
        return means

    dependencies = {"means": Provide(provide, sync_to_thread=False)}
    document = describe(ROUTES, prefix=PREFIX, dependencies=dependencies)

    @get("/openapi.json", opt=PUBLIC, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        """Publish the OpenAPI document."""
        return Response(document, media_type="application/json")

    app = Litestar(
        route_handlers=[*ROUTES, openapi],
        path=PREFIX,
        dependencies=dependencies,
        middleware=[Bearers(means.pool)],
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=LARGEST,
        response_headers=[
            ResponseHeader(name="X-Content-Type-Options", value="nosniff"),
            ResponseHeader(name="Cache-Control", value="no-store"),
        ],
    )
    return metered(app)
