"""One condition of an object, as Kubernetes' own metav1.Condition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from acuse.resources.part import StatusPart, Timestamp
from acuse.resources.values import Count, LongMessage

# A word, perhaps behind the domain of whose word it is; these two patterns are Kubernetes' own.
_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)
_REASON = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"

ConditionStatus = Literal["True", "False", "Unknown"]


class Condition(StatusPart):
    """What is the case, why in one word, and in a sentence; since when once it is in a status."""

    type: Annotated[str, Field(max_length=316, pattern=_TYPE)]
    status: ConditionStatus
    reason: Annotated[str, Field(min_length=1, max_length=1024, pattern=_REASON)]
    message: LongMessage
    observed_generation: Count | None = None
    last_transition_time: Timestamp | None = None


def find_condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Return the condition of this type, if there is one."""
    return next((condition for condition in conditions if condition.type == kind), None)
