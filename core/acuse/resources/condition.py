"""One condition of an object, as Kubernetes' own metav1.Condition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from acuse.resources.part import StatusPart, Timestamp
from acuse.resources.values import Count, Matching, Message

ConditionStatus = Literal["True", "False", "Unknown"]


class Condition(StatusPart):
    """What is the case, why in one word, and in a sentence; since when once it is in a status."""

    type: Annotated[
        str,
        Field(min_length=1, max_length=64),
        Matching("^[A-Z][A-Za-z]*$", "must be a word such as Ready"),
    ]
    status: ConditionStatus
    reason: Annotated[
        str,
        Field(min_length=1, max_length=128),
        Matching("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", "must be a word such as RouteMissing"),
    ]
    message: Message
    observed_generation: Count = 0
    last_transition_time: Timestamp | None = None


def find_condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Return the condition of this type, if there is one."""
    return next((condition for condition in conditions if condition.type == kind), None)
