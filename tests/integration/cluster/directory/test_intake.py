"""An intake in a cluster goes on without the API server, also when started again meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from acuse.meta.signature import sign
from acuse_lab.ports import free_port
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.program import Program
from acuse_webhook.app import APP_PATH
from support.cluster_tenants import REGION, ClusterTenants, cluster_tenants
from support.databases import Database
from support.eventually import until
from support.intake import message


@pytest.fixture
async def world(own_control_plane: ControlPlane) -> AsyncIterator[ClusterTenants]:
    async with cluster_tenants(own_control_plane) as made:
        yield made


@pytest.fixture
def program(world: ClusterTenants, database: Database, tmp_path: Path) -> Iterator[Program]:
    port = free_port()
    made = Program(
        f"http://127.0.0.1:{port}",
        ("intake",),
        {
            "ACUSE_REGION": REGION,
            "ACUSE_DATABASE_URL": database.url,
            "ACUSE_INTAKE_PORT": str(port),
            "ACUSE_TENANTS_SOURCE": "cluster",
            "ACUSE_TENANTS_NAMESPACE": world.namespace,
            "ACUSE_TENANTS_CACHE": str(tmp_path / "tenants.json"),
            "KUBECONFIG": str(world.plane.kubeconfig()),
        },
        tmp_path / "intake.log",
    )
    yield made
    made.stop()


async def post(program: Program, tenant: str, wamid: str, phone: str) -> int:
    body = message(wamid, phone=phone, waba=f"9{phone}")
    headers = {"X-Hub-Signature-256": sign(body, f"secret-{tenant}".encode()).decode()}
    async with httpx.AsyncClient(base_url=program.name, timeout=60, trust_env=False) as http:
        answer = await http.post(f"{APP_PATH}/shops.{tenant}", content=body, headers=headers)
    return answer.status_code


async def test_webhooks_are_taken_while_the_api_server_is_down_even_after_a_restart(
    world: ClusterTenants, program: Program
) -> None:
    await world.put("shops.acme", "111")
    program.start()
    await asyncio.to_thread(program.wait_ready)
    assert await post(program, "acme", "wamid.1", "111") == 200
    assert await post(program, "bodega", "wamid.0", "222") == 404
    await world.put("shops.bodega", "222")

    async def served() -> bool:
        return await post(program, "bodega", "wamid.2", "222") == 200

    await until(served)
    cache = Path(program.environment["ACUSE_TENANTS_CACHE"])
    await until(lambda: cache.exists() and b"shops.bodega" in cache.read_bytes())
    await asyncio.to_thread(world.plane.kill_apiserver)
    assert await post(program, "acme", "wamid.3", "111") == 200

    program.kill()
    program.start()
    await asyncio.to_thread(program.wait_ready)
    assert await post(program, "acme", "wamid.4", "111") == 200
    assert await post(program, "bodega", "wamid.5", "222") == 200

    await asyncio.to_thread(world.plane.start_apiserver)
    await world.remove("shops.bodega")

    async def gone() -> bool:
        return await post(program, "bodega", "wamid.6", "222") == 404

    await until(gone)
    assert await asyncio.to_thread(program.stop) == 0
    log = program.log.read_text()
    assert "tenants_from_cache" in log
    assert "secret-acme" not in log
    assert "dropped_keys" not in log


async def test_an_intake_that_does_not_know_its_tenants_is_unready_and_stops_when_told(
    world: ClusterTenants, program: Program
) -> None:
    await asyncio.to_thread(world.plane.kill_apiserver)
    program.start()

    async def says_why() -> bool:
        try:
            async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
                answer = await http.get(f"{program.monitoring_url}/readyz")
        except httpx.TransportError:
            return False
        return bool(answer.json()["failing"].get("tenants") == "tenants_unknown")

    await until(says_why)
    with pytest.raises(httpx.ConnectError):
        await post(program, "acme", "wamid.1", "111")
    assert await asyncio.to_thread(program.stop) == 0
