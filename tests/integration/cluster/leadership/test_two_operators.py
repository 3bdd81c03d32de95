"""Two operators as processes on one API server: one works, the other takes over from it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from acuse_cluster.kinds import Manifest
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.program import Program
from acuse_operator.lease import lease_of
from support.cluster_tenants import kubeconfig_through
from support.eventually import until
from support.hub_world import HubWorld, hub_world
from support.tcp_proxy import proxy_to


@pytest.fixture
async def both(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[HubWorld, None]:
    """Yield a cluster for operators with both roles."""
    async with hub_world(control_plane, monkeypatch, operator_role="both") as made:
        await made.put_region(ingressClassName="any")
        await made.put_secret()
        yield made


@asynccontextmanager
async def operator(
    world: HubWorld, folder: Path, name: str, *, kubeconfig: str | None = None
) -> AsyncGenerator[Program, None]:
    """Run an operator as a process while the block runs; it is ready when the block begins."""
    environment = {
        "KUBECONFIG": kubeconfig or str(world.plane.kubeconfig(world.user)),
        "ACUSE_POD_NAME": name,
        "ACUSE_REGION": world.region,
        "ACUSE_TENANTS_NAMESPACE": world.settings.tenants_namespace,
        "ACUSE_RELEASE_NAMESPACE": world.settings.release_namespace,
        "ACUSE_GRAPH_URL": world.graph.url,
        "ACUSE_SECRET_POLL": "0.5",
        "ACUSE_WORKER_IMAGE": "registry.example/acuse-workers:1.0.0",
    }
    started = Program(name, ("operator", "run"), environment, folder / f"{name}.log")
    started.start()
    try:
        await asyncio.to_thread(started.wait_ready)
        yield started
    finally:
        await asyncio.to_thread(started.stop)
        sys.stdout.write(started.log.read_text()[-4000:])


async def lease(world: HubWorld) -> Manifest:
    """Return the Lease."""
    found = await world.api.get(lease_of(world.settings.release_namespace))
    assert found is not None
    return found


async def until_leads(world: HubWorld, program: Program) -> int:
    """Return the transitions of the Lease once this one leads and is ready."""
    await until(lambda: leads(program) == 1.0)
    await asyncio.to_thread(program.wait_ready)
    found = await lease(world)
    assert found["spec"]["holderIdentity"].startswith(f"{program.name}_")
    return int(found["spec"]["leaseTransitions"])


def leads(program: Program) -> float:
    """Return what an operator shows of whether it leads."""
    text = httpx.get(f"{program.monitoring_url}/metrics", timeout=30.0).text
    return next(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "acuse_operator_leader"
    )


async def test_after_a_kill_and_after_a_stop_the_other_one_serves_the_tenants(
    both: HubWorld, tmp_path: Path
) -> None:
    await both.apply()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(operator(both, tmp_path, "first"))
        assert await until_leads(both, first) == 0
        second = await stack.enter_async_context(operator(both, tmp_path, "second"))
        # It is ready, and it does nothing.
        assert (leads(first), leads(second)) == (1.0, 0.0)
        await until(lambda: '"holder": "first_' in second.log.read_text())
        await both.until_condition("Ready", "True", "Serving")

        await asyncio.to_thread(first.kill)
        assert await until_leads(both, second) == 1
        await both.apply(displayName="Acme SRL")
        await until_named(both, "Acme SRL", epoch=2)

        first.start()
        await asyncio.to_thread(first.wait_ready)
        assert (leads(first), leads(second)) == (0.0, 1.0)
        assert await asyncio.to_thread(second.stop) == 0
        assert await until_leads(both, first) == 2
        await both.apply(displayName="Acme SA de CV")
        await until_named(both, "Acme SA de CV", epoch=3)
        await both.until_condition("Ready", "True", "Serving")

        # One that stands by has nothing to hand over.
        second.start()
        await asyncio.to_thread(second.wait_ready)
        assert await asyncio.to_thread(second.stop) == 0
        assert (await lease(both))["spec"]["holderIdentity"].startswith("first_")


async def until_named(world: HubWorld, name: str, *, epoch: int) -> None:
    """Return once the region was given this name of the tenant, by the hub of this epoch."""

    async def is_named() -> bool:
        placement = await world.placement()
        if placement is None or placement["spec"]["bundle"]["displayName"] != name:
            return False
        return int(placement["spec"]["epoch"]) == epoch

    await until(is_named)


async def test_a_leader_that_reaches_no_api_server_ends_before_the_other_one_starts(
    both: HubWorld, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxy_to(both.plane.place.ports.api))
        through = kubeconfig_through(both.plane, proxy.port, tmp_path, user=both.user)
        first = await stack.enter_async_context(
            operator(both, tmp_path, "first", kubeconfig=through)
        )
        assert await until_leads(both, first) == 0
        second = await stack.enter_async_context(operator(both, tmp_path, "second"))

        proxy.silence()
        await until(lambda: first.ended() or leads(second) == 1.0)
        # Neither is asked to stop: the first one ended by itself, and its end came first.
        assert first.ended()
        assert await until_leads(both, second) == 1
        assert await asyncio.to_thread(first.stop) == 1
        assert "leadership_lost" in first.log.read_text()
