"""The OpenAPI document: what Litestar knows of the routes, made exact where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Dependencies

from acuse import __version__
from acuse.ledger.csv_file import MAX_BYTES
from acuse_console.bodies import Ledger, ReplyBody
from acuse_console.media_type import SAFE

_REFS: Final = "#/components/schemas/{name}"
_BEARER: Final = "bearer"
_BINARY: Final = {"type": "string", "format": "binary"}
_CONFIG: Final = OpenAPIConfig(
    title="Acuse",
    version=__version__,
    description="Receipts sent by WhatsApp, matched to the ledger. Every error has a `code`.",
    use_handler_docstrings=True,
    components=Components(
        security_schemes={
            _BEARER: SecurityScheme(
                type="http", scheme="bearer", description="Made by `acuse tokens create`."
            )
        }
    ),
)


def describe(
    routes: Sequence[HTTPRouteHandler], *, prefix: str, dependencies: Dependencies
) -> bytes:
    """Return the OpenAPI document of the routes as JSON."""
    app = Litestar(
        route_handlers=routes,
        path=prefix,
        dependencies=dependencies,
        openapi_config=_CONFIG,
        # Its default replaces the handlers of the whole process.
        logging_config=None,
    )
    document: dict[str, Any] = app.openapi_schema.to_schema()
    operations = [op for path in document["paths"].values() for op in path.values()]
    for operation in operations:
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _without_null(parameter["schema"])
        # Litestar's own error for parameters; ours is 422.
        operation["responses"].pop("400", None)
        if "401" in operation["responses"]:
            operation["security"] = [{_BEARER: []}]
            operation["responses"]["401"]["headers"] = _header("WWW-Authenticate")
        if "503" in operation["responses"]:
            operation["responses"]["503"]["headers"] = _header("Retry-After")
    by_id = {operation["operationId"]: operation for operation in operations}
    _describe_bodies(document, by_id)
    by_id["downloadMedia"]["responses"]["200"]["content"] = {
        kind: {"schema": _BINARY} for kind in SAFE
    }
    return msgspec.json.encode(document)


def _describe_bodies(document: dict[str, Any], by_id: dict[str, Any]) -> None:
    """Describe the bodies as msgspec reads them, word for word."""
    (ledger, reply), schemas = msgspec.json.schema_components(
        [Ledger, ReplyBody], ref_template=_REFS
    )
    document["components"]["schemas"].update(schemas)
    csv = {"type": "string", "maxLength": MAX_BYTES, "description": "See the ledger's format."}
    by_id["importLedger"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": ledger}, "text/csv": {"schema": csv}},
    }
    by_id["queueReply"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": reply}},
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter that may be left out: there is no null in a query."""
    choices = [each for each in schema.get("oneOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        schema = {k: v for k, v in schema.items() if k != "oneOf"} | choices[0]
    if isinstance(schema.get("type"), list):
        (only,) = [each for each in schema["type"] if each != "null"]
        schema = {**schema, "type": only}
    if "enum" in schema:
        schema = {**schema, "enum": [each for each in schema["enum"] if each is not None]}
    return schema


def _header(name: str) -> dict[str, Any]:
    return {name: {"schema": {"type": "string"}}}
