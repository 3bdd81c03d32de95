"""The run's installation, with tenants that go with the test that made them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from acuse_lab.running.tenants import LabTenant
from support.installed import Installed


@pytest.fixture
def acuse(acuse_installed: Installed) -> Iterator[Installed]:
    """Yield the installation; namespaces of tenants that the test made go after it."""
    before = shops(acuse_installed)
    yield acuse_installed
    made = sorted(shops(acuse_installed) - before)
    if made:
        # The next test need not wait for the end of what it does not use.
        acuse_installed.kubectl("delete", "namespace", *made, "--wait=false")


@pytest.fixture(scope="module")
def tenants(acuse_installed: Installed) -> Iterator[list[LabTenant]]:
    """Serve a tenant of the shared pool and one with a worker of its own."""

    async def serve() -> list[LabTenant]:
        """Apply the Tenants and wait until both are Ready."""
        workers = {"mode": "Dedicated", "min": 1, "max": 1}
        made = [
            await acuse_installed.add_tenant("comun"),
            await acuse_installed.add_tenant("propia", workers=workers),
        ]
        await acuse_installed.until_ready(*made)
        return made

    made = asyncio.run(serve())
    yield made
    asyncio.run(acuse_installed.remove(*made))


def shops(installed: Installed) -> set[str]:
    """Return the namespaces that tests' tenants live in."""
    names = installed.kubectl("get", "namespaces", "--output=name").split()
    return {name.partition("/")[2] for name in names if "/shop-" in name}
