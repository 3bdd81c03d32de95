"""Regions that are made of ClusterProfile objects, as a fleet's manager keeps them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from acuse_cluster.kinds import CLUSTERPROFILES, EVENTS, REGIONS, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.hub import profiles
from acuse_operator.rbac import rules
from support.eventually import until
from support.fleet_world import FarRegion, FleetWorld, fleet_world

NAME = "clusterprofiles.multicluster.x-k8s.io"
# The upstream kind by its names; what is in it is its manager's to say.
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": NAME,
        "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
    },
    "spec": {
        "group": "multicluster.x-k8s.io",
        "names": {
            "kind": "ClusterProfile",
            "listKind": "ClusterProfileList",
            "plural": "clusterprofiles",
            "singular": "clusterprofile",
        },
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": ANYTHING},
            }
        ],
    },
}


@pytest.fixture
async def fleet(
    control_plane: ControlPlane,
    far_planes: tuple[ControlPlane, ControlPlane],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[FleetWorld, None]:
    """Yield a hub that makes Regions of the profiles in its Tenants' namespace."""
    monkeypatch.setattr(profiles, "_LOOK_EVERY", 0.3)
    control_plane.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(CRD))
    control_plane.kubectl("wait", "--for=condition=Established", f"crd/{NAME}", "--timeout=60s")
    async with fleet_world(control_plane, far_planes, monkeypatch) as made:
        hub = made.hub
        hub.settings = hub.settings.model_copy(update={"cluster_profiles": hub.namespace})
        # Exactly the rights that the code says it needs.
        [rule] = rules("profiles")
        control_plane.kubectl(
            *("create", "role", hub.user, "--namespace", hub.namespace),
            f"--resource={rule.resource}.{rule.group}",
            *(f"--verb={verb}" for verb in rule.verbs),
        )
        control_plane.kubectl(
            *("create", "rolebinding", hub.user, "--namespace", hub.namespace),
            *(f"--role={hub.user}", f"--user={hub.user}"),
        )
        yield made


async def put(fleet: FleetWorld, name: str, **said: str) -> None:
    """Write a profile that says this in annotations."""
    await fleet.hub.api.apply(
        {
            "apiVersion": CLUSTERPROFILES.api_version,
            "kind": CLUSTERPROFILES.kind,
            "metadata": {
                "name": name,
                "namespace": fleet.hub.namespace,
                "annotations": {f"acuse.dev/{key.replace('_', '-')}": v for key, v in said.items()},
            },
            "spec": {"displayName": name, "clusterManager": {"name": "a-manager"}},
        },
        manager="a-manager",
    )


async def spec(fleet: FleetWorld, name: str) -> dict[str, Any]:
    """Return what a Region says; nothing where there is none."""
    region: Manifest = await fleet.hub.api.get(Ref(REGIONS, name)) or {}
    said: dict[str, Any] = region.get("spec", {})
    return said


async def test_a_profile_becomes_a_region_that_tenants_are_placed_in(
    fleet: FleetWorld, first: FarRegion
) -> None:
    hub = fleet.hub
    await fleet.hand_kubeconfig(first, first.kubeconfig())
    said = {"intake_url": hub.intake_url, "kubeconfig_secret": f"region-{first.name}"}
    async with hub.running():
        await put(fleet, first.name, jurisdiction="AR", **said)
        await put(fleet, "no-region")
        await fleet.until_reachable(first, "True", "Answers")
        await hub.put_secret()
        await hub.apply(placement={"home": first.name})
        await hub.until_condition("Ready", "True")
        assert await spec(fleet, "no-region") == {}

        # What is changed by hand stays until the profile says something else.
        await hub.api.merge_patch(Ref(REGIONS, first.name), {"spec": {"capacity": 7}})
        moved = hub.intake_url.replace("127.0.0.1", "localhost")
        await put(fleet, first.name, jurisdiction="AR", **{**said, "intake_url": moved})

        async def is_changed() -> bool:
            found = await spec(fleet, first.name)
            return (found["intakeURL"], found["capacity"]) == (moved, 7)

        await until(is_changed)

        # A profile that goes may have gone by mistake: nobody is moved for it.
        await hub.api.delete(Ref(CLUSTERPROFILES, first.name, hub.namespace))
        await hub.apply(displayName="Later SA", placement={"home": first.name})
        await until(lambda: fleet.named(first, "acme", "Later SA"))
        await hub.until_condition("Ready", "True")
        assert (await spec(fleet, first.name))["intakeURL"] == moved


async def test_somebody_elses_region_is_left_alone_and_a_bad_profile_is_told_of(
    fleet: FleetWorld, first: FarRegion
) -> None:
    hub = fleet.hub

    async def told(name: str) -> list[str]:
        listed = await hub.api.list(EVENTS, namespace=hub.namespace)
        about = [event for event in listed.items if event["regarding"]["name"] == name]
        return [f"{event['reason']}: {event['note']}" for event in about]

    async def both_told() -> bool:
        return bool(await told(first.name)) and bool(await told("bad"))

    async with hub.running():
        await fleet.register(first)
        await fleet.until_reachable(first, "True", "Answers")
        before = await spec(fleet, first.name)
        await put(fleet, first.name, jurisdiction="BR", intake_url="https://elsewhere.example")
        await put(fleet, "bad", jurisdiction="Brazil", intake_url="https://elsewhere.example")

        await until(both_told)
        [taken], [bad] = await told(first.name), await told("bad")
        assert taken.startswith("ProfileRefused: No Region is made of it: a Region")
        assert "jurisdiction" in bad
        assert await spec(fleet, first.name) == before
        assert await spec(fleet, "bad") == {}
