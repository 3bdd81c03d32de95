"""`acuse operator release` leaves Tenants that nobody holds, and nothing else of ours."""

from __future__ import annotations

import pytest

from acuse_cluster.kinds import NETWORKPOLICIES, PLACEMENTS, SECRETS, Ref
from acuse_lab.graph.contract import SendFault
from acuse_operator.desired.network import default_deny
from acuse_operator.desired.region_secret import region_secret
from acuse_operator.desired.views import RegionSettings
from acuse_operator.release import release_everything
from support.hub_world import HubWorld
from support.operator_rights import grant


@pytest.fixture
def releasing(world: HubWorld, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the release its own account, with exactly its own rights."""
    user = f"release-{world.name}"
    grant(
        world.plane,
        user,
        "release",
        tenants=world.settings.tenants_namespace,
        release=world.settings.release_namespace,
    )
    monkeypatch.setenv("ACUSE_GRAPH_URL", world.graph.url)
    return str(world.plane.kubeconfig(user))


async def released(world: HubWorld, monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> list[str]:
    said: list[str] = []
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    settings = world.settings.model_copy(
        update={"graph_url": world.graph.url, "graph_timeout": 5.0, "release_timeout": 5.0}
    )
    await release_everything(settings, deployment="acuse-operator", say=said.append)
    return said


async def held_tenant(world: HubWorld) -> None:
    await world.put_secret()
    await world.apply()
    async with world.running():
        await world.serving()
    held = Ref(PLACEMENTS, world.key(), world.settings.tenants_namespace)
    await world.api.merge_patch(held, {"metadata": {"finalizers": ["acuse.dev/region"]}})


async def test_it_takes_all_away_but_the_tenants_and_may_be_run_again(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, releasing: str
) -> None:
    await held_tenant(world)

    for _ in "ab":
        said = await released(world, monkeypatch, releasing)
        assert said == ["release: done"]

    tenant = await world.live()
    assert tenant is not None
    assert "finalizers" not in tenant["metadata"]
    assert (await world.placement(), await world.sealed()) == (None, None)
    assert await world.override() is None


async def test_it_ends_though_meta_does_not_answer_and_says_what_is_left(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, releasing: str
) -> None:
    await held_tenant(world)
    number = world.number.phone_number_id
    slow = SendFault(on="look", how="slow", seconds=600.0, times=10)
    await world.graph.lab.script(number, slow)

    said = await released(world, monkeypatch, releasing)

    assert f"release: remove these numbers' webhooks at Meta: {number}" in said
    tenant = await world.live()
    assert tenant is not None
    assert "finalizers" not in tenant["metadata"]
    await world.delete()
    await world.until_gone()


async def test_tenants_that_were_released_are_served_again_by_the_next_operator(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, releasing: str
) -> None:
    await held_tenant(world)
    assert await released(world, monkeypatch, releasing) == ["release: done"]
    monkeypatch.setenv("KUBECONFIG", str(world.plane.kubeconfig(world.user)))

    async with world.running():
        await world.until_placed()
        await world.answer()
        await world.until_override(world.url())
        await world.until_condition("Ready", "True", "Serving")

    namespace = world.settings.tenants_namespace
    assert (await world.api.list(SECRETS, namespace=namespace, labels="acuse.dev/tenant")).items


async def test_the_regions_own_credentials_do_not_outlive_the_release(
    world: HubWorld, monkeypatch: pytest.MonkeyPatch, releasing: str
) -> None:
    namespace = world.settings.tenants_namespace
    settings = RegionSettings(
        region=world.region,
        release_namespace=world.settings.release_namespace,
        tenants_namespace=namespace,
        worker_image="registry.example/acuse-workers:1.0.0",
    )
    secret = region_secret(settings, database_url="postgresql://acuse@db/acuse", variables={})
    foreign = {**secret, "metadata": {"name": "foreign", "namespace": namespace}}
    for manifest in (secret, default_deny(settings), foreign):
        await world.api.apply(manifest, manager="acuse-region")

    assert await released(world, monkeypatch, releasing) == ["release: done"]

    secrets = await world.api.list(SECRETS, namespace=namespace)
    assert [item["metadata"]["name"] for item in secrets.items] == ["foreign"]
    assert (await world.api.list(NETWORKPOLICIES, namespace=namespace)).items == []
