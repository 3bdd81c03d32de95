"""Events are told once, in the object's namespace, and hold nobody up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.errors import DatabaseUnavailable
from acuse_operator.events import Events, Happening, event_manifest

TENANT: dict[str, Any] = {
    "apiVersion": "acuse.dev/v1alpha1",
    "kind": "Tenant",
    "metadata": {"name": "acme", "namespace": "shops", "uid": "u-1"},
}
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Kept:
    """An API that keeps the events it is given."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.reasons: list[str] = []
        self._refuses = refuses

    async def create(self, manifest: dict[str, Any]) -> dict[str, Any]:
        if self._refuses:
            raise DatabaseUnavailable("away")
        self.reasons.append(manifest["reason"])
        return manifest


def test_an_event_is_about_the_object_and_beside_it() -> None:
    event = event_manifest(
        TENANT, Happening("Warning", "Bad", "x" * 2000), controller="acuse.dev/hub", now=NOW
    )

    assert event["metadata"]["namespace"] == "shops"
    assert event["regarding"] == {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Tenant",
        "name": "acme",
        "namespace": "shops",
        "uid": "u-1",
    }
    assert event["eventTime"] == "2026-11-22T10:00:00.000000Z"
    assert len(event["note"]) == 1024


def test_an_event_about_a_cluster_scoped_object_is_in_default() -> None:
    region = {"kind": "Region", "metadata": {"name": "r1"}}
    event = event_manifest(region, Happening("Normal", "Up", ""), controller="c", now=NOW)

    assert event["metadata"]["namespace"] == "default"
    assert "namespace" not in event["regarding"]


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


async def test_the_same_is_not_said_twice_but_again_once_something_else_was(
    clock: list[float],
) -> None:
    api = Kept()
    events = Events(api, controller="c", clock=lambda: clock[0])
    async with events.posting():
        for reason in ("Serving", "Serving", "RegionNotReady", "Serving"):
            events.emit(TENANT, type="Normal", reason=reason, message="m", topic="Ready")
        clock[0] += 3600.0
        events.emit(TENANT, type="Normal", reason="Serving", message="m", topic="Ready")

    assert api.reasons == ["Serving", "RegionNotReady", "Serving", "Serving"]


async def test_an_event_that_is_refused_is_let_go() -> None:
    events = Events(Kept(refuses=True), controller="c")
    async with events.posting():
        events.emit(TENANT, type="Normal", reason="Serving", message="m")
