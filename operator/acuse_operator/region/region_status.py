"""The Region's own status: written when it says something else, and at no other time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from acuse.resources.names import API_VERSION, REGION_MANAGER
from acuse.resources.region import RegionSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator import metrics
from acuse_operator.conditions import Condition, conditions_of, set_conditions, transitions
from acuse_operator.region.ports import Tells


def ready(parts: Sequence[Condition]) -> Condition:
    """Return Ready as it follows from the others: what is not known makes nothing unready."""
    for part in parts:
        if part.status == "False":
            return Condition("Ready", "False", part.reason, part.message)
    return Condition("Ready", "True", "Serving", "The region serves its tenants.")


class RegionStatusWriter:
    """Writes what is ours of a Region's status; the heartbeat and other conditions are others'."""

    def __init__(self, api: Api, events: Tells) -> None:
        self._api = api
        self._events = events

    async def write(
        self, region: Manifest, parts: Sequence[Condition], *, held: Condition, floor: int
    ) -> None:
        """Write the conditions and the floor of epochs if they differ; tell of what turned.

        `held` is DeletionsHeld, which is bad when it is True and makes no region unready.
        """
        new = (ready(parts), *parts, held)
        was: Mapping[str, Any] = region.get("status") or {}
        generation: int = region["metadata"].get("generation", 0)
        types = {condition.type for condition in new}
        before = [c for c in conditions_of(region) if c["type"] in types]
        conditions = set_conditions(before, new, generation=generation, now=datetime.now(UTC))
        metrics.show_region(region["metadata"]["name"], conditions)
        # It never goes down, whatever this operator has seen of it.
        epoch = max(floor, was.get("epoch", 0))
        is_said = conditions == before and was.get("observedGeneration") == generation
        if is_said and was.get("epoch", 0) == epoch:
            return
        status = {"observedGeneration": generation, "conditions": conditions, "epoch": epoch}
        await self._api.apply(
            {
                "apiVersion": API_VERSION,
                "kind": "Region",
                "metadata": {"name": region["metadata"]["name"]},
                "status": status,
            },
            manager=REGION_MANAGER,
            subresource="status",
        )
        for news in transitions(before, new):
            if news.condition.status == "Unknown":
                continue
            is_held = news.condition.type == held.type
            if is_held and news.before is None and held.status == "False":
                continue
            good = (news.condition.status == "True") != is_held
            self._events.emit(
                region,
                type="Normal" if good else "Warning",
                reason=news.condition.reason,
                message=news.condition.message,
            )


def spec_of(region: Manifest) -> RegionSpec:
    """Return what is wanted of the Region; raise InvalidManifest when it cannot be read."""
    return RegionSpec.parse(region["spec"])
