"""Two clusters for `kubectl acuse`: the shared one, and one elsewhere for these tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import pytest

from acuse_lab.regions.control_plane import ControlPlane, temporary_control_plane
from support.control_plane import apply_crds, skip_unless_built
from support.plugin_world import PluginWorld, plugin_world


@pytest.fixture(scope="package")
def elsewhere() -> Iterator[ControlPlane]:
    """Run an API server that is another region's."""
    skip_unless_built()
    with temporary_control_plane("acuse-elsewhere", controllers=False) as plane:
        apply_crds(plane)
        yield plane


@pytest.fixture
async def world(
    control_plane: ControlPlane, elsewhere: ControlPlane
) -> AsyncGenerator[PluginWorld, None]:
    """Yield a hub with two regions in which no operator runs."""
    async with plugin_world(control_plane, elsewhere) as made:
        yield made
