"""Which tenant's address the intake is asked at: one whose route is there and stays."""

from __future__ import annotations

from typing import Any

from acuse_cluster.kinds import Manifest
from acuse_operator.region.health import routed


def placement(
    name: str, since: str, *, status: str = "True", region: str = "ar-1", **metadata: Any
) -> Manifest:
    route = {"type": "RouteReady", "status": status, "lastTransitionTime": since}
    return {
        "metadata": {"name": name, **metadata},
        "spec": {"region": region},
        "status": {"conditions": [route]},
    }


def test_it_is_the_one_that_is_routed_for_the_longest() -> None:
    found = [
        placement("shops.a", "2026-11-25T10:00:00Z"),
        placement("shops.b", "2026-11-24T10:00:00Z"),
    ]

    assert routed(found, region="ar-1") == "shops.b"


def test_one_that_comes_or_goes_or_is_elsewhere_is_not_asked() -> None:
    old = "2026-11-01T10:00:00Z"
    found = [
        placement("shops.a", old, status="False"),
        placement("shops.b", old, deletionTimestamp="2026-11-25T10:00:00Z"),
        placement("shops.c", old, region="br-1"),
        {"metadata": {"name": "shops.d"}, "spec": {"region": "ar-1"}},
    ]

    assert routed(found, region="ar-1") is None
