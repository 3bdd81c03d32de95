"""`acuse operator run` as a process: both roles, with exactly the rights that it says it needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from acuse.resources.names import slug
from acuse_cluster.kinds import INGRESSES, REGIONS, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.program import Program
from support.eventually import until
from support.hub_world import HubWorld, hub_world
from support.operator_process import operator_process

WATCHES: Final = {
    "watch=kopf/tenants",
    "watch=kopf/regions",
    "watch=kopf/tenantplacements",
    "watch=sealed",
    "watch=region/ingresses",
}


@pytest.fixture
async def both(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[HubWorld, None]:
    """Yield a cluster for an operator with both roles."""
    async with hub_world(control_plane, monkeypatch, operator_role="both") as made:
        yield made


async def test_both_roles_serve_a_tenant_and_let_it_go(both: HubWorld, tmp_path: Path) -> None:
    await both.put_region(ingressClassName="any")
    await both.put_secret()
    await both.apply()
    async with operator_process(both, tmp_path) as operator:
        await asyncio.to_thread(operator.wait_ready)
        await both.until_condition("Ready", "True", "Serving")
        release = both.settings.release_namespace
        assert await both.api.get(Ref(INGRESSES, slug(both.key()), release)) is not None
        assert await both.override() == both.url()
        metrics = metrics_of(operator)
        assert metrics[
            "controller_runtime_reconcile_total", ("controller=tenant", "result=requeue_after")
        ]
        condition = (
            f"namespace={both.namespace}",
            "status=True",
            "tenant=acme",
            "type=Ready",
        )
        assert metrics["acuse_tenant_condition", condition] == 1.0
        await until(lambda: watches_shown(operator) >= WATCHES)
        await both.delete()
        await both.until_gone()
        assert await both.api.get(Ref(INGRESSES, slug(both.key()), release)) is None
        begun = time.monotonic()
        await asyncio.to_thread(operator.stop)
        assert time.monotonic() - begun < 10.0


def watches_shown(operator: Program) -> set[str]:
    shown = metrics_of(operator)
    return {labels[0] for name, labels in shown if name == "acuse_operator_watch_age_seconds"}


def metrics_of(operator: Program) -> dict[tuple[str, tuple[str, ...]], float]:
    text = httpx.get(f"{operator.monitoring_url}/metrics", timeout=30.0).text
    return {
        (sample.name, tuple(sorted(f"{k}={v}" for k, v in sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_an_operator_that_was_killed_goes_on_where_it_was(
    both: HubWorld, tmp_path: Path
) -> None:
    await both.put_region(ingressClassName="any")
    await both.put_secret()
    async with operator_process(both, tmp_path) as operator:
        await asyncio.to_thread(operator.wait_ready)
        await both.apply()
        await both.until_placed()
        await asyncio.to_thread(operator.kill)
        await both.apply(displayName="Acme SRL")
        operator.start()
        await both.until_condition("Ready", "True", "Serving")
        placement = await both.placement()
        assert placement is not None
        assert placement["spec"]["bundle"]["displayName"] == "Acme SRL"


async def test_an_operator_without_rights_is_not_ready(world: HubWorld, tmp_path: Path) -> None:
    world.plane.kubectl("delete", f"clusterrolebinding/{world.user}")
    async with operator_process(world, tmp_path) as operator:

        async def says_so() -> bool:
            try:
                async with httpx.AsyncClient(timeout=5.0) as http:
                    answer = await http.get(f"{operator.monitoring_url}/readyz")
            except httpx.TransportError:
                return False
            return (
                answer.status_code == 503 and answer.json()["failing"].get("start") == "not_started"
            )

        await until(says_so)
        assert not operator.ended()
        # Nor does it have to start before it can stop.
        begun = time.monotonic()
        assert await asyncio.to_thread(operator.stop) == 0
        assert time.monotonic() - begun < 15.0


async def test_the_region_of_a_file_is_applied_and_what_was_changed_by_hand_stays(
    both: HubWorld, tmp_path: Path
) -> None:
    region = Ref(REGIONS, both.region)
    await both.api.delete(region)
    file = tmp_path / "region.yaml"
    file.write_text(
        "apiVersion: acuse.dev/v1alpha1\nkind: Region\n"
        f"metadata: {{name: {both.region}}}\n"
        f"spec: {{jurisdiction: AR, intakeURL: '{both.intake_url}', cordoned: false}}\n"
    )
    for _ in "ab":
        async with operator_process(both, tmp_path, ACUSE_REGION_MANIFEST=str(file)) as operator:
            await asyncio.to_thread(operator.wait_ready)
        live = await both.api.get(region)
        assert live is not None
        await both.api.merge_patch(region, {"spec": {"cordoned": True}})

    live = await both.api.get(region)
    assert live is not None
    assert live["spec"]["cordoned"] is True


async def test_a_hub_that_is_no_region_needs_no_right_in_the_tenants_namespace(
    world: HubWorld, tmp_path: Path
) -> None:
    world.plane.kubectl("delete", f"role/{world.user}", "-n", world.settings.tenants_namespace)
    await world.put_secret()
    await world.apply()
    async with operator_process(world, tmp_path, ACUSE_HUB_LOCAL="false") as operator:
        await asyncio.to_thread(operator.wait_ready)
        await world.until_condition("RegionsSynced", "False", "NoRegionLink")
