"""Writes a placement's status, what matters at once, and tells what is news in it."""

from __future__ import annotations

from typing import Final

from acuse.errors import ApiRefused
from acuse.resources.names import REGION_MANAGER
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import conditions_of
from acuse_operator.region.conditions import weigh
from acuse_operator.region.ports import Tells
from acuse_operator.region.status import Said
from acuse_operator.settling import Settling
from acuse_operator.store import Store
from acuse_operator.telling import Telling, Weight

_NOT_FOUND: Final = 404
_CALM: Final = frozenset({Weight.WELL, Weight.PASSING})


class PlacementWriter:
    """Writes statuses of placements, and posts what is news."""

    def __init__(self, api: Api, placements: Store, events: Tells) -> None:
        self._api = api
        self._placements = placements
        self._events = events
        self._telling = Telling(weigh, headlines=frozenset({"Ready"}))
        self._settling = Settling()

    async def write(self, obj: Manifest, said: Said) -> float | None:
        """Write a status unless the placement has it or it may wait a moment; tell what is news.

        Return after how many seconds to look again, None for only on a change. Raises what
        `Api.apply` does, but for a placement that is gone.
        """
        key: str = obj["metadata"]["name"]
        left = 0.0
        if not said.is_changed:
            self._settling.forget(key)
        else:
            left = self._settling.left(key, said.settle)
            if left <= 0.0 and not await self._put(key, said.manifest):
                return None
        again = self._tell(obj, said)
        return min((wait for wait in (left or None, again) if wait is not None), default=None)

    def forget(self, key: str) -> None:
        """Forget a placement that is gone."""
        self._settling.forget(key)

    async def _put(self, key: str, status: Manifest) -> bool:
        """Write a status; False when there is no such placement any more."""
        self._settling.forget(key)
        try:
            written = await self._api.apply(status, manager=REGION_MANAGER, subresource="status")
        except ApiRefused as exc:
            if exc.status == _NOT_FOUND:
                return False
            raise
        self._placements.answered(written)
        return True

    def _tell(self, obj: Manifest, said: Said) -> float | None:
        due = self._telling.due(
            obj["metadata"]["uid"],
            said.conditions,
            before=conditions_of(obj),
            is_expected=said.is_edit,
        )
        for condition in due.conditions:
            self._events.emit(
                obj,
                type="Normal" if weigh(condition) in _CALM else "Warning",
                reason=condition.reason,
                message=condition.message,
            )
        return due.again
