"""What becomes of a placement that was asked to go: taken down, held, or let go as it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import ApiRefused
from acuse.resources.names import REGION_FINALIZER, REGION_MANAGER
from acuse_cluster.client import Api
from acuse_cluster.kinds import NAMESPACES, Manifest, Ref
from acuse_operator.conditions import Condition, conditions_of, status_of
from acuse_operator.desired.views import Capabilities
from acuse_operator.region.deletions import HELD, SETTLE
from acuse_operator.region.plan import is_going
from acuse_operator.region.ports import Handed
from acuse_operator.region.removal import Removal
from acuse_operator.region.status import refusal

log = structlog.get_logger()

_NAMESPACE_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Left:
    """How far it is: `held` is the placement if it goes on as it was, `again` when to look."""

    held: Manifest | None = None
    again: float | None = None


class Leaving:
    """Carries out deletions one at a time, unless there are too many of them."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        *,
        handed: Handed,
        removal: Removal,
    ) -> None:
        self._api = api
        self._namespace = Ref(NAMESPACES, namespace)
        self._placements = handed.placements
        self._deletions = handed.deletions
        self._removal = removal
        self._asked = (-_NAMESPACE_EVERY, False)

    async def leave(self, obj: Manifest, cluster: Capabilities) -> Left:
        """Go on with a placement's deletion. It is over with neither `held` nor `again`."""
        if REGION_FINALIZER not in (obj["metadata"].get("finalizers") or ()):
            return Left()
        fate = self._deletions.fate(obj)
        if fate == "Wait":
            return Left(again=SETTLE)
        if fate == "Hold" and not await self._is_namespace_going():
            return Left(held=await self._hold(obj))
        if fate == "Keep":
            return Left(again=await self._removal.keep(obj))
        return Left(again=await self._removal.remove(obj, cluster))

    async def _hold(self, obj: Manifest) -> Manifest:
        """Say on the placement that it is held, once: the next operator has to know it."""
        if status_of(conditions_of(obj), HELD) == "True":
            return obj
        text = "Too many placements were asked to go at once; the Region says how to go on."
        condition = Condition(HELD, "True", "MassDeletion", text)
        said = refusal(obj, condition, now=datetime.now(UTC))
        written = await self._api.apply(said.manifest, manager=REGION_MANAGER, subresource="status")
        self._placements.answered(written)
        log.warning("deletion_held", tenant=obj["metadata"]["name"])
        return written

    async def _is_namespace_going(self) -> bool:
        """Ask whether everything here goes anyway: what is held would only hold it up."""
        at, answer = self._asked
        if time.monotonic() - at >= _NAMESPACE_EVERY:
            try:
                found = await self._api.get(self._namespace)
            except ApiRefused:
                # With the namespace go the rights in it: what there is to say is said elsewhere.
                found = None
            answer = found is not None and is_going(found)
            self._asked = (time.monotonic(), answer)
        return answer
