"""The API server goes away under everything: webhooks are kept meanwhile, work goes on after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import traffic
from support.installed import Installed
from support.kept_events import until_ended


@pytest.fixture(scope="module")
def tenant(acuse_installed: Installed) -> Iterator[LabTenant]:
    """Serve a tenant."""

    async def serve() -> LabTenant:
        """Apply a Tenant and wait until it is Ready."""
        made = await acuse_installed.add_tenant("firme")
        await acuse_installed.until_ready(made)
        return made

    made = asyncio.run(serve())
    yield made
    asyncio.run(acuse_installed.remove(made))


@pytest.mark.parametrize(
    ("lose", "bring_back"),
    [
        pytest.param(ControlPlane.kill_apiserver, ControlPlane.start_apiserver, id="killed"),
        pytest.param(ControlPlane.pause, ControlPlane.resume, id="hanging"),
    ],
)
async def test_webhooks_are_kept_while_the_api_server_is_away_and_tenants_come_after(
    acuse: Installed,
    tenant: LabTenant,
    lose: Callable[[ControlPlane], None],
    bring_back: Callable[[ControlPlane], None],
) -> None:
    plane, said = acuse.region.control_plane, complaints(acuse)

    async with traffic(acuse.region, tenant) as sent:
        await asyncio.to_thread(lose, plane)
        try:
            # A call that hangs is given up after its deadline, and tried again.
            await acuse.until(lambda: complaints(acuse) > said, what="the operator has noticed")
            await sent.reach(40)
        finally:
            await asyncio.to_thread(bring_back, plane)
            await asyncio.to_thread(plane.wait_ready)

    assert sent.others == {}
    await until_ended(acuse, tenant, sent.acknowledged)
    late = await acuse.add_tenant("tardia")
    await acuse.until_ready(tenant, late)
    assert await acuse.override(late) == acuse.url(late)


def complaints(acuse: Installed) -> int:
    """Count how often the operator said that there is no API server; the node has what it said."""
    region = acuse.region.region
    assert region is not None
    logs = (region.folder / "pods").glob(f"{NAMESPACE}_acuse-operator-*/operator/*.log")
    return sum(log.read_text().count('"api_unavailable"') for log in logs)
