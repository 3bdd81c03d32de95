"""What others change is set back at once, named, and counted; what they add is left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY

from acuse.resources.names import MANAGED_BY, slug
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    HTTPROUTES,
    NETWORKPOLICIES,
    PDBS,
    SECRETS,
    SERVICEACCOUNTS,
    Kind,
    Ref,
)
from support.eventually import until
from support.placements import KEY
from support.region_world import RegionWorld

SETTLED = ("Deployment", "HTTPRoute", "NetworkPolicy", "PodDisruptionBudget", "Secret")


async def until_made(world: RegionWorld) -> None:
    async def made() -> bool:
        found = await world.there((DEPLOYMENTS, HTTPROUTES, NETWORKPOLICIES, PDBS, SECRETS))
        return found == set(SETTLED)

    await until(made)
    await world.until_condition("DriftDetected", "False", "NoDrift")


def edit(world: RegionWorld, kind: Kind, patch: dict[str, Any]) -> None:
    """Change an object as somebody with kubectl does."""
    world.plane.kubectl(
        *("patch", kind.plural, slug(KEY), "-n", world.namespace(kind), "--type=merge"),
        *("--field-manager=somebody", "-p", json.dumps(patch)),
    )


def healed(kind: Kind) -> float:
    """Return how often objects of a kind were set back so far."""
    name = "acuse_operator_drift_total"
    return REGISTRY.get_sample_value(name, {"kind": kind.kind}) or 0.0


EDITS: list[tuple[Kind, dict[str, Any], str]] = [
    (
        DEPLOYMENTS,
        {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5}}}},
        "spec.template.spec.terminationGracePeriodSeconds",
    ),
    (HTTPROUTES, {"spec": {"parentRefs": [{"name": "elsewhere"}]}}, "spec.parentRefs[0].name"),
    (
        NETWORKPOLICIES,
        {"spec": {"egress": [{}]}},
        "spec.egress",
    ),
    (PDBS, {"spec": {"maxUnavailable": 3}}, "spec.maxUnavailable"),
    (SECRETS, {"data": {"tenant.yaml": "c2VjcmV0LXZhbHVl"}}, "data[tenant.yaml]"),
]


@pytest.mark.parametrize(("kind", "patch", "path"), EDITS, ids=[kind.kind for kind, _, _ in EDITS])
async def test_a_changed_field_is_set_back_and_named_with_its_manager(
    world: RegionWorld, kind: Kind, patch: dict[str, Any], path: str
) -> None:
    before = healed(kind)
    async with world.running() as role:
        await world.hand_over()
        await until_made(world)
        was = await world.child(kind)
        assert was is not None

        edit(world, kind, patch)

        await world.until_condition("DriftDetected", "True", "FieldChanged")
        await world.until_settled(role)
    live = await world.child(kind)
    assert live is not None
    for part in patch:
        assert live[part] == was[part]
    placement = await world.placement()
    assert placement is not None
    drift = placement["status"]["drift"]
    assert drift["count"] == 1
    assert (drift["last"]["kind"], drift["last"]["field"]) == (kind.kind, path)
    assert drift["last"]["manager"] == "somebody"
    [told] = world.told.messages("DriftHealed")
    assert told.startswith(f"{kind.kind} {slug(KEY)}: {path} ")
    assert told.endswith(" changed by somebody. It was set back.")
    assert "c2VjcmV0LXZhbHVl" not in json.dumps(placement["status"])
    assert healed(kind) == before + 1


async def test_a_deleted_object_is_made_again(world: RegionWorld) -> None:
    async with world.running():
        await world.hand_over()
        await until_made(world)
        was = await world.child(SERVICEACCOUNTS)
        assert was is not None

        await world.api.delete(Ref(SERVICEACCOUNTS, slug(KEY), world.tenants))

        async def again() -> bool:
            live = await world.child(SERVICEACCOUNTS)
            return live is not None and live["metadata"]["uid"] != was["metadata"]["uid"]

        await until(again)
        await world.until_condition("DriftDetected", "True", "FieldChanged")
    placement = await world.placement()
    assert placement is not None
    assert placement["status"]["drift"]["last"]["field"] == "(deleted)"


async def test_an_object_that_lost_our_label_is_found_and_labelled_again(
    world: RegionWorld,
) -> None:
    async with world.running():
        await world.hand_over()
        await until_made(world)

        edit(world, PDBS, {"metadata": {"labels": {MANAGED_BY: None}}})

        async def labelled() -> bool:
            live = await world.child(PDBS)
            return live is not None and live["metadata"]["labels"].get(MANAGED_BY) == "acuse"

        await until(labelled)
        await world.until_condition("DriftDetected", "True", "FieldChanged")
    placement = await world.placement()
    assert placement is not None
    field = placement["status"]["drift"]["last"]["field"]
    assert field == f"metadata.labels[{MANAGED_BY}]"


async def test_what_others_add_is_left_alone(world: RegionWorld) -> None:
    async with world.running() as role:
        await world.hand_over()
        await until_made(world)
        await world.until_settled(role)

        edit(world, DEPLOYMENTS, {"metadata": {"annotations": {"example.com/note": "theirs"}}})
        await world.until_settled(role)

    live = await world.child(DEPLOYMENTS)
    assert live is not None
    assert live["metadata"]["annotations"]["example.com/note"] == "theirs"
    assert await world.condition("DriftDetected") == ("False", "NoDrift")


@pytest.mark.parametrize("world", [{"drift_hold": 2.0}], indirect=True)
async def test_drift_is_shown_for_a_while_and_then_as_healed(world: RegionWorld) -> None:
    async with world.running():
        await world.hand_over()
        await until_made(world)
        edit(world, PDBS, {"spec": {"maxUnavailable": 3}})
        await world.until_condition("DriftDetected", "True")

        await world.until_condition("DriftDetected", "False", "Healed")

    placement = await world.placement()
    assert placement is not None
    assert placement["status"]["drift"]["count"] == 1
