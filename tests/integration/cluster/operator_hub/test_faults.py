"""The operator ends in the documented state whatever the API server does to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest

from acuse.errors import ApiUnavailable
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import CLUSTERROLES, TENANTS, Ref
from acuse_lab.regions.control_plane import ControlPlane
from support.eventually import until
from support.hub_world import HubWorld, hub_world


@pytest.fixture
async def alone(
    own_control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[HubWorld, None]:
    """Yield a hub on an API server of its own, to be killed and paused."""
    async with hub_world(own_control_plane, monkeypatch) as made:
        yield made


def is_free(port: int) -> bool:
    """Say whether a port can be listened on: a killed program's last thread holds it a moment."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def test_an_api_server_that_was_killed_is_taken_up_again_where_it_was_left(
    alone: HubWorld,
) -> None:
    await alone.put_secret()
    await alone.apply()
    async with alone.running() as operator:
        await alone.serving()
        await asyncio.to_thread(alone.plane.kill_apiserver)
        await until(lambda: is_free(alone.plane.place.ports.api))
        await asyncio.to_thread(alone.plane.start_apiserver)
        await alone.apply(displayName="Acme SRL")
        await alone.until_condition("RegionsSynced", "False", "Applying")
        await alone.answer()
        await alone.until_condition("Ready", "True")
        assert not any(task.done() for task in operator.tasks)


async def test_an_api_server_that_does_not_answer_for_a_while_loses_no_edit(
    alone: HubWorld,
) -> None:
    await alone.put_secret()
    await alone.apply()
    async with alone.running() as operator:
        await alone.serving()
        alone.plane.pause()
        access = await load_access(kubeconfig=str(alone.plane.kubeconfig()))
        async with Api(access, deadline=3.0) as impatient:
            with pytest.raises(ApiUnavailable):
                await impatient.get(Ref(TENANTS, "acme", alone.namespace))
        alone.plane.resume()
        await alone.apply(displayName="Acme SRL")
        await alone.until_condition("RegionsSynced", "False", "Applying")
        assert not any(task.done() for task in operator.tasks)


async def test_rights_that_were_taken_away_are_missed_and_used_again_once_back(
    world: HubWorld,
) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
        role = Ref(CLUSTERROLES, world.user)
        rights = await world.api.get(role)
        assert rights is not None
        await world.api.merge_patch(role, {"rules": []})
        await world.apply(displayName="Acme SRL")
        await until(lambda: was_refused(world))
        assert (await world.condition("Ready"))["status"] == "True"
        await world.api.merge_patch(role, {"rules": rights["rules"]})
        await world.until_condition("RegionsSynced", "False", "Applying")


def was_refused(world: HubWorld) -> bool:
    return any(
        event["responseStatus"]["code"] == 403
        for event in world.plane.audit_events()
        if event["user"]["username"] == world.user
    )


async def test_a_region_that_refuses_a_placement_is_named_with_its_reason(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    role = f"role/{world.user}"
    namespace = world.settings.tenants_namespace
    world.plane.kubectl("delete", role, "-n", namespace)
    world.plane.kubectl(
        "create", "role", world.user, "-n", namespace, "--verb=list,watch",
        "--resource=secrets,tenantplacements.acuse.dev",
    )  # fmt: skip
    async with world.running():
        await world.until_condition("RegionsSynced", "False", "RegionRefused")
        tenant = await world.live()
        assert tenant is not None
        assert "forbidden" in tenant["status"]["regions"][0]["message"]
        await world.until_event("RegionRefused")


async def test_edits_that_come_faster_than_they_are_worked_on_end_in_the_last(
    world: HubWorld,
) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.until_placed()
        for number in range(30):
            await world.api.merge_patch(
                Ref(TENANTS, "acme", world.namespace), {"spec": {"displayName": f"Acme {number}"}}
            )

        async def is_last() -> bool:
            placement = await world.placement()
            assert placement is not None
            return str(placement["spec"]["bundle"]["displayName"]) == "Acme 29"

        await until(is_last)
