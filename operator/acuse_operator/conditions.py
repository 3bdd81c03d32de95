"""Conditions as metav1.Condition has them: one per type, its time moving only with its status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, cast

Status = Literal["True", "False", "Unknown"]
# One condition as the API has it.
Written: TypeAlias = dict[str, Any]

# The reason why a placement is not Ready whose hub was older than one that the region has seen.
STALE: Final = "StaleEpoch"

# Our schemas refuse longer messages; a status must not be lost for an error's length.
_LONGEST_MESSAGE: Final = 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """What is said of one aspect of an object; `reason` is for programs, `message` for people."""

    type: str
    status: Status
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A condition that says something else than before; `before` is None for a new one."""

    condition: Condition
    before: Written | None


def timestamp(moment: datetime) -> str:
    """Return a time as Kubernetes writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def set_condition(
    conditions: Iterable[Mapping[str, Any]], condition: Condition, *, generation: int, now: datetime
) -> list[Written]:
    """Return the conditions with this one set; it keeps its place, and its time unless it turns."""
    return set_conditions(conditions, (condition,), generation=generation, now=now)


def _written(
    condition: Condition, before: Written | None, *, generation: int, now: datetime
) -> Written:
    since: str | None = None
    if before is not None and before.get("status") == condition.status:
        since = before.get("lastTransitionTime")
    return {
        "type": condition.type,
        "status": condition.status,
        "observedGeneration": generation,
        "lastTransitionTime": since or timestamp(now),
        "reason": condition.reason,
        "message": shorten(condition.message),
    }


def shorten(text: str) -> str:
    """Return a text as long as our schemas take it."""
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}…"


def set_conditions(
    conditions: Iterable[Mapping[str, Any]],
    new: Iterable[Condition],
    *,
    generation: int,
    now: datetime,
) -> list[Written]:
    """Return the conditions with each of `new` set, as `set_condition` does."""
    result = [dict(condition) for condition in conditions]
    places = {condition.get("type"): place for place, condition in enumerate(result)}
    for condition in new:
        place = places.get(condition.type)
        if place is None:
            places[condition.type] = len(result)
            result.append(_written(condition, None, generation=generation, now=now))
        else:
            result[place] = _written(condition, result[place], generation=generation, now=now)
    return result


def conditions_of(obj: Mapping[str, Any] | None) -> list[Written]:
    """Return the conditions in an object's status; none of an object without."""
    status: object = (obj or {}).get("status")
    if not isinstance(status, Mapping):
        return []
    found: object = cast("Mapping[str, Any]", status).get("conditions")
    return cast("list[Written]", found) if isinstance(found, list) else []


def find(conditions: Iterable[Mapping[str, Any]], type_: str) -> Written | None:
    """Return the condition of a type; None when there is none."""
    return next((dict(c) for c in conditions if c.get("type") == type_), None)


def status_of(conditions: Iterable[Mapping[str, Any]], type_: str) -> Status:
    """Return the status of a condition; Unknown when there is none."""
    found = (find(conditions, type_) or {}).get("status")
    return cast("Status", found) if found in {"True", "False"} else "Unknown"


def transitions(
    before: Sequence[Mapping[str, Any]], new: Iterable[Condition]
) -> tuple[Transition, ...]:
    """Return those of `new` whose status or reason is not what it was."""
    changed: list[Transition] = []
    for condition in new:
        old = find(before, condition.type)
        said = None if old is None else (old.get("status"), old.get("reason"))
        if said != (condition.status, condition.reason):
            changed.append(Transition(condition, old))
    return tuple(changed)
