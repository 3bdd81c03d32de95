"""`kubectl acuse status`: what is not ready, where, since when, what was tried."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from acuse.resources.names import API_VERSION
from acuse_cluster.kinds import TENANTS, Ref
from acuse_operator.events import Happening, event_manifest
from support.eventually import until
from support.hub_world import HubWorld, hub_world
from support.plugin_run import run
from support.plugin_world import PluginWorld

STUCK = {"Ready": ("False", "WorkersStuck"), "WorkersReady": ("False", "WorkersStuck")}


async def two_regions(world: PluginWorld) -> None:
    """Have a Tenant in both regions, of which the one elsewhere is not ready."""
    await world.apply(placement={"home": world.near, "standby": [world.far]})
    for region in (world.near, world.far):
        await world.hand_over(region)
    await world.answer(world.near, Ready=("True", "Serving"))
    await world.answer(world.far, **STUCK)
    await world.say(
        regions={world.near: "Ready", world.far: "Degraded"},
        Ready=("True", "Serving"),
        Degraded=("True", "SecretMissing"),
    )


async def test_a_tenant_that_is_not_there_is_not_found(world: PluginWorld) -> None:
    ran = await world.run("status", "nobody")

    said = f"error: not_found: there is no Tenant nobody in namespace {world.shops}\n"
    assert (ran.code, ran.out, ran.err) == (1, "", said)


async def test_what_is_not_ready_is_said_by_the_region_itself(world: PluginWorld) -> None:
    await two_regions(world)

    said = await world.run("status", "acme", "-o", "json")
    text = await world.run("status", "acme")

    near, far = said.json["regions"]
    assert (near["name"], near["phase"], near["unread"]) == (world.near, "Ready", None)
    assert far["placement"]["taken"]
    assert [c["reason"] for c in far["placement"]["conditions"]] == ["WorkersStuck"] * 2
    assert said.json["ready"]["status"] == "True"
    assert said.json["numbers"][0]["isRegistered"] is False
    assert f"{world.far} itself: WorkersReady is False WorkersStuck" in text.out
    assert text.last.startswith("To do: Create the Secret that the Tenant names.")
    assert said.code == text.code == 0


async def test_who_may_not_read_the_kubeconfig_is_told_so_and_the_rest(
    world: PluginWorld,
) -> None:
    await two_regions(world)
    user = await world.viewer("viewer")

    said = await world.run("status", "acme", "-o", "json", user=user)

    near, far = said.json["regions"]
    assert near["placement"]["taken"]
    assert far["placement"] is None
    assert far["unread"] == (f"Secret {world.release}/far with its kubeconfig: you may not read it")
    assert far["phase"] == "Degraded"
    assert said.code == 0


async def test_who_may_only_read_the_tenant_sees_what_the_hub_says(world: PluginWorld) -> None:
    await two_regions(world)
    user = await world.viewer("poor", namespaces=False)

    said = await world.run("status", "acme", "-o", "json", user=user)
    text = await world.run("status", "acme", user=user)

    assert [r["unread"] for r in said.json["regions"]] == ["you may not list Regions"] * 2
    assert said.json["unread"] == [
        "events of the Tenant: you may not list them",
        "Regions: you may not list them",
    ]
    assert "Not read: Regions: you may not list them" in text.out
    assert text.last.startswith("To do: ")


async def test_a_tenant_that_is_not_ready_has_an_exit_code_of_its_own(world: PluginWorld) -> None:
    await world.apply()
    unseen = await world.run("status", "acme")
    await world.say(
        regions={world.near: "Pending"},
        Ready=("False", "NotPlaced"),
        Progressing=("True", "NotPlaced"),
    )

    ran = await world.run("status", "acme")

    assert unseen.code == ran.code == 3
    assert unseen.last.startswith("To do: Nothing yet: no hub has looked at it.")
    assert ran.out.startswith(f"Tenant {world.shops}/acme: Ready is False NotPlaced for ")
    assert ran.last == "To do: Nothing yet, it comes by itself: Progressing says NotPlaced."


async def test_the_last_events_of_tenant_and_placements_are_shown(world: PluginWorld) -> None:
    await two_regions(world)
    tenant = await world.api.get(Ref(TENANTS, "acme", world.shops))
    assert tenant is not None
    placement = {
        "apiVersion": API_VERSION,
        "kind": "TenantPlacement",
        "metadata": {"name": world.key(), "namespace": world.tenants, "uid": "u-1"},
    }
    for number in range(12):
        happened = Happening("Warning", "SecretMissing", f"said {number}")
        at = datetime(2026, 11, 22, 10, number, tzinfo=UTC)
        await world.api.create(event_manifest(tenant, happened, controller="c/hub", now=at))
    healed = Happening("Warning", "DriftHealed", "healed")
    at = datetime(2026, 11, 22, 10, 11, 30, tzinfo=UTC)
    await world.far_api.create(event_manifest(placement, healed, controller="c/r", now=at))

    said = await world.run("status", "acme", "-o", "json")

    events = said.json["events"]
    assert [e["message"] for e in events] == [*(f"said {n}" for n in range(3, 12)), "healed"]
    assert (events[-1]["region"], events[0]["region"]) == (world.far, None)
    assert events[-1]["object"] == f"TenantPlacement {world.tenants}/{world.key()}"


async def test_a_tenant_of_a_hub_at_work(
    world: PluginWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_world(world.plane, monkeypatch, operator_role="hub") as hub:
        await _served(hub)

        flags = ("-n", hub.namespace, "--tenants-namespace", hub.settings.tenants_namespace)
        ran = await run(world.plane.kubeconfig(), *flags, "status", "acme")

    assert ran.code == 0, ran.out
    assert "Numbers:" in ran.out
    assert ran.last == "To do: Nothing to do."


async def _served(hub: HubWorld) -> None:
    """Have the hub serve a Tenant, and stop."""
    await hub.put_secret()
    await hub.apply()
    async with hub.running():
        await hub.serving()

        async def degraded_no_more() -> bool:
            return (await hub.condition("Degraded")).get("status") == "False"

        await until(degraded_no_more)
