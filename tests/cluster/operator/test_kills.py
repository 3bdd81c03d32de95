"""An operator that is killed in the middle of its work, and one that is merely started again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from acuse.errors import Unavailable
from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.cluster_audit import calls_since, mark, writes_of
from support.cluster_faults import container, replace_pods
from support.installed import OPERATOR, Installed, new_tenant

LABELS = "app.kubernetes.io/component=operator"
MANY = 15


@pytest.fixture(scope="module")
def many(acuse_installed: Installed) -> Iterator[list[LabTenant]]:
    """Apply many Tenants, kill the operator as it begins with each half, see all of them Ready."""
    first = new_tenant("t00")
    others = (new_tenant(f"t{n:02}", namespace=first.namespace) for n in range(1, MANY))
    tenants = [first, *others]
    halves = (tenants[: MANY // 2], tenants[MANY // 2 :])

    async def kill_twice() -> None:
        """Return once all Tenants are Ready."""
        await prepare(acuse_installed, tenants)
        await begin(acuse_installed, halves[0])
        container(acuse_installed, NAMESPACE, LABELS).kill()
        await begin(acuse_installed, halves[1])
        pod = ("pod", f"--selector={LABELS}", "--namespace", NAMESPACE)
        acuse_installed.kubectl("delete", *pod, "--grace-period=0", "--force")
        await acuse_installed.until_ready(*tenants)

    try:
        asyncio.run(kill_twice())
        yield tenants
    finally:
        asyncio.run(acuse_installed.remove(*tenants))


async def test_what_a_killed_operator_had_begun_is_finished_and_nothing_is_done_twice(
    acuse_installed: Installed, many: list[LabTenant]
) -> None:
    async with acuse_installed.meta() as meta:
        changes = [(await meta.management(t.phone_number_id)).changes for t in many]

    assert [await acuse_installed.override(t) for t in many] == [
        acuse_installed.url(t) for t in many
    ]
    assert changes == [1] * MANY


async def test_an_operator_that_starts_again_and_finds_nothing_changed_writes_nothing(
    acuse_installed: Installed, many: list[LabTenant]
) -> None:
    await acuse_installed.until_settled(*many)
    await acuse_installed.until(lambda: is_idle(acuse_installed), what="an idle operator")
    before, began = acuse_installed.versions(), mark(acuse_installed)

    await replace_pods(acuse_installed, NAMESPACE, "acuse-operator", LABELS)
    await acuse_installed.until(
        lambda: is_idle(acuse_installed, looked_at=MANY), what="every tenant looked at"
    )

    assert writes_of(OPERATOR, calls_since(acuse_installed, began)) == []
    assert acuse_installed.versions() == before


async def prepare(acuse: Installed, tenants: list[LabTenant]) -> None:
    """Register Tenants with Meta and apply the Secrets that they will name."""
    async with acuse.meta() as meta:
        for tenant in tenants:
            await meta.register(tenant.number())
    acuse.kubectl("create", "namespace", tenants[0].namespace)
    acuse.here.apply(*(tenant.secret() for tenant in tenants))


async def begin(acuse: Installed, tenants: list[LabTenant]) -> None:
    """Apply Tenants at once; return as soon as the operator has begun with one of them."""
    acuse.here.apply(*(tenant.manifest() for tenant in tenants))
    await acuse.until(lambda: bool(placed(acuse, tenants)), what="one placed")


def placed(acuse: Installed, tenants: list[LabTenant]) -> list[LabTenant]:
    """Return the Tenants that have a placement."""
    found = acuse.here.object("tenantplacements.acuse.dev", "--all-namespaces")
    names = {each["metadata"]["name"] for each in (found or {"items": []})["items"]}
    return [tenant for tenant in tenants if tenant.key in names]


def is_idle(acuse: Installed, *, looked_at: int = 0) -> bool:
    """Tell whether nothing waits in the operator's queues, and so many of each were looked at."""
    try:
        metrics = acuse.metrics()
    except Unavailable:
        # It is being replaced just now.
        return False
    busy = ("workqueue_depth", "controller_runtime_active_workers")
    waiting = sum(value for name, value in metrics.items() if name.startswith(busy))
    done = {
        controller: sum(
            value
            for name, value in metrics.items()
            if name.startswith("controller_runtime_reconcile_total{")
            and f'controller="{controller}"' in name
        )
        for controller in ("tenant", "placement")
    }
    return waiting == 0 and all(count >= looked_at for count in done.values())
