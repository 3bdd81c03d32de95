"""Statuses that somebody else keeps writing over: said again, but ever more seldom.

Two hubs by mistake would each write what it knows over what the other one wrote, for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from acuse.resources.names import split_key
from acuse_cluster.kinds import TENANTS, Ref
from acuse_operator.pace import Pace

# They follow from what the live status says, and are nothing that is said.
_TIMES: Final = frozenset({"lastTransitionTime", "since", "lastSyncTime"})


class Quarrels:
    """Remembers what was last written of each Tenant, and how often that had to be repeated."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pace = Pace()
        self._written: dict[str, int] = {}

    def left(self, key: str, status: Mapping[str, Any]) -> float:
        """Return the seconds that a status is to wait; 0 for one that was not written last."""
        if self._written.get(key) != _gist(status):
            return 0.0
        return self._pace.wait(_ref(key), now=self._clock())

    def wrote(self, key: str, status: Mapping[str, Any]) -> None:
        """Hear that a status was written."""
        gist = _gist(status)
        if self._written.get(key) == gist:
            self._pace.note(_ref(key), now=self._clock())
        self._written[key] = gist

    def forget(self, key: str) -> None:
        """Forget a Tenant that is gone."""
        self._written.pop(key, None)
        self._pace.forget(_ref(key))


def _ref(key: str) -> Ref:
    namespace, name = split_key(key)
    return Ref(TENANTS, name, namespace)


def _gist(status: Mapping[str, Any]) -> int:
    return hash(_frozen(status))


def _frozen(value: object) -> object:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return tuple(sorted((key, _frozen(item)) for key, item in items if key not in _TIMES))
    if isinstance(value, list):
        return tuple(_frozen(item) for item in cast("list[object]", value))
    return value
