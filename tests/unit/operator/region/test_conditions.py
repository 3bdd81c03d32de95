"""What a placement's conditions say, case by case."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acuse.resources.names import SECRET_HASH
from acuse.resources.placement import PlacementStatus
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import find
from acuse_operator.region.conditions import Scene, judge
from acuse_operator.region.status import Drifted, say
from support.golden_objects import golden
from support.placements import placement, placement_object, region_view

OBJECTS = dict(golden())
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def sealed(value: str = "fedcba9876543210") -> Manifest:
    return {"metadata": {"annotations": {SECRET_HASH: value}}}


def route(accepted: str = "True", resolved: str = "True", *, seen: int = 1) -> Manifest:
    conditions = [
        {"type": t, "status": s, "reason": "R", "message": "m", "observedGeneration": seen}
        for t, s in (("Accepted", accepted), ("ResolvedRefs", resolved))
    ]
    parent = {
        "parentRef": {"namespace": "acuse-system", "name": "acuse"},
        "conditions": conditions,
    }
    found = copy.deepcopy(OBJECTS["httproute"])
    found["metadata"]["generation"] = 1
    return {**found, "status": {"parents": [parent]}}


def deployment(*, replicas: int = 2, ready: int = 2, **conditions: str) -> Manifest:
    found = copy.deepcopy(OBJECTS["deployment"])
    found["metadata"]["generation"] = 1
    found["spec"]["replicas"] = replicas
    said = [{"type": t, "status": s, "reason": "R", "message": "m"} for t, s in conditions.items()]
    found["status"] = {"observedGeneration": 1, "readyReplicas": ready, "conditions": said}
    return found


WELL = Scene(
    placement=placement(),
    region=region_view(),
    route=route(),
    deployment=deployment(Available="True"),
    sealed=sealed(),
    has_files=True,
)
CASES: dict[str, tuple[dict[str, Any], str, tuple[str, str], tuple[str, str]]] = {
    "all-well": ({}, "Ready", ("True", "Serving"), ("False", "Complete")),
    "refused": (
        {"fault": "quota"},
        "Ready",
        ("False", "ApplyRefused"),
        ("False", "Blocked"),
    ),
    "suspended": (
        {"placement": placement(suspend=True)},
        "WorkersReady",
        ("False", "Suspended"),
        ("False", "Complete"),
    ),
    "no-secret": (
        {"sealed": None},
        "SecretReady",
        ("False", "SecretMissing"),
        ("False", "Blocked"),
    ),
    "old-secret": (
        {"sealed": sealed("0ld")},
        "SecretReady",
        ("False", "SecretStale"),
        ("False", "Blocked"),
    ),
    "no-route": ({"route": None}, "RouteReady", ("False", "Waiting"), ("True", "Waiting")),
    "route-unseen": (
        {"route": route(seen=0)},
        "RouteReady",
        ("False", "Waiting"),
        ("True", "Waiting"),
    ),
    "route-refused": (
        {"route": route("False")},
        "RouteReady",
        ("False", "RouteNotAccepted"),
        ("False", "Blocked"),
    ),
    "no-backend": (
        {"route": route("True", "False")},
        "RouteReady",
        ("False", "BackendNotResolved"),
        ("False", "Blocked"),
    ),
    "ingress": (
        {"route": OBJECTS["ingress"]},
        "RouteReady",
        ("True", "IngressMade"),
        ("False", "Complete"),
    ),
    "starting": (
        {"deployment": deployment(ready=0, Available="False")},
        "WorkersReady",
        ("False", "Starting"),
        ("True", "Starting"),
    ),
    "stuck": (
        {"deployment": deployment(ready=0, Available="False", Progressing="False")},
        "WorkersReady",
        ("False", "WorkersStuck"),
        ("False", "Blocked"),
    ),
    "pods-refused": (
        {"deployment": deployment(ready=0, Available="False", ReplicaFailure="True")},
        "WorkersReady",
        ("False", "PodsRefused"),
        ("False", "Blocked"),
    ),
    "scaled-to-zero": (
        {"deployment": deployment(replicas=0, ready=0)},
        "WorkersReady",
        ("True", "ScaledToZero"),
        ("False", "Complete"),
    ),
    "shared": (
        {"placement": placement(workers={"mode": "Shared"}), "deployment": None},
        "WorkersReady",
        ("True", "SharedPool"),
        ("False", "Complete"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_has_its_condition_and_its_reason(case: str) -> None:
    changes, type_, said, progressing = CASES[case]
    found = {c.type: c for c in judge(replace(WELL, **changes))}

    assert (found[type_].status, found[type_].reason) == said
    assert (found["Progressing"].status, found["Progressing"].reason) == progressing
    is_ready = said[0] == "True"
    assert (found["Ready"].status == "True") is is_ready
    if not is_ready:
        assert found["Ready"].reason == said[1]


def before(**status: Any) -> Manifest:
    return {**placement_object(), "status": status}


def test_the_same_scene_is_said_once() -> None:
    first = say(WELL, before(), healed=(), now=NOW, hold=60)
    written = {**before(), "status": first.manifest["status"]}

    again = say(WELL, written, healed=(), now=NOW + timedelta(hours=1), hold=60)

    assert first.is_changed
    assert not again.is_changed
    assert again.conditions == first.conditions
    assert (first.is_edit, again.is_edit) == (True, False)
    PlacementStatus.parse(first.manifest["status"])


def test_drift_holds_for_a_while_counts_up_and_is_then_healed() -> None:
    one = Drifted("Deployment", "x", "spec.paused", "hand")
    first = say(WELL, before(), healed=(one, one), now=NOW, hold=60)
    written = {**before(), "status": first.manifest["status"]}
    during = say(WELL, written, healed=(), now=NOW + timedelta(seconds=20), hold=60)
    after = say(WELL, written, healed=(), now=NOW + timedelta(seconds=61), hold=60)

    drift = first.manifest["status"]["drift"]
    assert (drift["count"], drift["last"]["manager"]) == (2, "hand")
    assert first.again == 60
    assert (during.is_changed, during.again) == (False, 40)
    condition = find(after.manifest["status"]["conditions"], "DriftDetected") or {}
    assert (condition["status"], condition["reason"], after.again) == ("False", "Healed", None)
