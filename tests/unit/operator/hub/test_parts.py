"""The hub's smaller decisions: whose a number is, what is told, what a list says of a watch."""

from __future__ import annotations

from typing import Any

import pytest

from acuse.errors import InvalidManifest
from acuse.resources.names import DESIRED_HASH
from acuse_cluster.kinds import TENANTS, Manifest
from acuse_operator.conditions import Condition, Status
from acuse_operator.handlers import DELETED, VANISHED, Patience, kopf_settings
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.story import event_type, settle_time, weigh
from acuse_operator.hub.tenant import FORCE_DELETE
from acuse_operator.probe import Ages
from acuse_operator.rbac import Rule, allows, rules
from acuse_operator.region_manifest import read_region
from acuse_operator.relisting import Listing
from acuse_operator.store import Store
from acuse_operator.telling import Weight
from support.hub_values import NUMBER, tenant_object, view


def older(name: str, created: str, *numbers: str) -> dict[str, Any]:
    listed = [{"phoneNumberId": number} for number in numbers]
    return {
        "metadata": {"namespace": "shops", "name": name, "creationTimestamp": created},
        "spec": {"whatsapp": {"numbers": listed}},
    }


def test_a_number_is_the_older_tenants_until_that_lets_it_go() -> None:
    claims = Claims()
    assert claims.put(older("b", "2026-01-02", "1", "2")) == frozenset()
    assert claims.put(older("a", "2026-01-03", "1")) == {"shops.b"}
    assert claims.owner("1") == "shops.b"

    assert claims.put(older("b", "2026-01-02", "2")) == {"shops.a"}
    assert claims.owner("1") == "shops.a"
    assert claims.drop("shops.a") == frozenset()
    assert claims.owner("1") is None


def test_a_tenant_without_numbers_claims_none() -> None:
    claims = Claims()
    claims.put({"metadata": {"namespace": "shops", "name": "a"}, "spec": {"whatsapp": None}})

    assert claims.owner(NUMBER) is None


@pytest.mark.parametrize(
    ("kind", "status", "reason", "weight"),
    [
        ("Ready", "True", "Serving", Weight.WELL),
        ("Ready", "False", "Suspended", Weight.WELL),
        ("Ready", "False", "Deleting", Weight.WELL),
        ("Ready", "False", "SecretMissing", Weight.GRAVE),
        ("Ready", "False", "Applying", Weight.EXPECTED),
        ("Ready", "False", "RegionNotReady", Weight.PASSING),
        ("Ready", "Unknown", "NotChecked", Weight.PASSING),
        ("Ready", "Unknown", "RegionSilent", Weight.EXPECTED),
        ("RegionsSynced", "Unknown", "RegionSilent", Weight.NOTHING),
        ("RegionsSynced", "True", "Synced", Weight.WELL),
        ("RegionsSynced", "False", "Applying", Weight.ANEW),
        ("RegionsSynced", "False", "UnknownRegion", Weight.GRAVE),
        ("WebhookRegistered", "False", "RouteNotReady", Weight.NOTHING),
        ("WebhookRegistered", "False", "Overridden", Weight.GRAVE),
        ("CredentialsValid", "False", "TokenRejected", Weight.GRAVE),
        ("CredentialsValid", "Unknown", "GraphUnavailable", Weight.NOTHING),
        ("DriftDetected", "True", "FieldChanged", Weight.GRAVE),
        ("DriftDetected", "False", "AsApplied", Weight.WELL),
        ("Degraded", "True", "SecretMissing", Weight.NOTHING),
        ("Degraded", "True", "DeletionProtected", Weight.GRAVE),
        ("Progressing", "True", "Applying", Weight.NOTHING),
    ],
)
def test_a_verdict_is_worth_telling_where_somebody_wants_to_know(
    kind: str, status: Status, reason: str, weight: Weight
) -> None:
    assert weigh(Condition(kind, status, reason, "m")) is weight


def test_only_what_keeps_a_tenant_from_being_served_is_a_warning() -> None:
    reasons = ("Suspended", "Registering", "RegionNotReady", "RegionSilent", "TokenRejected")
    told = {reason: event_type(Condition("Ready", "False", reason, "")) for reason in reasons}

    assert event_type(Condition("Ready", "True", "Serving", "")) == "Normal"
    assert told == {
        "Suspended": "Normal",
        "Registering": "Normal",
        "RegionNotReady": "Warning",
        "RegionSilent": "Warning",
        "TokenRejected": "Warning",
    }


def status(*, generation: int = 3, **said: str) -> dict[str, Any]:
    conditions = [{"type": kind, "status": each} for kind, each in said.items()]
    return {"observedGeneration": generation, "conditions": conditions}


