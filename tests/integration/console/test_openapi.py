"""The OpenAPI document is exact: schemathesis finds no status, type or shape beside it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from acuse_console.app import ROUTES
from support.console_world import EVENT_ID, World

# Its own types leave parameters open, which a strict checker does not accept.
library: Any = schemathesis
OPERATIONS = [str(route.operation_id) for route in ROUTES]
# Any text is an event's id, and health takes nothing: no request can be beside the document.
ANYTHING_GOES = {"health", "showEvent"}
BOUNDED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture
def world(shared_world: World) -> World:
    """Share one API: no test here depends on what another left."""
    return shared_world


def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{world.address}/api/v1/openapi.json", timeout=60).json()
    return found


def test_the_document_is_public_and_names_every_route(world: World) -> None:
    said = document(world)

    assert said["openapi"].startswith("3.1")
    found = [op["operationId"] for path in said["paths"].values() for op in path.values()]
    assert sorted(found) == sorted(OPERATIONS)
    for path in said["paths"].values():
        for operation in path.values():
            codes = set(operation["responses"])
            assert {"401", "403"} <= codes or operation["operationId"] == "health"
            assert "400" not in codes


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_answer_is_beside_the_document(world: World, operation: str) -> None:
    schema = library.openapi.from_dict(document(world))
    explore(world, schema, operation, mode=GenerationMode.POSITIVE, known=False)


@pytest.mark.parametrize("operation", sorted({*OPERATIONS} - ANYTHING_GOES))
def test_no_request_beside_the_document_is_accepted(world: World, operation: str) -> None:
    said = document(world)
    # Requests without a token have tests of their own; these all carry one.
    for path in said["paths"].values():
        for each in path.values():
            each.pop("security", None)
    schema = library.openapi.from_dict(said)
    explore(world, schema, operation, mode=GenerationMode.NEGATIVE, known=False)


@pytest.mark.parametrize("operation", ["showReceipt", "downloadMedia", "showEvent"])
def test_no_answer_about_what_is_there_is_beside_the_document(world: World, operation: str) -> None:
    schema = library.openapi.from_dict(document(world))
    explore(world, schema, operation, mode=GenerationMode.POSITIVE, known=True)


def beyond_schema(case: Any) -> list[Any]:
    """Leave out what no schema can say: a ledger's calendar and check digits, an opaque cursor."""
    opaque = case.operation.path.endswith("/ledger/imports") or "cursor" in (case.query or {})
    return [library.specs.openapi.checks.positive_data_acceptance] if opaque else []


def explore(
    world: World, schema: Any, operation: str, *, mode: GenerationMode, known: bool
) -> None:
    """Call the operation with generated requests; every built-in check must pass."""
    found: Any = schema.find_operation_by_id(operation)
    there = {"receipt_id": str(world.matched), "event_id": EVENT_ID}
    fixed = {p: v for p, v in there.items() if f"{{{p}}}" in found.path} if known else None
    headers = {"Authorization": world.acme.headers["Authorization"]}
    seen: set[int] = set()

    @BOUNDED
    @given(case=found.as_strategy(generation_mode=mode, path_parameters=fixed))
    def run(case: Any) -> None:
        response = case.call(base_url=world.address, headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, headers=headers, excluded_checks=beyond_schema(case))

    run()
    assert seen
