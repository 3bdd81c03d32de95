"""How many calls of Meta's management API an account may get: a token bucket, per account.

Meta takes 200 an hour of an app for one business account. We stay under that in any hour, also
with a second operator beside us for a moment, and leave a reserve for what must not wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from acuse_operator import metrics

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """How an account's calls are rationed."""

    # 40 at once and 110 an hour: never over 150 in any hour.
    capacity: float = 40.0
    per_second: float = 110.0 / 3600.0
    # A process begins with less: one that is restarted again and again must not add up.
    at_start: float = 20.0
    # What looks leave for setting and removing.
    reserve: float = 10.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls left at a time, in seconds of any one clock."""

    tokens: float
    at: float


def take(
    bucket: Bucket, now: float, *, limits: Limits, calls: int = 1, reserve: float = 0.0
) -> tuple[Bucket, float]:
    """Return the bucket after so many calls and 0, or as it was and the seconds until it has them.

    Never some of them: calls that go together would use up one by one what they wait for.
    """
    grown = bucket.tokens + max(0.0, now - bucket.at) * limits.per_second
    tokens, asked = min(limits.capacity, grown), calls + reserve
    # A moment's rounding must not cost another wait.
    if tokens >= asked - 1e-6:
        return Bucket(max(0.0, tokens - calls), now), 0.0
    return Bucket(tokens, now), (asked - tokens) / limits.per_second


class Budgets:
    """The buckets of all accounts that this process calls for."""

    def __init__(
        self, limits: Limits | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def spend(self, waba_id: str, *, calls: int = 1) -> float:
        """Take so many calls of an account, or none; return 0, or the seconds until it has them."""
        return self._take(waba_id, calls=calls, reserve=0.0)

    def spend_look(self, waba_id: str) -> float:
        """Take one call that can wait: what is in reserve is not for it."""
        return self._take(waba_id, calls=1, reserve=self._limits.reserve)

    def _take(self, waba_id: str, *, calls: int, reserve: float) -> float:
        now, limits = self._clock(), self._limits
        bucket = self._buckets.get(waba_id) or Bucket(limits.at_start, now)
        taken = take(bucket, now, limits=limits, calls=calls, reserve=reserve)
        self._buckets[waba_id], wait = taken
        if wait:
            metrics.GRAPH_BUDGET_WAITS.inc()
        return wait
