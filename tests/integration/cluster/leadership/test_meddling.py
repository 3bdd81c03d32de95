"""What people and an API server do to the Lease: nobody leads who should not, nor for nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from pathlib import Path

import pytest

from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import NAMESPACES, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.leadership import Candidate, guarded
from acuse_operator.lease import lease_of
from support.eventually import until
from support.leadership_world import QUICK, Leadership, leadership_world


async def test_a_lease_that_is_deleted_is_made_anew_by_who_leads_with_its_count(
    world: Leadership,
) -> None:
    async with world.member("a") as a:
        await world.until_leads("a")
        async with world.member("b") as b:
            await world.until_stands_by(b)
            a.stop()
            await world.until_leads("b")
            async with world.member("c") as c:
                await world.until_stands_by(c)
                await world.api.delete(world.where)
                await world.until_renewed()
                await world.until_stands_by(c)

                assert [term.who for term in world.terms] == ["a", "b"]
                lease = await world.lease()
                assert lease is not None
                assert lease["spec"]["leaseTransitions"] == 1


async def test_a_lease_that_is_gone_with_its_leader_keeps_its_count_with_who_saw_it(
    world: Leadership,
) -> None:
    async with world.member("a") as a:
        await world.until_leads("a")
        async with world.member("b") as b:
            await world.until_stands_by(b)
            a.black_hole()
            await world.api.delete(world.where)
            won = await world.until_leads("b")

            assert won.epoch == 2


@pytest.mark.parametrize("holder", ["somebody-else", ""], ids=["taken", "emptied"])
async def test_a_lease_that_is_taken_by_hand_is_lost_at_once(
    world: Leadership, holder: str
) -> None:
    async with world.member("a"):
        await world.until_leads("a")
        async with world.member("b") as b:
            await world.until_stands_by(b)
            await world.api.merge_patch(world.where, {"spec": {"holderIdentity": holder}})
            await until(lambda: world.terms[0].why == "taken")
            await until(lambda: bool(world.leader()))

            assert world.terms[1].epoch == 2


async def test_what_others_put_on_the_lease_stays_and_costs_no_leadership(
    world: Leadership,
) -> None:
    async with world.member("a"):
        await world.until_leads("a")
        note = {"metadata": {"annotations": {"example.test/note": "ours"}}}
        await world.api.merge_patch(world.where, note)
        await world.until_renewed()
        await world.until_renewed()

        lease = await world.lease()
        assert lease is not None
        assert lease["metadata"]["annotations"] == {"example.test/note": "ours"}
        assert len(world.terms) == 1


async def test_without_rights_nobody_leads_and_with_them_one_does_again(
    world: Leadership,
) -> None:
    user = f"leader-{secrets.token_hex(3)}"
    allow(world, user)
    async with world.member("a", user=user):
        await world.until_leads("a")
        async with world.member("b", user=user) as b:
            await world.until_stands_by(b)
            world.plane.kubectl("delete", "rolebinding", user, "-n", world.namespace)
            await until(lambda: not world.leader())
            assert world.terms[0].why == "expired"
            # Not even a look is allowed.
            await until(lambda: b.candidate.silence() > QUICK.duration)
            assert b.candidate.doubt() == "api_silent"
            bind(world, user)
            await until(lambda: bool(world.leader()))

            assert [term.epoch for term in world.terms] == [1, 2]


def allow(world: Leadership, user: str) -> None:
    """Give a user the operator's rights on Leases."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": user, "namespace": world.namespace},
        "rules": [
            {
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "verbs": ["get", "create", "update"],
            }
        ],
    }
    world.plane.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(role))
    bind(world, user)


def bind(world: Leadership, user: str) -> None:
    """Bind the role to the user."""
    namespace = ("-n", world.namespace)
    world.plane.kubectl(
        "create", "rolebinding", user, f"--role={user}", f"--user={user}", *namespace
    )


async def test_an_api_server_that_dies_ends_every_leadership_and_its_return_brings_one(
    own_control_plane: ControlPlane, tmp_path: Path
) -> None:
    async with (
        leadership_world(own_control_plane, tmp_path) as world,
        world.member("a"),
        world.member("b"),
    ):
        await until(lambda: bool(world.leader()))
        await asyncio.to_thread(own_control_plane.kill_apiserver)
        await until(lambda: not world.leader())
        await asyncio.to_thread(own_control_plane.start_apiserver)
        await until(lambda: bool(world.leader()))

        assert [term.epoch for term in world.terms] == [1, 2]


async def test_a_namespace_that_is_not_there_yet_is_waited_for(world: Leadership) -> None:
    namespace = f"{world.namespace}-later"
    async with Api(await load_access(kubeconfig=str(world.plane.kubeconfig()))) as api:
        candidate = Candidate(api, lease_of(namespace), identity="early", terms=QUICK)

        async def epoch() -> int:
            """Lead once it can; return with which epoch."""
            async with candidate.leading() as leader:
                return leader.epoch

        waiting = asyncio.create_task(epoch())
        await until(lambda: candidate.doubt() == "nobody_leads")
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        assert await waiting == 1
        await api.delete(Ref(NAMESPACES, namespace))


async def test_a_leader_whose_event_loop_is_stuck_is_ended_from_outside(world: Leadership) -> None:
    ended = threading.Event()
    async with Api(await load_access(kubeconfig=str(world.plane.kubeconfig()))) as api:
        candidate = Candidate(api, world.where, identity="stuck", terms=QUICK)
        async with candidate.leading() as leader:
            with guarded(leader, ended.set):
                block(ended)
                assert time.monotonic() >= leader.until


def block(event: threading.Event) -> None:
    """Wait as nothing of an event loop should: none of its tasks runs meanwhile."""
    assert event.wait(60)
