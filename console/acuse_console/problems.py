"""Errors as answers: a status, a stable code and a sentence; never what was sent."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from litestar import Response
from litestar.connection import Request
from litestar.exceptions import HTTPException

from acuse import errors
from acuse_console.shapes import Fault, LedgerProblem, Problem

log = structlog.get_logger()
AnyRequest = Request[Any, Any, Any]

# The nearest class of an error says its status; Unavailable is 503 whatever it is.
STATUS: Final[dict[type[errors.AcuseError], int]] = {
    errors.Unauthorized: 401,
    errors.ScopeMissing: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.IdempotencyConflict: 409,
    errors.BodyTooLarge: 413,
    errors.ContentTypeUnsupported: 415,
    errors.LedgerInvalid: 422,
    errors.InvalidRequest: 422,
    errors.Unavailable: 503,
}
_PARAMETER = re.compile(r"[a-z_]{1,40}")


def answer(request: AnyRequest, exc: Exception) -> Response[Problem | LedgerProblem]:
    """Return the answer to an error raised on purpose."""
    del request
    error = exc if isinstance(exc, errors.AcuseError) else errors.AcuseError("internal")
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        return unforeseen(None, exc)
    return Response(
        _body(error), status_code=status, headers=_headers(error), media_type="application/json"
    )


def translate(request: AnyRequest, exc: Exception) -> Response[Problem | LedgerProblem]:
    """Return the answer to the framework's own errors: routes, parameters, sizes."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    if status == HTTPStatus.NOT_FOUND:
        return answer(request, errors.NotFound("there is nothing here"))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return _not_allowed(request)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return answer(request, errors.BodyTooLarge("the body is too large"))
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer(request, errors.InvalidRequest(_what_is_wrong(exc)))
    return unforeseen(request, exc)


def unforeseen(request: AnyRequest | None, exc: Exception) -> Response[Problem | LedgerProblem]:
    """Return 500 for a fault of ours, and log where it happened."""
    del request
    log.error("request_failed", exc_info=exc)
    return Response(
        Problem(code="internal_error", detail="the fault is ours; it was logged"),
        status_code=500,
        media_type="application/json",
    )


HANDLERS: Final[dict[int | type[Exception], Callable[[AnyRequest, Any], Response[Any]]]] = {
    errors.AcuseError: answer,
    HTTPException: translate,
    Exception: unforeseen,
}


def _body(error: errors.AcuseError) -> Problem | LedgerProblem:
    if isinstance(error, errors.LedgerInvalid):
        faults = [Fault(line=f.line, code=f.code, column=f.column) for f in error.faults]
        return LedgerProblem(code=error.code, detail=str(error), faults=faults)
    return Problem(code=error.code, detail=str(error))


def _headers(error: errors.AcuseError) -> dict[str, str]:
    if isinstance(error, errors.Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="acuse"'}
    if isinstance(error, errors.ScopeMissing):
        return {"WWW-Authenticate": 'Bearer realm="acuse", error="insufficient_scope"'}
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    return {}


def _not_allowed(request: AnyRequest) -> Response[Problem | LedgerProblem]:
    response = answer(request, errors.MethodNotAllowed("this path does not take this method"))
    allowed: set[str] = set()
    for route in request.app.routes:
        shape = re.sub(r"\\{[^/]*\\}", ".+", re.escape(route.path_format))
        if re.fullmatch(shape, request.scope["path"].rstrip("/")):
            allowed |= {str(method) for method in getattr(route, "methods", ())}
    response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _what_is_wrong(exc: Exception) -> str:
    """Name the parameters at fault; their values, and the framework's words, may hold anything."""
    extra: object = getattr(exc, "extra", None)
    # Litestar's own shape: a list of {"message", "key", "source"}.
    found = cast("list[dict[str, str]]", extra) if isinstance(extra, list) else []
    names = {each.get("key", "") for each in found}
    named = sorted(name for name in names if _PARAMETER.fullmatch(name))
    return f"not valid: {', '.join(named)}" if named else "the request does not have the right form"
