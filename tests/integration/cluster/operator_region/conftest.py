"""A region of its own for each test, on one shared API server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from support.region_world import RegionWorld, region_world


@pytest.fixture
async def world(
    control_plane: ControlPlane, request: pytest.FixtureRequest
) -> AsyncGenerator[RegionWorld, None]:
    """Yield a region that nothing runs in yet; a parameter goes over its settings."""
    settings: dict[str, Any] = getattr(request, "param", {})
    async with region_world(control_plane, **settings) as made:
        yield made
