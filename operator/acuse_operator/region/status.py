"""A placement's status as it is to be written: conditions, workers, drift and address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from acuse.resources.names import API_VERSION
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import (
    Condition,
    conditions_of,
    find,
    set_conditions,
    timestamp,
)
from acuse_operator.region.conditions import Scene, judge, replicas, settle_time
from acuse_operator.region.plan import WHOLE, Change

DRIFT: Final = "DriftDetected"


@dataclass(frozen=True, slots=True)
class Drifted:
    """Something that was set back: the object, the field, and whose hand it was."""

    kind: str
    name: str
    field: str
    manager: str
    # Fields of the same object beside this one.
    others: int = 0

    @property
    def message(self) -> str:
        """Say it as a person would; a Secret's value is never part of it."""
        if self.field == WHOLE:
            return f"{self.kind} {self.name} was deleted by {self.manager}."
        more = f" and {self.others} more" if self.others else ""
        were = "were" if self.others else "was"
        return f"{self.kind} {self.name}: {self.field}{more} {were} changed by {self.manager}."


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be written, and after how many seconds it changes again."""

    manifest: Manifest
    is_changed: bool
    conditions: tuple[Condition, ...]
    # It is of another wish than what was written last.
    is_edit: bool
    # Seconds that it may wait for the next status to take its place.
    settle: float
    again: float | None


def drifted(change: Change) -> Drifted:
    """Return what to say of an object that was set back."""
    first = change.drifted[0]
    return Drifted(
        kind=change.manifest["kind"],
        name=change.manifest["metadata"]["name"],
        field=first.path,
        manager=first.manager,
        others=len(change.drifted) - 1,
    )


def say(
    scene: Scene,
    before: Manifest,
    *,
    healed: tuple[Drifted, ...],
    now: datetime,
    hold: float,
) -> Said:
    """Return the status that follows from the scene and from what the placement's said before."""
    placement, last = scene.placement, conditions_of(before)
    was: Mapping[str, Any] = before.get("status") or {}
    drift = _drift(was.get("drift") or {}, healed, now)
    condition, again = _drift_condition(before, drift, healed, now=now, hold=hold)
    new = (*judge(scene), condition)
    wanted, ready = replicas(scene.deployment) if scene.is_dedicated else (0, 0)
    status: Manifest = {
        "observedGeneration": placement.metadata.generation or 0,
        "observedHash": placement.spec.hash,
        "conditions": set_conditions(
            last, new, generation=placement.metadata.generation or 0, now=now
        ),
        "workers": {
            "mode": placement.spec.bundle.workers.mode,
            "desired": wanted,
            "ready": ready,
        },
        "url": scene.region.webhook_url(placement.key),
    }
    if drift:
        status["drift"] = drift
    return Said(
        manifest=_status_manifest(before, status),
        is_changed=any(was.get(name) != value for name, value in status.items()),
        conditions=new,
        is_edit=was.get("observedHash") != placement.spec.hash,
        # What was set back is counted in this status, and in no later one.
        settle=0.0 if healed else settle_time(status["conditions"], last),
        again=again,
    )


def refusal(before: Manifest, ready: Condition, *, now: datetime) -> Said:
    """Return a status that changes nothing but Ready: what is wanted is not carried out."""
    was: Mapping[str, Any] = before.get("status") or {}
    generation = was.get("observedGeneration", 0)
    conditions = set_conditions(conditions_of(before), (ready,), generation=generation, now=now)
    return Said(
        manifest=_status_manifest(before, {**was, "conditions": conditions}),
        is_changed=was.get("conditions") != conditions,
        conditions=(ready,),
        is_edit=False,
        settle=0.0,
        again=None,
    )


def _status_manifest(obj: Manifest, status: Manifest) -> Manifest:
    """Return what is applied to the placement's status."""
    metadata = {name: obj["metadata"][name] for name in ("name", "namespace")}
    return {
        "apiVersion": API_VERSION,
        "kind": "TenantPlacement",
        "metadata": metadata,
        "status": status,
    }


def _drift(was: Mapping[str, Any], healed: tuple[Drifted, ...], now: datetime) -> Manifest:
    if not healed:
        return dict(was)
    last = healed[-1]
    return {
        "count": was.get("count", 0) + len(healed),
        "last": {
            "time": timestamp(now),
            "kind": last.kind,
            "name": last.name,
            "field": last.field[:1024],
            "manager": last.manager[:253],
        },
    }


def _drift_condition(
    before: Manifest,
    drift: Mapping[str, Any],
    healed: tuple[Drifted, ...],
    *,
    now: datetime,
    hold: float,
) -> tuple[Condition, float | None]:
    """Return DriftDetected, and when it ends: it stays True for a while, to be seen."""
    if healed:
        text = " ".join(one.message for one in healed) + " It was set back."
        return Condition(DRIFT, "True", "FieldChanged", text), hold
    known = find(conditions_of(before), DRIFT)
    if known is None or "last" not in drift:
        return Condition(DRIFT, "False", "NoDrift", "Nobody else changed anything."), None
    left = _until(drift["last"]["time"], now, hold)
    if known["status"] == "True" and left > 0:
        return Condition(DRIFT, "True", known["reason"], known["message"]), left
    if known["status"] == "False":
        return Condition(DRIFT, "False", known["reason"], known["message"]), None
    text = f"What was changed is set back, and stayed so for {hold:.0f} s."
    return Condition(DRIFT, "False", "Healed", text), None


def _until(time: str, now: datetime, hold: float) -> float:
    return (datetime.fromisoformat(time) + timedelta(seconds=hold) - now).total_seconds()
