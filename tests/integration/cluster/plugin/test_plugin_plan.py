"""`kubectl acuse plan`: what an apply would change in every region, and that it writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from acuse_cluster.kinds import LEASES, PLACEMENTS, REGIONS, TENANTS, Manifest, Ref
from support.plugin_run import Ran
from support.plugin_world import NUMBER, PluginWorld


async def plan(world: PluginWorld, *objects: Manifest, user: str = "admin") -> Ran:
    """Plan objects, as `-o json`."""
    text = "\n---\n".join(json.dumps(obj) for obj in objects)
    return await world.run("plan", "-f", "-", "-o", "json", user=user, stdin=text)


def fields(part: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what changes, as before and after by field."""
    return {one["field"]: (one["before"], one["after"]) for one in part["changes"]}


def by_region(ran: Ran) -> dict[str, dict[str, Any]]:
    """Return the only Tenant's regions by name."""
    [tenant] = ran.json["tenants"]
    return {region["region"]: region for region in tenant["regions"]}


async def placed(world: PluginWorld, *regions: str, **spec: Any) -> None:
    """Have a Tenant in regions, as the hub says too."""
    await world.apply(**spec)
    for place, region in enumerate(regions):
        await world.hand_over(region, role="Standby" if place else "Home")
    await world.say(regions=dict.fromkeys(regions, "Ready"), Ready=("True", "Serving"))


async def test_a_new_tenant_is_planned_for_each_region_and_nothing_is_written(
    world: PluginWorld,
) -> None:
    wanted = world.tenant(placement={"home": world.near, "standby": [world.far]})

    ran = await plan(world, wanted)

    assert ran.code == 0, ran.err
    [tenant] = ran.json["tenants"]
    assert (tenant["action"], tenant["refused"]) == ("created", None)
    assert fields(tenant)["spec.displayName"] == (None, "Acme SA")
    near, far = tenant["regions"]
    assert (near["region"], near["role"], near["action"]) == (world.near, "Home", "created")
    assert (far["region"], far["role"], far["action"]) == (world.far, "Standby", "created")
    assert near["checkedBy"] == far["checkedBy"] == "server"
    assert fields(far)["spec.bundle.displayName"] == (None, "Acme SA")
    assert f"data[{NUMBER}.accessToken]" in far["credentials"]
    assert world.writes() == []
    assert await world.api.get(Ref(TENANTS, "acme", world.shops)) is None
    assert await world.far_api.get(Ref(PLACEMENTS, world.key(), world.tenants)) is None


async def test_what_is_as_planned_is_unchanged(world: PluginWorld) -> None:
    await placed(world, world.near, world.far, placement=both(world))

    ran = await plan(world, world.tenant(placement=both(world)))

    assert ran.json["tenants"][0]["action"] == "unchanged"
    regions = by_region(ran)
    assert [regions[name]["action"] for name in (world.near, world.far)] == ["unchanged"] * 2
    assert [regions[name]["changes"] for name in (world.near, world.far)] == [[], []]
    assert regions[world.near]["credentials"] == []


def both(world: PluginWorld) -> dict[str, Any]:
    return {"home": world.near, "standby": [world.far]}


async def test_a_change_is_shown_field_by_field_in_each_region(world: PluginWorld) -> None:
    await placed(world, world.near, world.far, placement=both(world))

    ran = await plan(world, world.tenant(placement=both(world), displayName="Acme SRL"))

    [tenant] = ran.json["tenants"]
    assert fields(tenant) == {"spec.displayName": ("Acme SA", "Acme SRL")}
    for region in tenant["regions"]:
        changed = fields(region)
        assert changed["spec.bundle.displayName"] == ("Acme SA", "Acme SRL")
        assert changed["spec.generation"] == (1, 2)
        assert set(changed) == {"spec.bundle.displayName", "spec.generation", "spec.hash"}
        assert (region["action"], region["checkedBy"]) == ("changed", "server")
    assert world.writes() == []


async def test_a_region_that_is_named_no_more_is_left(world: PluginWorld) -> None:
    await placed(world, world.near, world.far, placement=both(world))

    ran = await plan(world, world.tenant(placement={"home": world.near}))

    regions = by_region(ran)
    assert fields(regions[world.near]) == {"spec.generation": (1, 2)}
    assert regions[world.far]["action"] == "leaves"
    assert regions[world.far]["checkedBy"] == "comparison"


async def test_why_a_region_is_not_chosen_is_said(world: PluginWorld) -> None:
    await world.run("cordon", world.near)
    wanted = world.tenant(
        placement={"home": world.near, "standby": [world.far, "nowhere"]},
        residency={"jurisdictions": ["AR"]},
    )

    ran = await plan(world, wanted)

    regions = by_region(ran)
    assert {name: region["action"] for name, region in regions.items()} == {
        world.near: "none",
        world.far: "none",
        "nowhere": "none",
    }
    assert "cordoned" in regions[world.near]["why"]
    assert "UY" in regions[world.far]["why"]
    assert "nowhere" in regions["nowhere"]["why"]
    assert ran.code == 3


