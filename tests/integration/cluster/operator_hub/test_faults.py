"""The operator ends in the documented state whatever the API server does to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest

from acuse.errors import ApiUnavailable
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import CLUSTERROLES, NAMESPACES, TENANTS, Ref
from acuse_lab.regions.control_plane import ControlPlane
from support.admission_faults import admission_faults
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
    async with alone.served() as operator:
        await asyncio.to_thread(alone.plane.kill_apiserver)
        await start_again(alone.plane)
        await alone.take_an_edit()
        assert not any(task.done() for task in operator.tasks)


async def start_again(plane: ControlPlane) -> None:
    """Start an API server that was killed."""
    await until(lambda: is_free(plane.place.ports.api))
    await asyncio.to_thread(plane.start_apiserver)


@pytest.mark.parametrize("resource", ["tenants", "tenantplacements", "tenants/status"])
async def test_an_api_server_that_dies_in_the_middle_of_a_reconcile_leaves_no_half_of_it(
    alone: HubWorld, resource: str
) -> None:
    where = (alone.namespace, alone.settings.tenants_namespace)
    await alone.put_secret()
    await alone.apply()
    async with admission_faults(alone.plane, *where, users=[alone.user]) as faults:
        name = alone.key() if resource == "tenantplacements" else "acme"
        held = faults.lay(resource, name, gate=asyncio.Event())
        async with alone.running() as operator:
            await until(lambda: held.met == 1)
            await asyncio.to_thread(alone.plane.kill_apiserver)
            held.over = True
            await start_again(alone.plane)
            await alone.serving()
            await alone.take_an_edit()
            assert not any(task.done() for task in operator.tasks)


async def test_an_api_server_that_does_not_answer_for_a_while_loses_no_edit(
    alone: HubWorld,
) -> None:
    async with alone.served() as operator:
        alone.plane.pause()
        access = await load_access(kubeconfig=str(alone.plane.kubeconfig()))
        async with Api(access, deadline=3.0) as impatient:
            with pytest.raises(ApiUnavailable):
                await impatient.get(Ref(TENANTS, "acme", alone.namespace))
        alone.plane.resume()
        await alone.apply(displayName="Acme SRL")
        await alone.until_condition("RegionsSynced", "False", "Applying")
        assert not any(task.done() for task in operator.tasks)


async def test_a_protected_tenant_holds_its_namespace_and_is_served_on_until_it_may_go(
    world: HubWorld,
) -> None:
    async with world.served(deletionProtection=True):
        await world.api.delete(Ref(NAMESPACES, world.namespace))
        await world.until_condition("Degraded", "True", "DeletionProtected")
        # What the cluster deletes there goes, the Secret too; what it said last is used on.
        await world.until_condition("CredentialsValid", "False", "SecretMissing")
        assert (await world.condition("Ready"))["status"] == "True"
        assert (await world.condition("Degraded"))["reason"] == "DeletionProtected"
        assert await world.override() == world.url()
        tenant = Ref(TENANTS, "acme", world.namespace)
        await world.api.merge_patch(tenant, {"spec": {"displayName": "Acme SRL"}})
        await world.until_condition("RegionsSynced", "False", "Applying")
        await world.answer()
        await world.until_condition("Ready", "True")
        namespace = await world.api.get(Ref(NAMESPACES, world.namespace))
        assert namespace is not None
        assert namespace["status"]["phase"] == "Terminating"
        await world.api.merge_patch(tenant, {"spec": {"deletionProtection": False}})
        await world.until_namespace_gone()

    assert (await world.override(), await world.placement(), await world.sealed()) == (None,) * 3


async def test_rights_that_were_taken_away_are_missed_and_used_again_once_back(
    world: HubWorld,
) -> None:
    async with world.served():
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
