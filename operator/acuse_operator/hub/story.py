"""Writes a Tenant's status where it differs, and tells its story by events.

What passes by itself is not written at once: a tenant that is made would have five statuses in its
first second, and be read again by all who watch it for each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from acuse.errors import ApiRefused
from acuse.resources.names import HUB_MANAGER
from acuse_cluster.client import Api
from acuse_operator import metrics
from acuse_operator.conditions import Condition, Written, status_of
from acuse_operator.events import Events, EventType
from acuse_operator.hub.quarrels import Quarrels
from acuse_operator.hub.regions import UNHEARD
from acuse_operator.hub.status import NewStatus, status_manifest
from acuse_operator.hub.tenant import TenantView
from acuse_operator.hub.verdicts import PASSING
from acuse_operator.settling import Settling
from acuse_operator.store import Store
from acuse_operator.telling import Telling, Weight

log = structlog.get_logger()

# Conditions that are bad news when True.
_BAD_WHEN_TRUE: Final = frozenset({"Degraded", "DriftDetected"})
# As it was asked for, and not True.
_AS_ASKED: Final = frozenset({"Suspended", "Deleting"})
# What a change that was asked for leads to. That a region is not heard, the Region tells at once:
# each of its tenants only when it lasts.
_EXPECTED: Final = frozenset({"Applying", "Leaving", *UNHEARD})
_LOST: Final = frozenset({"RegionNotReady", *UNHEARD})
_HEADLINES: Final = frozenset({"Ready", "RegionsSynced"})
# Seconds that a verdict which passes by itself may wait to be written: on another spec than the
# last one, and otherwise.
_SETTLE_EDIT: Final = 0.5
_SETTLE: Final = 2.0
_NOT_FOUND: Final = 404


class StatusWriter:
    """Writes statuses of Tenants, those that matter at once, and posts what is news."""

    def __init__(
        self,
        api: Api,
        tenants: Store,
        events: Events,
        *,
        knows: Callable[[str], bool],
        look: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._tenants = tenants
        self._events = events
        # Tells whether what a region has is known; has a Tenant looked at again.
        self._knows = knows
        self._look = look
        self._telling = Telling(weigh, headlines=_HEADLINES)
        self._settling = Settling(clock=clock)
        self._quarrels = Quarrels(clock=clock)
        self._looks: dict[str, asyncio.TimerHandle] = {}

    async def write(self, view: TenantView, new: NewStatus) -> None:
        """Write a status unless the Tenant has it or it may wait a moment; tell what is news.

        Raises what `Api.apply` does, but for a Tenant that is gone.
        """
        left = 0.0
        if new.status == view.status:
            self._settling.forget(view.key)
        else:
            left = self._settling.left(view.key, settle_time(view.status, new.status))
            left = max(left, self._quarrels.left(view.key, new.status))
            if left <= 0.0 and not await self._put(view, new):
                return
        metrics.show_conditions(view.namespace, view.name, new.status["conditions"])
        again: float | None = None
        if new.status != view.status or not self._telling.has_told(view.uid):
            again = self._tell(view, new.status["conditions"])
        waits = [wait for wait in (left or None, again) if wait is not None]
        self._look_in(view, min(waits, default=None))

    async def _put(self, view: TenantView, new: NewStatus) -> bool:
        """Write a status; False when there is no such Tenant any more."""
        try:
            written = await self._api.apply(
                status_manifest(view, new.status), manager=HUB_MANAGER, subresource="status"
            )
        except ApiRefused as exc:
            if exc.status != _NOT_FOUND:
                raise
            # Deleted just now; its watch will say so.
            self._settling.forget(view.key)
            return False
        self._settling.forget(view.key)
        self._quarrels.wrote(view.key, new.status)
        self._tenants.answered(written)
        self._say_left(view, new)
        return True

    def forget(self, key: str) -> None:
        """Forget a Tenant that is gone."""
        self._settling.forget(key)
        self._quarrels.forget(key)
        look = self._looks.pop(key, None)
        if look is not None:
            look.cancel()

    def _say_left(self, view: TenantView, new: NewStatus) -> None:
        """Tell of the regions that a Tenant was in, and is in no more."""
        before = {state["name"] for state in view.status.get("regions") or () if state.get("hash")}
        for name in sorted(before - {state["name"] for state in new.status.get("regions") or ()}):
            if self._knows(name):
                text = f"Nothing of it is left in region {name}."
                kind: EventType = "Normal"
                reason = "RegionLeft"
            else:
                text = f"Region {name} cannot be asked: what it has of it stays there."
                reason, kind = "RegionNotLeft", "Warning"
            log.info("region_left", tenant=view.key, region=name, reason=reason)
            self._events.emit(view.reference, type=kind, reason=reason, message=text)

    def _look_in(self, view: TenantView, seconds: float | None) -> None:
        """Have a Tenant looked at in so many seconds, and not before; None for not at all."""
        known = self._looks.pop(view.key, None)
        if known is not None:
            known.cancel()
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._looks[view.key] = loop.call_later(seconds, self._is_due, view.key)

    def _is_due(self, key: str) -> None:
        self._looks.pop(key, None)
        self._look(key)

    def _tell(self, view: TenantView, said: Sequence[Written]) -> float | None:
        """Post what is news; return after how many seconds there may be more."""
        conditions = [Condition(c["type"], c["status"], c["reason"], c["message"]) for c in said]
        before: Sequence[Written] = view.status.get("conditions") or ()
        due = self._telling.due(view.uid, conditions, before=before)
        # What came first is told first: a tenant is taken up, then it is served.
        for condition in sorted(due.conditions, key=lambda c: c.type == "Ready"):
            self._events.emit(
                view.reference,
                type=event_type(condition),
                reason=condition.reason,
                message=condition.message,
                topic=condition.type,
            )
        return due.again


def settle_time(before: Mapping[str, Any], new: Mapping[str, Any]) -> float:
    """Return the seconds that a status may wait for the next to take its place; 0 for none."""
    said: Sequence[Written] = new["conditions"]
    last: Sequence[Written] = before.get("conditions") or ()
    is_worse = status_of(said, "Degraded") == "True" and status_of(last, "Degraded") != "True"
    if is_worse or status_of(said, "Progressing") != "True":
        return 0.0
    if before.get("observedGeneration") != new.get("observedGeneration"):
        return _SETTLE_EDIT
    return 0.0 if status_of(last, "Ready") == "True" else _SETTLE


def weigh(condition: Condition) -> Weight:
    """Return what a verdict is worth telling."""
    if condition.type == "Progressing":
        # Ready gives the same reasons.
        return Weight.NOTHING
    if condition.type in _BAD_WHEN_TRUE:
        return _weigh_bad(condition)
    if condition.status == "True":
        return Weight.WELL
    if condition.type == "Ready":
        return _weigh_ready(condition.reason)
    return _weigh_part(condition)


def _weigh_bad(condition: Condition) -> Weight:
    if condition.type == "Degraded" and condition.reason != "DeletionProtected":
        # Ready or CredentialsValid give the same reason.
        return Weight.NOTHING
    return Weight.GRAVE if condition.status == "True" else Weight.WELL


def _weigh_ready(reason: str) -> Weight:
    if reason in _AS_ASKED:
        return Weight.WELL
    if reason in _EXPECTED:
        return Weight.EXPECTED
    return Weight.PASSING if reason in PASSING else Weight.GRAVE


def _weigh_part(condition: Condition) -> Weight:
    if condition.status == "Unknown":
        return Weight.NOTHING
    if condition.reason in PASSING | _EXPECTED:
        # Ready says it too.
        return Weight.ANEW if condition.type == "RegionsSynced" else Weight.NOTHING
    return Weight.GRAVE


def event_type(condition: Condition) -> EventType:
    """Return the type of the event that tells of a verdict."""
    weight = weigh(condition)
    return "Warning" if weight is Weight.GRAVE or condition.reason in _LOST else "Normal"
