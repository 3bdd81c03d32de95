"""Writes a Tenant's status where it differs, and tells its story: an event for each turn."""

from __future__ import annotations

from typing import Final

from acuse.errors import ApiRefused
from acuse.resources.names import HUB_MANAGER
from acuse_cluster.client import Api
from acuse_operator import metrics
from acuse_operator.conditions import Transition
from acuse_operator.events import Events, EventType
from acuse_operator.hub.status import NewStatus, status_manifest
from acuse_operator.hub.tenant import TenantView
from acuse_operator.store import Store

# Conditions that are bad news when True.
_BAD_WHEN_TRUE: Final = frozenset({"Degraded", "DriftDetected"})
# What others tell as well, only less.
_SILENT: Final = frozenset({"Progressing", "Degraded"})
# Not True, and still nothing that anybody has to mend.
_CALM: Final = frozenset(
    {"Applying", "Registering", "RouteNotReady", "Suspended", "Deleting", "NotPlaced", "Leaving"}
)
_NOT_FOUND: Final = 404


class StatusWriter:
    """Writes statuses of Tenants and posts what turned."""

    def __init__(self, api: Api, tenants: Store, events: Events) -> None:
        self._api = api
        self._tenants = tenants
        self._events = events

    async def write(self, view: TenantView, new: NewStatus) -> None:
        """Write a status unless the Tenant has it already; then tell what turned."""
        if new.status != view.status:
            try:
                written = await self._api.apply(
                    status_manifest(view, new.status), manager=HUB_MANAGER, subresource="status"
                )
            except ApiRefused as exc:
                if exc.status == _NOT_FOUND:
                    # Deleted just now; its watch will say so.
                    return
                raise
            self._tenants.answered(written)
        metrics.show_conditions(view.namespace, view.name, new.status["conditions"])
        for transition in new.turned:
            told = event_of(transition)
            if told is not None:
                condition = transition.condition
                self._events.emit(
                    view.reference,
                    type=told,
                    reason=condition.reason,
                    message=condition.message,
                    topic=condition.type,
                )


def event_of(transition: Transition) -> EventType | None:
    """Return the kind of event that a turn of a condition is worth; None for none."""
    condition, before = transition.condition, transition.before
    was = None if before is None else before.get("status")
    told: EventType | None = "Warning"
    if condition.type in _SILENT and condition.reason != "DeletionProtected":
        told = None
    elif condition.type in _BAD_WHEN_TRUE:
        if condition.status != "True":
            told = "Normal" if was == "True" else None
    elif condition.status == "True":
        told = "Normal" if before is not None or condition.type == "Ready" else None
    elif condition.reason in _CALM or condition.status == "Unknown":
        told = "Normal" if condition.type == "Ready" and before is not None else None
    return told
