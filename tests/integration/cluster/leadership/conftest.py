"""A Lease of its own for each test, on one shared API server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from support.leadership_world import Leadership, leadership_world


@pytest.fixture
async def world(control_plane: ControlPlane, tmp_path: Path) -> AsyncGenerator[Leadership, None]:
    """Yield a Lease that nobody has; when the test ends, never two have led."""
    async with leadership_world(control_plane, tmp_path) as made:
        yield made
