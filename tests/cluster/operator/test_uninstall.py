"""`helm uninstall` while tenants are served, and the installation after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from acuse.resources.names import HUB_FINALIZER
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.installed import Installed, Manifest

CRDS = {"tenants.acuse.dev", "tenantplacements.acuse.dev", "regions.acuse.dev"}


@pytest.fixture(scope="module")
def uninstalled(
    acuse_installed: Installed, tenants: list[LabTenant]
) -> Iterator[dict[str, Manifest]]:
    """Uninstall, and install again whatever comes of it; yield the Tenants as they were before."""
    found = {tenant.key: acuse_installed.tenant(tenant) for tenant in tenants}
    try:
        # Within the deadline of the hook and Helm's own, or it fails.
        acuse_installed.uninstall()
        yield {key: tenant for key, tenant in found.items() if tenant is not None}
    finally:
        acuse_installed.install()


def test_tenants_stay_as_they_were_and_nothing_holds_them(
    acuse_installed: Installed, tenants: list[LabTenant], uninstalled: dict[str, Manifest]
) -> None:
    for tenant in tenants:
        before, now = uninstalled[tenant.key], acuse_installed.tenant(tenant)
        assert now is not None
        assert before["metadata"]["finalizers"] == [HUB_FINALIZER]
        assert "finalizers" not in now["metadata"]
        assert (now["metadata"]["uid"], now["spec"]) == (before["metadata"]["uid"], before["spec"])


@pytest.mark.usefixtures("uninstalled")
async def test_kinds_stay_and_all_that_was_made_goes(
    acuse_installed: Installed, tenants: list[LabTenant]
) -> None:
    kinds = acuse_installed.kubectl("get", "crds", "--output=name").split()
    made = "deployments,statefulsets,httproutes,services,secrets,jobs,pods,roles"
    listed = ("get", made, "--namespace", NAMESPACE, "--output=name")

    assert {name.partition("/")[2] for name in kinds} >= CRDS
    assert acuse_installed.here.object("namespace", TENANTS_NAMESPACE) is None
    assert [acuse_installed.here.left_of(tenant) for tenant in tenants] == [[], []]
    # Pods have their grace; Helm does not wait for it.
    await acuse_installed.until(
        lambda: not acuse_installed.kubectl(*listed).split(), what="nothing left of the release"
    )


@pytest.mark.usefixtures("uninstalled")
async def test_meta_sends_nothing_here_any_more(
    acuse_installed: Installed, tenants: list[LabTenant]
) -> None:
    assert [await acuse_installed.override(tenant) for tenant in tenants] == [None, None]


@pytest.mark.usefixtures("uninstalled")
async def test_an_installation_after_it_takes_the_tenants_up_again(
    acuse_installed: Installed, tenants: list[LabTenant]
) -> None:
    await asyncio.to_thread(acuse_installed.install)

    await acuse_installed.until_ready(*tenants)
    urls = [acuse_installed.url(tenant) for tenant in tenants]
    assert [await acuse_installed.override(tenant) for tenant in tenants] == urls
