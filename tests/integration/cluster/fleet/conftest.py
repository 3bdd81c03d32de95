"""A hub and two regions, each with a real API server of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from acuse_lab.regions.control_plane import ControlPlane, temporary_control_plane
from support.control_plane import apply_crds, skip_unless_built
from support.fleet_world import FarRegion, FleetWorld, fleet_world


@pytest.fixture(scope="session")
def far_planes() -> Iterator[tuple[ControlPlane, ControlPlane]]:
    """Run the two regions' API servers."""
    skip_unless_built()
    with (
        temporary_control_plane("acuse-far-1", controllers=False) as first,
        temporary_control_plane("acuse-far-2", controllers=False) as second,
    ):
        for plane in (first, second):
            apply_crds(plane)
        yield first, second


@pytest.fixture
async def fleet(
    control_plane: ControlPlane,
    far_planes: tuple[ControlPlane, ControlPlane],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncGenerator[FleetWorld, None]:
    """Yield a hub that nothing runs in yet, and two regions that it does not know of."""
    settings: dict[str, Any] = getattr(request, "param", {})
    async with fleet_world(control_plane, far_planes, monkeypatch, **settings) as made:
        yield made


@pytest.fixture
def first(fleet: FleetWorld) -> FarRegion:
    """Return the first region."""
    return next(iter(fleet.regions.values()))


@pytest.fixture
def second(fleet: FleetWorld) -> FarRegion:
    """Return the second region."""
    return tuple(fleet.regions.values())[1]