async def test_what_is_left_to_the_hub_is_chosen_as_the_hub_does(world: PluginWorld) -> None:
    left = {"home": world.near, "standbys": 1, "spread": "Jurisdiction"}
    wanted = world.tenant(placement=left, residency={"jurisdictions": ["AR", "UY"]})

    chosen = await plan(world, wanted)
    await world.run("drain", world.far)
    lacking = await plan(world, wanted)
    text = await world.run("plan", "-f", "-", stdin=json.dumps(wanted))

    assert [
        (r["region"], r["role"], r["action"]) for r in chosen.json["tenants"][0]["regions"]
    ] == [
        (world.near, "Home", "created"),
        (world.far, "Standby", "created"),
    ]
    assert chosen.code == 0
    assert set(by_region(lacking)) == {world.near}
    assert f"{world.far}: being drained" in lacking.json["tenants"][0]["lacking"]
    assert "No region fits as standby" in text.out
    assert lacking.code == text.code == 3


async def test_a_full_region_takes_no_new_tenant_and_keeps_its_own(world: PluginWorld) -> None:
    await placed(world, world.near)
    await world.api.merge_patch(Ref(REGIONS, world.near), {"spec": {"capacity": 1}})

    mine = await plan(world, world.tenant())
    number = {"phoneNumberId": "1", "wabaId": "2", "secretRef": {"name": "whatsapp"}}
    other = await plan(world, world.tenant("other", whatsapp={"numbers": [number]}))

    assert by_region(mine)[world.near]["action"] == "unchanged"
    region = by_region(other)[world.near]
    assert (region["action"], "full (1 of 1)" in region["why"]) == ("none", True)


async def test_residency_takes_a_tenant_out_of_a_region(world: PluginWorld) -> None:
    await placed(world, world.near, world.far, placement=both(world))

    ran = await plan(
        world, world.tenant(placement=both(world), residency={"jurisdictions": ["AR"]})
    )

    regions = by_region(ran)
    assert regions[world.far]["action"] == "leaves"
    assert regions[world.near]["action"] in {"changed", "unchanged"}


async def test_what_the_api_server_refuses_is_said_and_the_rest_planned(
    world: PluginWorld,
) -> None:
    bad = world.tenant("bad", displayName="")

    ran = await plan(world, bad, world.tenant())
    text = await world.run("plan", "-f", "-", stdin=json.dumps(bad))

    refused, fine = ran.json["tenants"]
    assert "displayName" in refused["refused"]
    assert (refused["action"], refused["regions"]) == ("refused", [])
    assert fine["action"] == "created"
    assert ran.code == text.code == 3
    assert text.last == "Nothing was written."


async def test_a_secret_in_the_file_is_used_and_never_shown(world: PluginWorld) -> None:
    await placed(world, world.near)
    rotated = world.secret(accessToken="another-token-canary")

    ran = await plan(world, rotated, world.tenant())

    assert "another-token-canary" not in ran.out
    region = by_region(ran)[world.near]
    assert region["credentials"] == [f"data[{NUMBER}.accessToken]"]
    assert "spec.secretHash" in fields(region)
    assert region["action"] == "changed"


async def test_a_number_of_another_tenant_is_not_placed(world: PluginWorld) -> None:
    await world.apply("older")

    ran = await plan(world, world.tenant())

    [tenant] = ran.json["tenants"]
    assert [region["action"] for region in tenant["regions"]] == ["none"]
    assert f"belongs to the Tenant {world.key('older')}" in tenant["notes"][0]


async def test_who_may_only_read_gets_a_plan_that_says_what_is_not_known(
    world: PluginWorld,
) -> None:
    await placed(world, world.near, world.far, placement=both(world))
    user = await world.viewer("viewer")

    ran = await plan(world, world.tenant(placement=both(world), displayName="Acme SRL"), user=user)

    [tenant] = ran.json["tenants"]
    assert fields(tenant) == {"spec.displayName": ("Acme SA", "Acme SRL")}
    assert tenant["notes"] == [
        "the API server did not check it: you may not apply Tenants here",
        "Secret whatsapp: you may not read it; what it changes in regions is not known",
    ]
    near, far = tenant["regions"]
    assert (near["action"], near["checkedBy"]) == ("changed", "comparison")
    assert (far["action"], far["checkedBy"]) == ("changed", "assumption")
    assert fields(far)["spec.bundle.displayName"] == ("Acme SA", "Acme SRL")
    assert near["credentials"] is far["credentials"] is None
    assert world.writes() == []


async def test_a_region_with_a_newer_hub_is_given_nothing(world: PluginWorld) -> None:
    await placed(world, world.near)
    await world.hand_over(world.near, epoch=7)
    await world.api.create(
        {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": "acuse-operator", "namespace": world.release},
            "spec": {"holderIdentity": "us", "leaseTransitions": 2},
        }
    )

    ran = await plan(world, world.tenant(displayName="Acme SRL"))

    region = by_region(ran)[world.near]
    assert region["action"] == "refused"
    assert region["why"] == "A hub of epoch 7 has written there; this one is of 3."
    assert ran.code == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a YAML file"),
        ("kind: ConfigMap\nmetadata: {name: a}", "there is no Tenant in it"),
        ("kind: Tenant", "an object has no kind or no metadata.name"),
        ("- a", "a document is not an object"),
    ],
)
async def test_a_file_without_a_tenant_is_refused(world: PluginWorld, text: str, says: str) -> None:
    ran = await world.run("plan", "-f", "-", stdin=text)

    assert ran.code == 1
    assert ran.err.startswith("error: invalid_manifest: ")
    assert says in ran.err
