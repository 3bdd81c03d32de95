"""`kubectl acuse diff`: what is not as it was applied, and whose hand it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from acuse.resources.names import REGION_MANAGER, sealed_name, slug
from acuse_cluster.kinds import DEPLOYMENTS, PLACEMENTS, SECRETS, Ref
from acuse_lab.regions.control_plane import ControlPlane
from support.placements import KEY
from support.plugin_run import Ran, run
from support.plugin_world import NUMBER, PluginWorld, operator_deployment
from support.region_world import RegionWorld, region_world

IMAGE = "spec.template.spec.containers[worker].image"


@pytest.fixture
async def region(control_plane: ControlPlane) -> AsyncGenerator[RegionWorld, None]:
    """Yield a region whose role made a tenant's objects, and stopped; there is no hub."""
    async with region_world(control_plane) as made:
        settings = {
            "ACUSE_REGION": made.settings.region,
            "ACUSE_OPERATOR_ROLE": "region",
            "ACUSE_RELEASE_NAMESPACE": made.settings.release_namespace,
            "ACUSE_TENANTS_NAMESPACE": made.tenants,
            "ACUSE_WORKER_IMAGE": made.settings.worker_image,
            "ACUSE_GRAPH_URL": made.settings.graph_url,
            "ACUSE_MEDIA_HOSTS": ",".join(made.settings.media_hosts),
        }
        await made.api.create(operator_deployment(made.settings.release_namespace, settings))
        async with made.running() as role:
            await made.hand_over()
            await made.until_condition("SecretReady", "True")
            await made.until_settled(role)
        yield made


async def region_diff(region: RegionWorld, *words: str) -> Ran:
    """Compare what the region has, as its administrator."""
    namespace, _, name = KEY.partition(".")
    flags = ("-n", namespace, "--release-namespace", region.settings.release_namespace)
    return await run(region.plane.kubeconfig(), *flags, "diff", name, *words)


def objects(ran: Ran) -> list[dict[str, Any]]:
    """Return the objects that differ."""
    return [obj for tenant in ran.json["tenants"] for obj in tenant["objects"]]


