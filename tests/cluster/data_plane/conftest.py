"""A tenant with shared workers for each module; the installation is the whole run's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from acuse_lab.graph.client import LabClient
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import Front, front_of
from support.installed import Installed


@pytest.fixture(scope="module")
def tenant(acuse_installed: Installed) -> Iterator[LabTenant]:
    """Serve a tenant that the shared workers work for."""

    async def serve() -> LabTenant:
        """Apply a Tenant and wait until it is Ready."""
        made = await acuse_installed.add_tenant("espiga")
        await acuse_installed.until_ready(made)
        return made

    made = asyncio.run(serve())
    yield made
    asyncio.run(acuse_installed.remove(made))


@pytest.fixture
async def meta(acuse_installed: Installed) -> AsyncIterator[LabClient]:
    """Yield a client that steers the fake of Meta."""
    async with acuse_installed.meta() as lab:
        yield lab


@pytest.fixture
async def front(acuse_installed: Installed) -> AsyncIterator[Front]:
    """Yield the public side of the region."""
    async with front_of(acuse_installed.region) as found:
        yield found
