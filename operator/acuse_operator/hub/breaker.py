"""Leaves a region alone that does not answer, and asks it again before anything else is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from acuse_cluster.backoff import Backoff

# So many calls in a row that nobody answered.
_FAILURES: Final = 3
_FIRST: Final = 1.0
_LONGEST: Final = 30.0


class Breaker:
    """Closed while calls are answered; open after three in a row were not, until a probe is."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._backoff = Backoff(first=_FIRST, longest=_LONGEST)
        self._probe_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether nothing is to be sent but the probe."""
        return self._probe_at is not None

    def failed(self) -> bool:
        """Take note that a call was not answered; True when that has opened it."""
        self._failures += 1
        if self._probe_at is None and self._failures < _FAILURES:
            return False
        opened = self._probe_at is None
        self._probe_at = self._clock() + self._backoff.next()
        return opened

    def answered(self) -> bool:
        """Take note that a call was answered; True when that has closed it."""
        closed = self._probe_at is not None
        self._failures, self._probe_at = 0, None
        self._backoff.reset()
        return closed

    def until_probe(self) -> float | None:
        """Return the seconds until the probe may be sent; None while it is closed."""
        return None if self._probe_at is None else max(0.0, self._probe_at - self._clock())
