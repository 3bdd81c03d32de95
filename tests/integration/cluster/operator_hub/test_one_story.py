"""What a new Tenant costs an API server, by its own account, and what its events tell.

Nothing here depends on how fast the machine is: what may wait to be written or told may wait for
ever, so only what matters is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator

import pytest

from acuse.resources.names import slug
from acuse_cluster.kinds import EVENTS, INGRESSES, TENANTS, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator import telling
from acuse_operator.hub import story
from acuse_operator.region import conditions
from support.eventually import until
from support.hub_world import WRITES, HubWorld, hub_world


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what passes by itself wait for ever, to be written and to be told."""
    for module, name in (
        (story, "_SETTLE_EDIT"),
        (story, "_SETTLE"),
        (conditions, "_SETTLE"),
        (telling, "LASTING"),
    ):
        monkeypatch.setattr(module, name, 86_400.0)


@pytest.fixture
async def both(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[HubWorld, None]:
    """Yield a cluster for an operator with both roles."""
    async with hub_world(control_plane, monkeypatch, operator_role="both") as made:
        await made.put_region(ingressClassName="any")
        yield made


async def stories(world: HubWorld) -> list[tuple[str, str, str]]:
    """Return kind, type and reason of all events about the tenant and its placement."""
    found: list[tuple[str, str, str]] = []
    for namespace in (world.namespace, world.settings.tenants_namespace):
        listed = await world.api.list(EVENTS, namespace=namespace)
        events = sorted(listed.items, key=lambda event: str(event["eventTime"]))
        found += [(e["regarding"]["kind"], e["type"], e["reason"]) for e in events]
    return found


async def until_told(world: HubWorld, story_: list[tuple[str, str, str]]) -> None:
    """Return once the events tell this, and nothing else."""

    async def told() -> bool:
        return len(await stories(world)) >= len(story_)

    await until(told)
    assert await stories(world) == story_


def writes(world: HubWorld) -> list[str]:
    """Return what was written for tenants: not to the Region, nor the floor of its epochs."""
    chosen = world.settings
    ours = {world.namespace, chosen.tenants_namespace, chosen.release_namespace}
    calls = world.calls(
        lambda event: event["verb"] in WRITES and event["objectRef"].get("namespace") in ours
    )
    calls = [call for call in calls if " configmaps " not in call]
    return [" ".join(call.split()[:2]) for call in calls]


ONE_STORY = [
    ("Tenant", "Normal", "Synced"),
    ("Tenant", "Normal", "Serving"),
    ("TenantPlacement", "Normal", "Serving"),
]


@pytest.mark.usefixtures("patient")
async def test_a_new_tenant_costs_ten_writes_and_tells_one_story(both: HubWorld) -> None:
    await both.put_secret()
    async with both.running():
        # What the region itself is made of is nobody's in particular.
        await until(lambda: "patch networkpolicies" in writes(both))
        before = len(writes(both))
        await both.apply()
        await both.until_condition("Ready", "True", "Serving")
        await until_told(both, ONE_STORY)

    assert Counter(writes(both)[before:]) == {
        "patch tenants": 1,
        "patch tenants/status": 1,
        # The hub's, and the region's finalizer.
        "patch tenantplacements": 2,
        "patch tenantplacements/status": 1,
        "patch secrets": 1,
        "patch ingresses": 1,
        "create events": 3,
    }
    assert (
        await both.api.get(Ref(INGRESSES, slug(both.key()), both.settings.release_namespace))
        is not None
    )


@pytest.mark.usefixtures("patient")
async def test_an_edit_that_is_taken_up_is_told_once_and_written_once(both: HubWorld) -> None:
    await both.put_secret()
    async with both.running():
        await both.apply()
        await both.until_condition("Ready", "True", "Serving")
        await until_told(both, ONE_STORY)
        before = len(writes(both))
        await both.apply(displayName="Acme SRL")

        async def taken_up() -> bool:
            tenant = await both.live() or {}
            generation = tenant["metadata"]["generation"]
            return bool(tenant["status"]["observedGeneration"] == generation)

        await until(taken_up)
        assert (await both.condition("Ready"))["status"] == "True"

    assert Counter(w for w in writes(both)[before:] if w != "create events") == {
        "patch tenants/status": 1,
        "patch tenantplacements": 1,
        "patch tenantplacements/status": 1,
    }
    assert not [kind for _, kind, _ in await stories(both) if kind == "Warning"]


@pytest.mark.usefixtures("patient")
async def test_what_somebody_has_to_mend_is_written_and_told_at_once(world: HubWorld) -> None:
    await world.apply()
    async with world.running():
        await world.until_condition("Ready", "False", "SecretMissing")
        await until_told(world, [("Tenant", "Warning", "SecretMissing")])
        await world.put_secret()
        await world.until_placed()
        await world.answer()
        await world.until_condition("Ready", "True", "Serving")
        await world.until_event("Serving")

    first, *between, last = await stories(world)
    assert (first[2], last[2]) == ("SecretMissing", "Serving")
    # The region's word and Meta's come in any order.
    assert sorted(between) == [("Tenant", "Normal", "Synced"), ("Tenant", "Normal", "Valid")]


async def test_a_region_that_is_not_ready_for_long_is_told_and_its_end_too(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "LASTING", 0.5)
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.until_placed()
        await world.answer(Ready=("False", "Starting"))
        await world.until_event("RegionNotReady")
        await world.answer()
        await world.until_event("Serving")


async def test_what_passes_is_written_if_it_does_not_pass(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running(secret_poll=3600.0):
        await world.until_condition("Ready", "False", "Applying")
        await world.until_placed()
        await world.answer(Ready=("False", "Starting"))
        await world.until_condition("Ready", "False", "RegionNotReady")
        tenant = await world.api.get(Ref(TENANTS, "acme", world.namespace))
        assert tenant is not None
        assert tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
