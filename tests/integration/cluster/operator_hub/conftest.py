"""A hub of its own for each test, on one shared API server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from support.hub_world import HubWorld, hub_world


@pytest.fixture
async def world(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncGenerator[HubWorld, None]:
    """Yield a hub that nothing runs in yet; a parameter goes over its settings."""
    settings: dict[str, Any] = getattr(request, "param", {})
    async with hub_world(control_plane, monkeypatch, **settings) as made:
        yield made
