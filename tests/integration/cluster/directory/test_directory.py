"""Whom a region serves, as a real API server says, and as it said last while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from acuse.settings import TenantSettings
from acuse.tenants.tenant import tenant_id
from acuse_cluster.directory import ClusterDirectory
from acuse_cluster.tenants import open_directory
from acuse_lab.regions.control_plane import ControlPlane
from support.cluster_tenants import REGION, ClusterTenants, cluster_tenants, kubeconfig_through
from support.eventually import until
from support.tcp_proxy import proxy_to


@pytest.fixture
async def world(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ClusterTenants]:
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig()))
    async with cluster_tenants(control_plane) as made:
        yield made


@asynccontextmanager
async def watched(
    world: ClusterTenants, *, cache: Path | None = None, app: str = "", region: str = REGION
) -> AsyncGenerator[ClusterDirectory, None]:
    settings = TenantSettings(
        tenants_source="cluster",
        tenants_namespace=world.namespace,
        tenants_cache=cache,
        app_secret_ref=f"{world.namespace}/{app}" if app else "",
    )
    async with open_directory(settings, region=region) as directory:
        assert isinstance(directory, ClusterDirectory)
        yield directory


def keys(directory: ClusterDirectory) -> set[str]:
    return {tenant.key for tenant in directory.tenants()}


def metric(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


async def test_a_tenant_is_found_by_all_its_names_as_soon_as_it_is_placed(
    world: ClusterTenants,
) -> None:
    async with watched(world) as directory:
        await directory.known()
        assert directory.tenants() == ()
        await world.put(
            "shops.acme", "111", "112", suspend=True, mode="Dedicated", workers={"ocr": "Tesseract"}
        )
        await until(lambda: keys(directory) == {"shops.acme"})

        acme = directory.by_key("shops.acme")
        assert acme is not None
        assert directory.by_id(tenant_id("shops.acme")) is acme
        assert directory.by_phone_number_id("112") is acme
        assert directory.by_waba_id("9111") is acme
        assert (acme.suspended, acme.workers_mode, acme.ocr) == (True, "Dedicated", "Tesseract")
        assert acme.app_secrets == (b"secret-acme",)
        assert acme.numbers[0].verify_token == "verify-acme"
        await until(lambda: metric("acuse_directory_synced") == 1)
        assert metric("acuse_tenants") == 1


async def test_a_change_a_rotation_and_a_deletion_are_taken_up(world: ClusterTenants) -> None:
    await world.put("shops.acme", "111")
    async with watched(world) as directory:
        await directory.known()
        assert keys(directory) == {"shops.acme"}
        await world.seal("shops.acme", "111", appSecret="new", previousAppSecret="old")

        def rotated() -> bool:
            acme = directory.by_key("shops.acme")
            return acme is not None and acme.app_secrets == (b"new", b"old")

        await until(rotated)
        await world.remove("shops.acme")
        await until(lambda: directory.by_key("shops.acme") is None)


async def test_another_regions_placement_is_nobody_here(world: ClusterTenants) -> None:
    await world.put("shops.far", "333", region="mx-1")
    await world.put("shops.acme", "111")
    async with watched(world) as directory:
        await directory.known()
        assert keys(directory) == {"shops.acme"}


async def test_what_is_broken_leaves_its_tenant_as_it_was_and_harms_no_other(
    world: ClusterTenants,
) -> None:
    await world.put("shops.acme", "111")
    await world.place("shops.unsealed", "222")
    async with watched(world) as directory:
        await directory.known()
        before = directory.by_key("shops.acme")
        assert keys(directory) == {"shops.acme"}
        await until(lambda: metric("acuse_tenant_manifest_errors") == 1)

        await world.unseal("shops.acme")
        await until(lambda: metric("acuse_tenant_manifest_errors") == 2)
        assert directory.by_key("shops.acme") == before

        await world.seal("shops.unsealed", "222")
        await until(lambda: keys(directory) == {"shops.acme", "shops.unsealed"})


async def test_a_number_stays_with_who_had_it(world: ClusterTenants) -> None:
    await world.put("shops.zeta", "111")
    async with watched(world) as directory:
        await directory.known()
        await world.put("shops.acme", "111")
        await until(lambda: metric("acuse_tenant_manifest_errors") == 1)
        zeta = directory.by_phone_number_id("111")
        assert zeta is not None
        assert zeta.key == "shops.zeta"

        await world.remove("shops.zeta")
        await until(lambda: keys(directory) == {"shops.acme"})


async def test_numbers_without_an_app_of_their_own_have_the_shared_one(
    world: ClusterTenants,
) -> None:
    await world.place("shops.acme", "111")
    await world.seal("shops.acme", "111", appSecret="")
    async with watched(world, app="meta-app") as directory:
        await directory.known()
        assert directory.app is None
        assert keys(directory) == set()
        await world.put_app("meta-app", appSecret="platform", verifyToken="v")
        await until(lambda: keys(directory) == {"shops.acme"})
        assert directory.app is not None
        assert directory.app.verify_token == "v"
        assert directory.tenants()[0].app_secrets == (b"platform",)

        await world.put_app("meta-app", appSecret="new", verifyToken="v")
        await until(lambda: directory.tenants()[0].app_secrets == (b"new",))


async def test_while_the_api_server_is_away_everybody_is_served_as_before(
    world: ClusterTenants, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put("shops.acme", "111")
    await world.put("shops.goes", "222")
    async with proxy_to(world.plane.place.ports.api) as proxy:
        monkeypatch.setenv("KUBECONFIG", kubeconfig_through(world.plane, proxy.port, tmp_path))
        async with watched(world) as directory:
            await directory.known()
            proxy.refusing = True
            proxy.cut()
            await until(lambda: metric("acuse_directory_synced") == 0)
            await world.remove("shops.goes")
            await world.put("shops.comes", "333")
            assert keys(directory) == {"shops.acme", "shops.goes"}
            assert directory.fault() is None

            proxy.refusing = False
            await until(lambda: keys(directory) == {"shops.acme", "shops.comes"})
            await until(lambda: metric("acuse_directory_synced") == 1)


async def test_a_start_without_the_api_server_serves_what_was_kept(
    world: ClusterTenants, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "tenants.json"
    await world.put("shops.acme", "111")
    await world.put("shops.goes", "222")
    async with proxy_to(world.plane.place.ports.api) as proxy:
        monkeypatch.setenv("KUBECONFIG", kubeconfig_through(world.plane, proxy.port, tmp_path))
        async with watched(world, cache=cache) as directory:
            await directory.known()
            before = set(directory.tenants())
            await until(cache.exists)
        assert cache.stat().st_mode & 0o777 == 0o600
        proxy.refusing = True
        await world.remove("shops.goes")

        async with watched(world, cache=cache) as directory:
            await asyncio.wait_for(directory.known(), 60)
            assert set(directory.tenants()) == before
            await until(lambda: (metric("acuse_directory_age_seconds") or 0) > 0)
            assert metric("acuse_directory_synced") == 0

            proxy.refusing = False
            await until(lambda: keys(directory) == {"shops.acme"})

        async with watched(world, cache=cache, region="mx-1") as directory:
            await directory.known()
            assert directory.tenants() == ()


async def test_without_the_api_server_and_without_a_file_it_is_not_known_who_is_served(
    world: ClusterTenants, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put("shops.acme", "111")
    async with proxy_to(world.plane.place.ports.api) as proxy:
        monkeypatch.setenv("KUBECONFIG", kubeconfig_through(world.plane, proxy.port, tmp_path))
        proxy.refusing = True
        async with watched(world, cache=tmp_path / "none.json") as directory:
            await until(lambda: metric("acuse_directory_synced") == 0)
            assert directory.fault() == "tenants_unknown"
            proxy.refusing = False
            await directory.known()
            assert directory.fault() is None
            assert keys(directory) == {"shops.acme"}


async def test_what_may_not_be_read_yet_is_not_taken_for_nobody(
    world: ClusterTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = f"intake-{world.namespace}"
    await world.put("shops.acme", "111")
    monkeypatch.setenv("KUBECONFIG", str(world.plane.kubeconfig(user)))
    plane, where = world.plane, ("-n", world.namespace)

    async def allow(name: str, resource: str) -> None:
        rule = ("--verb=list,watch", f"--resource={resource}")
        await asyncio.to_thread(plane.kubectl, "create", "role", name, *rule, *where)
        bind = ("create", "rolebinding", name, f"--role={name}", f"--user={user}")
        await asyncio.to_thread(plane.kubectl, *bind, *where)

    async with watched(world) as directory:
        await allow("placements", "tenantplacements.acuse.dev")
        await until(lambda: metric("acuse_tenant_manifest_errors") == 1)
        assert directory.fault() == "tenants_unknown"
        await allow("secrets", "secrets")
        await directory.known()
        assert keys(directory) == {"shops.acme"}
