"""The errors that each kind of route can answer with, as the OpenAPI document lists them."""

from __future__ import annotations

from litestar.openapi.datastructures import ResponseSpec

from acuse_console.shapes import LedgerProblem, Problem

_SAID = {
    401: "The token is missing, unknown, revoked or expired.",
    403: "The token lacks the scope that this call needs.",
    404: "This tenant has no such object.",
    409: "The idempotency key was used before, for something else.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "A parameter or the body does not have the documented form.",
    503: "Something needed did not answer; Retry-After says when to ask again.",
}


def can_fail(*statuses: int) -> dict[int, ResponseSpec]:
    """Return these errors, and those of every route that needs a token."""
    return {status: _problem(status) for status in (401, 403, *statuses, 503)}


def can_be_away() -> dict[int, ResponseSpec]:
    """Return the one error of a public route: the database is away."""
    return {503: _problem(503)}


def ledger_can_fail() -> dict[int, ResponseSpec]:
    """Return the errors of an import, whose 422 also says what is wrong with which line."""
    refused = ResponseSpec(LedgerProblem, description=_SAID[422], generate_examples=False)
    return {**can_fail(413, 415), 422: refused}


def _problem(status: int) -> ResponseSpec:
    return ResponseSpec(Problem, description=_SAID[status], generate_examples=False)
