"""What others change of what we made is set back, told of, and in the end told to be healed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from acuse.resources.names import slug
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.installed import Installed, Manifest

HAND = "a-person"


@dataclass(frozen=True, slots=True)
class Hand:
    """What a person's hand does to an object, and the field that is told of."""

    kind: str
    field: str
    # None deletes the object: Kubernetes keeps no account of whose hand that was.
    patch: list[dict[str, Any]] | None
    namespace: str = TENANTS_NAMESPACE

    @property
    def resource(self) -> str:
        """Return the kind as kubectl takes it."""
        return self.kind.lower()


def replaced(path: str, value: object) -> list[dict[str, Any]]:
    """Return the JSON patch that replaces one field."""
    return [{"op": "replace", "path": path, "value": value}]


HANDS = [
    Hand(
        "Deployment",
        "spec.template.spec.containers[worker].image",
        replaced("/spec/template/spec/containers/0/image", "registry.example/other:1"),
    ),
    Hand(
        "HTTPRoute",
        "spec.rules[0].backendRefs[0].name",
        replaced("/spec/rules/0/backendRefs/0/name", "acuse-api"),
        namespace=NAMESPACE,
    ),
    Hand("NetworkPolicy", "(deleted)", None),
    Hand(
        "Secret",
        "data[tenant.yaml]",
        replaced("/data/tenant.yaml", base64.b64encode(b"nobody: knows").decode()),
    ),
    Hand("HorizontalPodAutoscaler", "spec.maxReplicas", replaced("/spec/maxReplicas", 50)),
]


@pytest.fixture(scope="module")
def tenant(acuse_installed: Installed) -> Iterator[LabTenant]:
    """Serve a tenant for which one of everything is made."""

    async def serve() -> LabTenant:
        """Apply a Tenant and wait until it is Ready."""
        workers = {"mode": "Dedicated", "min": 1, "max": 2}
        made = await acuse_installed.add_tenant("deriva", workers=workers)
        await acuse_installed.until_ready(made)
        return made

    made = asyncio.run(serve())
    yield made
    asyncio.run(acuse_installed.remove(made))


@pytest.mark.parametrize("hand", HANDS, ids=[hand.kind for hand in HANDS])
async def test_what_a_hand_changed_is_set_back_and_named(
    acuse: Installed, tenant: LabTenant, hand: Hand
) -> None:
    before = acuse.child(hand.resource, tenant)
    counted = drifts(acuse, hand.kind)
    lay(acuse, tenant, hand)

    story = said_of(tenant, hand)

    def is_told() -> bool:
        said = acuse.placement_condition(tenant, "DriftDetected")
        return said["status"] == "True" and story in said["message"]

    await acuse.until(is_told, what=f"DriftDetected says: {story}")
    assert wanted_of(acuse.child(hand.resource, tenant)) == wanted_of(before)
    assert drifts(acuse, hand.kind) == counted + 1
    await acuse.until(
        lambda: any(story in note for note in acuse.events(TENANTS_NAMESPACE, "DriftHealed")),
        what=f"the event of {hand.kind}",
    )


async def test_drift_that_was_healed_is_told_of_for_a_while_and_then_over(
    acuse: Installed, tenant: LabTenant
) -> None:
    lay(acuse, tenant, HANDS[1])

    # It may still be True of what another hand did before.
    story = said_of(tenant, HANDS[1])
    await acuse.until(
        lambda: story in acuse.condition(tenant, "DriftDetected").get("message", ""),
        what=f"DriftDetected says: {story}",
    )
    await acuse.until_condition(tenant, "DriftDetected", "False")
    healed = acuse.placement_condition(tenant, "DriftDetected")
    assert (healed["status"], healed["reason"]) == ("False", "Healed")
    await acuse.until_ready(tenant)


def lay(acuse: Installed, tenant: LabTenant, hand: Hand) -> None:
    """Do what the hand does."""
    place = (hand.resource, slug(tenant.key), "--namespace", hand.namespace)
    if hand.patch is None:
        acuse.kubectl("delete", *place)
        return
    name, namespace = slug(tenant.key), hand.namespace
    acuse.patch(hand.resource, name, hand.patch, namespace=namespace, manager=HAND)


def said_of(tenant: LabTenant, hand: Hand) -> str:
    """Return the sentence that names the object, the field and whose hand it was."""
    if hand.patch is None:
        return f"{hand.kind} {slug(tenant.key)} was deleted by unknown."
    return f"{hand.kind} {slug(tenant.key)}: {hand.field} was changed by {HAND}."


def wanted_of(obj: Manifest | None) -> Manifest:
    """Return what of an object is what we want of it."""
    assert obj is not None
    body = {name: obj.get(name) for name in ("spec", "data")}
    return {**body, "labels": obj["metadata"]["labels"]}


def drifts(acuse: Installed, kind: str) -> float:
    """Return how often an object of a kind was set back so far."""
    return acuse.metrics().get(f'acuse_operator_drift_total{{kind="{kind}"}}', 0.0)