@pytest.mark.parametrize(
    ("before", "new", "seconds"),
    [
        ({}, status(Ready="False", Progressing="True"), 0.5),
        (status(Ready="True", generation=2), status(Ready="False", Progressing="True"), 0.5),
        (status(Ready="False"), status(Ready="False", Progressing="True"), 2.0),
        (status(Ready="True"), status(Ready="False", Progressing="True"), 0.0),
        ({}, status(Ready="False", Progressing="False"), 0.0),
        ({}, status(Ready="True", Progressing="False"), 0.0),
        (
            status(Ready="False", Degraded="False"),
            status(Ready="False", Progressing="True", Degraded="True"),
            0.0,
        ),
    ],
    ids=["new", "edited", "on-its-way", "lost", "stuck", "served", "degraded"],
)
def test_only_what_passes_by_itself_is_not_written_at_once(
    before: dict[str, Any], new: dict[str, Any], seconds: float
) -> None:
    assert settle_time(before, new) == seconds


def test_a_tenant_is_read_with_all_that_decides_its_end() -> None:
    deleted = {"deletionTimestamp": "2026-11-22T10:00:00Z", "finalizers": ["acuse.dev/hub"]}
    forced = {**deleted, "annotations": {FORCE_DELETE: "true"}}

    assert view().is_leaving is False
    assert view(metadata=deleted).is_leaving is True
    assert view(metadata=deleted, deletionProtection=True).is_leaving is False
    assert view(metadata=forced, deletionProtection=True).is_leaving is True
    assert view(metadata=deleted).is_held is True
    assert view(currency="x").spec is None
    assert "currency" in view(currency="x").fault


def versioned(version: int, *, uid: str = "u-1") -> Manifest:
    return tenant_object(metadata={"resourceVersion": str(version), "uid": uid})


def test_a_store_keeps_the_newest_of_one_object_and_the_other_of_two() -> None:
    store = Store()
    assert store.put(versioned(5))
    assert not store.put(versioned(5))
    assert not store.put(versioned(4))
    assert store.put(versioned(6))
    assert store.put(versioned(3, uid="u-2"))
    assert store.drop("shops", "acme") is not None
    assert store.get("shops", "acme") is None


def test_a_list_tells_of_what_vanished_before_it_and_not_of_what_came_after() -> None:
    told: list[tuple[str, str]] = []
    listing = Listing(
        TENANTS, lambda change, obj: told.append((change, obj["metadata"]["uid"])), namespace=None
    )
    listing.heard("ADDED", versioned(5))
    listing.listed([], "4")
    assert told == [("ADDED", "u-1")]
    listing.listed([], "6")
    assert told[1:] == [(VANISHED, "u-1")]
    listing.listed([versioned(7)], "8")
    listing.heard(DELETED, versioned(9))
    listing.listed([], "10")
    assert told[2:] == [("LISTED", "u-1"), (DELETED, "u-1")]


def test_watches_grow_old_alone_and_the_oldest_counts() -> None:
    now = [0.0]
    ages = Ages(clock=lambda: now[0])
    ages.expect("kopf/tenants")
    ages.follow("region", {"secrets": lambda: 50.0})
    now[0] = 10.0
    assert (ages.age("kopf/tenants"), ages.oldest()) == (10.0, 50.0)
    ages.follow("region", {})
    ages.heard("kopf/tenants")
    ages.heard("kopf/unexpected")
    assert ages.oldest() == 0.0
    now[0] = 100.0
    assert ages.check(89.0)() == "watch_silent"
    assert ages.check(90.0)() is None


def test_kopf_waits_without_an_end_and_never_in_step() -> None:
    waits = iter(Patience())
    first = [next(waits) for _ in range(200)]

    assert all(0.0 < wait <= 20.0 for wait in first)
    assert first[50:100] != first[100:150]
    settings = kopf_settings()
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True


def test_a_regions_file_is_one_region_marked_with_its_text() -> None:
    text = (
        "apiVersion: acuse.dev/v1alpha1\nkind: Region\nmetadata: {name: ar-1}\n"
        "spec: {jurisdiction: AR, intakeURL: 'https://ar-1.example'}\n"
    )
    mark = read_region(text)["metadata"]["annotations"][DESIRED_HASH]

    assert mark != read_region(f"{text}# changed\n")["metadata"]["annotations"][DESIRED_HASH]
    for broken in ("", f"{text}---\n{text}", "- a\n", text.replace("AR", "Argentina")):
        with pytest.raises(InvalidManifest):
            read_region(broken)


def test_rules_are_one_per_resource_and_say_what_a_call_needs() -> None:
    for part in ("hub", "region", "both", "release"):
        named = [(rule.scope, rule.group, rule.resource) for rule in rules(part)]
        assert len(set(named)) == len(named)
    assert allows("hub", Rule("cluster", "", "secrets", ("get",)))
    assert allows("hub", Rule("tenants", "", "secrets", ("list",)))
    assert not allows("hub", Rule("cluster", "", "secrets", ("list",)))
    assert not allows("region", Rule("cluster", "acuse.dev", "tenants", ("get",)))
