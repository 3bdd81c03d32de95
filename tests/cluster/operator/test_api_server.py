"""The API server goes away under everything: webhooks are kept meanwhile, work goes on after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.tenants import LabTenant
from support.gateway_traffic import Front, front_of, new_message_id, reaction
from support.installed import Installed
from support.kept_events import until_ended

# So many webhooks, one after another: more than one look of anything that looks again.
DELIVERIES = 20


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
    plane = acuse.region.control_plane
    sent = [new_message_id() for _ in range(DELIVERIES)]

    await asyncio.to_thread(lose, plane)
    try:
        async with front_of(acuse.region) as front:
            answers = [await kept(front, tenant, message_id) for message_id in sent]
        assert not await asyncio.to_thread(plane.is_ready, within=1.0)
    finally:
        await asyncio.to_thread(bring_back, plane)
        await asyncio.to_thread(plane.wait_ready)

    assert set(answers) == {200}
    await until_ended(acuse, tenant, sent)
    late = await acuse.add_tenant("tardia")
    await acuse.until_ready(tenant, late)
    assert await acuse.override(late) == acuse.url(late)


async def kept(front: Front, tenant: LabTenant, message_id: str) -> int:
    """Return the status that a webhook of a tenant's is answered with."""
    return (await front.post(tenant, reaction(tenant, message_id))).status_code
