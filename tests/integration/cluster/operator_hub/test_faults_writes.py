"""A write of the hub's that is refused, put off or slow is done in the end, and alone waits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from acuse.resources.names import HUB_FINALIZER, sealed_name
from acuse_cluster.kinds import TENANTS, Ref
from acuse_operator.program import Running
from support.admission_faults import LATER, Fault, Faults, admission_faults, refusals, until_refused
from support.cluster_tenants import kubeconfig_through
from support.eventually import until
from support.hub_world import HubWorld
from support.tcp_proxy import proxy_to

# What the hub writes of a Tenant, in this order.
WRITES = ("tenants", "secrets", "tenantplacements", "tenants/status")
# What it writes, or deletes, when one goes.
PARTING = ("tenantplacements", "secrets", "tenants")


@dataclass(slots=True)
class Faulty:
    """A hub whose writes about the Tenant acme meet faults."""

    world: HubWorld
    faults: Faults

    def lay(self, resource: str, **how: object) -> Fault:
        """Let the hub's writes of one of acme's objects meet a fault."""
        key = self.world.key()
        names = {"secrets": sealed_name(key), "tenantplacements": key}
        return self.faults.lay(resource, names.get(resource, "acme"), **how)

    async def apply_both(self) -> None:
        """Apply acme and another Tenant."""
        await self.world.put_secret()
        await self.world.apply()
        await self.world.apply_other("beta")

    def refused(self, code: int) -> list[datetime]:
        """Return when the hub was refused with this code."""
        user = self.world.user
        return refusals(self.world.plane, code, whose=lambda e: e["user"]["username"] == user)


@pytest.fixture
async def faulty(world: HubWorld) -> AsyncGenerator[Faulty, None]:
    """Yield a hub that nothing runs in yet, and what may go wrong with its writes."""
    where = (world.namespace, world.settings.tenants_namespace)
    async with admission_faults(world.plane, *where, users=[world.user]) as faults:
        yield Faulty(world, faults)


def all_run(operator: Running) -> bool:
    return not any(task.done() for task in operator.tasks)


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize("resource", WRITES)
async def test_a_write_that_is_put_off_is_done_in_the_end_and_no_other_tenant_waits(
    faulty: Faulty, resource: str, how: dict[str, int]
) -> None:
    fault, world = faulty.lay(resource, **how), faulty.world
    await faulty.apply_both()
    async with world.running() as operator:
        await world.serving("beta")
        await until(lambda: fault.met >= 2)
        # What comes after it has not been begun: a placement has its credentials, and a Tenant
        # that has one is held.
        assert (await world.condition("RegionsSynced")).get("status") != "True"
        held, sealed = await world.live(), await world.sealed()
        assert held is not None
        assert ("finalizers" in held["metadata"]) == (resource != "tenants")
        assert (sealed is not None) == (resource not in {"tenants", "secrets"})
        assert (await world.placement() is not None) == (resource == "tenants/status")
        fault.over = True
        await world.serving()
        assert all_run(operator)


async def test_a_write_that_is_refused_again_and_again_is_tried_ever_more_seldom(
    faulty: Faulty,
) -> None:
    fault, world = faulty.lay("tenantplacements", code=409), faulty.world
    await faulty.apply_both()
    async with world.running():
        tries = await until_refused(lambda: faulty.refused(409), 5)
        fault.over = True
        await world.serving()

    # A quarter of a second, and twice as long each time; word of something else may come between.
    assert (tries[4] - tries[0]).total_seconds() > 1.0


async def test_an_api_server_that_asks_for_patience_is_given_as_much(faulty: Faulty) -> None:
    fault, world = faulty.lay("tenantplacements", code=429, retry_after=2), faulty.world
    await faulty.apply_both()
    async with world.running():
        await until(lambda: fault.met >= 3)
        fault.over = True
        await world.serving()

    for one, next_one in itertools.pairwise(faulty.refused(429)):
        assert (next_one - one).total_seconds() >= 2.0


async def test_writes_of_five_seconds_each_make_their_tenant_late_and_no_other(
    faulty: Faulty,
) -> None:
    world, beta_serves = faulty.world, asyncio.Event()
    for resource in WRITES:
        faulty.lay(resource, delay=5.0, gate=beta_serves)
    await faulty.apply_both()
    async with world.running() as operator:
        await world.serving("beta")
        assert await world.placement() is None
        beta_serves.set()
        await world.serving()
        assert all_run(operator)


async def test_a_cluster_that_takes_five_seconds_for_every_answer_is_served_all_the_same(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with proxy_to(world.plane.place.ports.api) as proxy:
        far = kubeconfig_through(world.plane, proxy.port, tmp_path, user=world.user)
        monkeypatch.setenv("KUBECONFIG", far)
        async with world.served() as operator:
            proxy.lag = 5.0
            await world.take_an_edit()
            assert all_run(operator)
            proxy.lag = 0.0


@pytest.mark.parametrize("how", LATER)
@pytest.mark.parametrize("resource", PARTING)
async def test_a_tenant_whose_parting_is_put_off_goes_in_the_end_and_in_order(
    faulty: Faulty, resource: str, how: dict[str, int]
) -> None:
    world = faulty.world
    async with world.served() as operator:
        fault = faulty.lay(resource, **how)
        await world.delete()
        await until(lambda: fault.met >= 2)
        live = await world.live()
        assert live is not None
        assert live["metadata"]["finalizers"] == [HUB_FINALIZER]
        assert (await world.placement() is None) == (resource != "tenantplacements")
        fault.over = True
        await world.until_gone()
        assert all_run(operator)

    assert (await world.override(), await world.placement(), await world.sealed()) == (None,) * 3


async def test_a_tenant_that_somebody_changes_while_it_is_let_go_goes_all_the_same(
    faulty: Faulty,
) -> None:
    world, changed = faulty.world, asyncio.Event()
    async with world.served():
        fault = faulty.lay("tenants", gate=changed)
        await world.delete()
        await until(lambda: fault.met == 1)
        note = {"metadata": {"annotations": {"example.com/note": "in between"}}}
        await world.api.merge_patch(Ref(TENANTS, "acme", world.namespace), note)
        changed.set()
        await world.until_gone()
        assert len(faulty.refused(409)) == 1