def handed_over(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the hub makes, where no region role is at work."""
    return [obj for obj in found if obj["kind"] in {"TenantPlacement", "Secret"}]


async def edit(region: RegionWorld, resource: str, name: str, patch: object) -> None:
    """Change an object as a person does."""
    await asyncio.to_thread(
        region.plane.kubectl,
        *("patch", resource, name, "-n", region.tenants, "--field-manager=kubectl-edit"),
        *("--type=merge" if resource == "secret" else "--type=strategic", "-p", json.dumps(patch)),
    )


async def test_what_is_as_applied_is_said_to_be_so(region: RegionWorld) -> None:
    said = await region_diff(region, "-o", "json")
    text = await region_diff(region)

    assert objects(said) == []
    assert text.last == "What could be compared of 1 placement is as it was applied."
    assert said.code == text.code == 0


async def test_a_changed_field_is_named_with_the_hand_that_changed_it(
    region: RegionWorld,
) -> None:
    worker = {"name": "worker", "image": "registry.example/other:2"}
    pod = {"spec": {"template": {"spec": {"containers": [worker]}}}}
    await edit(region, "deployment", slug(KEY), pod)

    said = await region_diff(region, "-o", "json")
    text = await region_diff(region)

    [found] = objects(said)
    assert found == {
        "kind": "Deployment",
        "namespace": region.tenants,
        "name": slug(KEY),
        "state": "differs",
        "isDrift": True,
        "fields": [
            {
                "field": IMAGE,
                "wanted": region.settings.worker_image,
                "found": "registry.example/other:2",
                "manager": "kubectl-edit",
            }
        ],
    }
    assert said.code == text.code == 3
    [line] = [line for line in text.out.splitlines() if IMAGE in line]
    assert line.split()[-2:] == ["kubectl-edit", "drift"]


async def test_of_a_secret_only_the_key_is_named(region: RegionWorld) -> None:
    key = f"{NUMBER}.accessToken"
    await edit(region, "secret", slug(KEY), {"stringData": {key: "somebodys-token-canary"}})

    said = await region_diff(region, "-o", "json")
    text = await region_diff(region)

    found = next(obj for obj in objects(said) if obj["kind"] == "Secret")
    [field] = found["fields"]
    assert (field["field"], field["wanted"], field["found"]) == (f"data[{key}]", None, None)
    assert field["manager"] == "kubectl-edit"
    assert "canary" not in said.out + text.out
    assert "c29tZWJvZHlz" not in said.out + text.out


async def test_what_was_taken_away_and_what_is_left_over_is_said(region: RegionWorld) -> None:
    await region.api.delete(Ref(DEPLOYMENTS, slug(KEY), region.tenants))
    await region.place(workers={"mode": "Shared"})

    surplus = await region_diff(region, "-o", "json")
    await region.place()
    missing = await region_diff(region, "-o", "json")

    assert {obj["state"] for obj in objects(surplus)} == {"surplus"}
    assert "ServiceAccount" in {obj["kind"] for obj in objects(surplus)}
    assert [(o["kind"], o["state"]) for o in objects(missing)] == [("Deployment", "missing")]


async def test_who_may_not_read_secrets_sees_the_rest(
    region: RegionWorld, control_plane: ControlPlane
) -> None:
    helper = PluginWorld(control_plane, control_plane, region.api, region.api, region.tenants)
    user = await helper.viewer("viewer")
    worker = {"name": "worker", "image": "registry.example/other:2"}
    pod = {"spec": {"template": {"spec": {"containers": [worker]}}}}
    await edit(region, "deployment", slug(KEY), pod)

    namespace, _, name = KEY.partition(".")
    flags = ("-n", namespace, "--release-namespace", region.settings.release_namespace)
    ran = await run(region.plane.kubeconfig(user), *flags, "diff", name, "-o", "json")

    [found] = objects(ran)
    assert [(f["field"], f["manager"]) for f in found["fields"]] == [(IMAGE, "kubectl-edit")]
    assert found["isDrift"]
    [tenant] = ran.json["tenants"]
    assert "what depends on credentials: Secrets that you may not read" in tenant["unread"]


async def test_a_placement_that_somebody_changed_is_shown_in_each_region(
    world: PluginWorld,
) -> None:
    await world.apply(placement={"home": world.near, "standby": [world.far]})
    for place, region in enumerate((world.near, world.far)):
        await world.hand_over(region, role="Standby" if place else "Home")
    clean = await world.run("diff", "acme", "-o", "json")
    await world.far_api.apply(
        {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "TenantPlacement",
            "metadata": {"name": world.key(), "namespace": world.tenants},
            "spec": {"suspend": True},
        },
        manager="somebody",
    )
    await world.far_api.merge_patch(
        Ref(SECRETS, sealed_name(world.key()), world.tenants),
        {"data": {f"{NUMBER}.accessToken": "c29tZWJvZHlz"}},
    )

    ran = await world.run("diff", "acme", "-o", "json")

    assert handed_over(objects(clean)) == []
    changed = {obj["kind"]: obj for obj in handed_over(objects(ran))}
    [suspend] = changed["TenantPlacement"]["fields"]
    assert (suspend["field"], suspend["wanted"], suspend["found"], suspend["manager"]) == (
        *("spec.suspend", False, True),
        "somebody",
    )
    assert f"data[{NUMBER}.accessToken]" in [f["field"] for f in changed["Secret"]["fields"]]
    assert "c29tZWJvZHlz" not in ran.out
    amiss = {t["region"] for t in ran.json["tenants"] if handed_over(t["objects"])}
    assert amiss == {world.far}
    assert ran.code == 3


async def test_what_the_hub_has_not_applied_yet_is_not_called_drift(world: PluginWorld) -> None:
    await world.apply()
    await world.hand_over(world.near)
    await world.apply(displayName="Acme SRL")
    missing = await world.apply("other", whatsapp=other_number())

    ran = await world.run("diff", "-o", "json")

    mine = [t for t in ran.json["tenants"] if t["namespace"] == world.shops]
    by_name = {tenant["name"]: tenant["objects"] for tenant in mine}
    [placement] = handed_over(by_name["acme"])
    assert not placement["isDrift"]
    assert {f["manager"] for f in placement["fields"]} == {"acuse-hub"}
    assert [obj["state"] for obj in by_name[missing["metadata"]["name"]]] == ["missing"] * 2


def other_number() -> dict[str, Any]:
    return {
        "numbers": [
            {"phoneNumberId": "1", "wabaId": "2", "secretRef": {"name": "whatsapp"}},
        ]
    }


async def test_a_tenant_that_is_nowhere_is_not_found(world: PluginWorld) -> None:
    ran = await world.run("diff", "nobody")

    assert (ran.code, ran.err[:17]) == (1, "error: not_found:")
    assert await world.api.get(Ref(PLACEMENTS, world.key("nobody"), world.tenants)) is None
    assert REGION_MANAGER not in ran.out
