"""What the hub says of a region in another cluster, on its own Region object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from acuse.errors import ApiRefused
from acuse.resources.names import API_VERSION, HUB_MANAGER
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator import metrics
from acuse_operator.conditions import (
    Condition,
    Status,
    conditions_of,
    find,
    set_conditions,
    timestamp,
    transitions,
)
from acuse_operator.events import Events
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.remote import Look

# What a region says of itself, and the hub repeats.
_ITS_OWN: Final = ("Ready", "IntakeReachable", "DatabaseReady", "DeletionsHeld")
_NOT_FOUND: Final = 404


def region_conditions(look: Look) -> tuple[Condition, ...]:
    """Return what is said of a region: how it stands, and what it says of itself.

    Of a region that is not heard, nothing it once said is repeated as if it were so now.
    """
    standing = look.standing.condition
    if not look.standing.is_good:
        own = [Condition(type_, "Unknown", standing.reason, standing.message) for type_ in _ITS_OWN]
        return (standing, *own)
    said = conditions_of(look.region)
    return (standing, *(_repeated(type_, find(said, type_)) for type_ in _ITS_OWN))


def _repeated(type_: str, said: Mapping[str, Any] | None) -> Condition:
    if said is None:
        text = "The region's own cluster says nothing of it."
        return Condition(type_, "Unknown", "NotTold", text)
    status: Status = said["status"]
    message: str = said.get("message", "")
    if (type_, status) == ("DeletionsHeld", "True"):
        # What it says is to be done is done there.
        message = f"In the region's own cluster: {message}"
    return Condition(type_, status, said["reason"], message)


class FleetStatus:
    """Writes the status of Regions elsewhere when it says something else."""

    def __init__(self, api: Api, events: Events) -> None:
        self._api = api
        self._events = events

    async def write(self, region: Manifest, look: Look, link: RegionLink) -> None:
        """Write what is known of a region, and tell of what turned."""
        new = region_conditions(look)
        generation: int = region["metadata"].get("generation", 0)
        types = {condition.type for condition in new}
        before = [c for c in conditions_of(region) if c["type"] in types]
        conditions = set_conditions(before, new, generation=generation, now=datetime.now(UTC))
        metrics.show_region(region["metadata"]["name"], conditions)
        was: Mapping[str, Any] = region.get("status") or {}
        tenants: int | None = len(link.placements()) if link.is_known else was.get("tenants")
        is_said = conditions == before and was.get("observedGeneration") == generation
        if is_said and was.get("tenants") == tenants:
            return
        status: dict[str, Any] = {"observedGeneration": generation, "conditions": conditions}
        if tenants is not None:
            status["tenants"] = tenants
        heard = link.reach.heartbeat if link.reach is not None else None
        if heard is not None:
            status["heartbeatTime"] = timestamp(heard)
        if not await self._put(region, status):
            return
        for news in transitions(before, new):
            if news.condition.type != "Reachable":
                continue
            good = news.condition.status == "True"
            self._events.emit(
                region,
                type="Normal" if good else "Warning",
                reason=news.condition.reason,
                message=news.condition.message,
            )

    async def count(self, region: Manifest, link: RegionLink) -> None:
        """Write how many tenants a region here has; it says the rest of itself."""
        tenants = len(link.placements())
        was: Mapping[str, Any] = region.get("status") or {}
        if was.get("tenants") != tenants:
            await self._put(region, {"tenants": tenants})

    async def _put(self, region: Manifest, status: Mapping[str, Any]) -> bool:
        """Write a status; False when there is no such Region any more."""
        manifest = {
            "apiVersion": API_VERSION,
            "kind": "Region",
            "metadata": {"name": region["metadata"]["name"]},
            "status": dict(status),
        }
        try:
            await self._api.apply(manifest, manager=HUB_MANAGER, subresource="status")
        except ApiRefused as exc:
            if exc.status != _NOT_FOUND:
                raise
            return False
        return True
