"""What every TenantDirectory promises; the same for the folder's and for the one of memory."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from acuse.errors import InvalidSettings
from acuse.settings import TenantSettings
from acuse.tenants.folder import load_folder
from acuse.tenants.tenant import TenantDirectory, tenant_id
from acuse.tenants.watch import watch_folder
from acuse.testing import MemoryDirectory
from support.eventually import until
from support.tenant_folder import TenantFolder, manifest

Open = Callable[[TenantFolder], AbstractAsyncContextManager[TenantDirectory]]


@pytest.fixture
def folder(tmp_path: Path) -> TenantFolder:
    made = TenantFolder(tmp_path)
    made.tenant("acme", ("111", "222"), ("112", "900"))
    made.tenant("bodega", ("333", "900"))
    made.secret("meta-app", appSecret="platform", verifyToken="v")
    return made


def settings(folder: TenantFolder) -> TenantSettings:
    return TenantSettings(tenants_dir=folder.path, app_secret_ref="shops/meta-app")


@asynccontextmanager
async def watched(folder: TenantFolder) -> AsyncGenerator[TenantDirectory, None]:
    async with watch_folder(settings(folder), region="local") as directory:
        yield directory


@asynccontextmanager
async def remembered(folder: TenantFolder) -> AsyncGenerator[TenantDirectory, None]:
    loaded = load_folder(folder.path, region="local", app_secret_ref="shops/meta-app")
    yield MemoryDirectory(loaded.tenants.values(), app=loaded.app)


@pytest.mark.parametrize("open_directory", [watched, remembered], ids=["folder", "memory"])
async def test_a_directory_finds_tenants_by_all_their_names(
    folder: TenantFolder, open_directory: Open
) -> None:
    async with open_directory(folder) as directory:
        acme, bodega = directory.by_key("shops.acme"), directory.by_key("shops.bodega")

        assert acme is not None
        assert bodega is not None
        assert set(directory.tenants()) == {acme, bodega}
        assert directory.by_id(tenant_id("shops.acme")) is acme
        assert directory.by_phone_number_id("112") is acme
        assert directory.by_phone_number_id("333") is bodega
        assert directory.by_waba_id("222") is acme
        assert directory.app is not None


@pytest.mark.parametrize("open_directory", [watched, remembered], ids=["folder", "memory"])
async def test_a_directory_does_not_guess(folder: TenantFolder, open_directory: Open) -> None:
    async with open_directory(folder) as directory:
        # Account 900 has numbers of two tenants.
        assert directory.by_waba_id("900") is None
        assert directory.by_key("shops.nobody") is None
        assert directory.by_phone_number_id("0") is None
        assert directory.by_id(tenant_id("shops.nobody")) is None


async def test_a_changed_manifest_is_taken_up_while_running(folder: TenantFolder) -> None:
    async with watched(folder) as directory:
        folder.tenant("corner", ("555", "666"))
        await until(lambda: directory.by_phone_number_id("555") is not None)

        (folder.path / "corner.yaml").unlink()
        await until(lambda: directory.by_phone_number_id("555") is None)


async def test_a_rotated_secret_is_taken_up_while_running(folder: TenantFolder) -> None:
    async with watched(folder) as directory:
        folder.secret("acme-whatsapp", previousAppSecret="secret-acme", appSecret="new")
        await until(
            lambda: (
                (acme := directory.by_key("shops.acme")) is not None
                and acme.app_secrets == (b"new", b"secret-acme")
            )
        )


async def test_a_secret_swapped_as_kubernetes_does_is_taken_up(folder: TenantFolder) -> None:
    """Kubernetes writes a new folder, then moves the link `..data` to it in one step."""
    mount = folder.path / "secrets" / "shops" / "acme-whatsapp"

    def publish(version: str, app_secret: str) -> None:
        new = mount / f"..{version}"
        new.mkdir()
        for key, value in (("appSecret", app_secret), ("verifyToken", "v"), ("accessToken", "a")):
            (new / key).write_text(value)
        (mount / "..data_tmp").symlink_to(new.name)
        (mount / "..data_tmp").rename(mount / "..data")

    for key in ("appSecret", "verifyToken", "accessToken"):
        (mount / key).unlink()
        (mount / key).symlink_to(Path("..data") / key)
    publish("one", "first")
    async with watched(folder) as directory:
        acme = directory.by_key("shops.acme")
        assert acme is not None
        assert acme.app_secrets == (b"first",)

        publish("two", "second")
        await until(
            lambda: (
                (now := directory.by_key("shops.acme")) is not None
                and now.app_secrets == (b"second",)
            )
        )


async def test_a_broken_manifest_is_counted(folder: TenantFolder) -> None:
    async with watched(folder) as directory:
        assert REGISTRY.get_sample_value("acuse_tenant_manifest_errors") == 0
        folder.write("acme.yaml", manifest("acme", ("111", "222"), surprise=1))

        await until(lambda: REGISTRY.get_sample_value("acuse_tenant_manifest_errors") == 1)
        assert directory.by_key("shops.acme") is not None
        assert REGISTRY.get_sample_value("acuse_tenants") == 2


async def test_a_missing_folder_or_a_bad_reference_is_told_at_once(tmp_path: Path) -> None:
    wrong = [
        TenantSettings(tenants_dir=tmp_path / "nowhere"),
        TenantSettings(tenants_dir=tmp_path, app_secret_ref="noslash"),
        TenantSettings(tenants_dir=tmp_path, app_secret_ref=f"..{os.sep}..{os.sep}etc"),
    ]

    for one in wrong:
        with pytest.raises(InvalidSettings):
            async with watch_folder(one, region="local"):
                pass
