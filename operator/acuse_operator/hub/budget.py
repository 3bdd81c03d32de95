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

# 40 at once and 110 an hour: never over 150 in any hour.
CAPACITY: Final = 40.0
PER_SECOND: Final = 110.0 / 3600.0
# A process begins with less: one that is restarted again and again must not add up.
AT_START: Final = 20.0
# What looks leave for setting and removing.
RESERVE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calls left at a time, in seconds of any one clock."""

    tokens: float
    at: float


def new_bucket(now: float) -> Bucket:
    """Return the bucket of an account seen for the first time."""
    return Bucket(AT_START, now)


def take(bucket: Bucket, now: float, *, reserve: float = 0.0) -> tuple[Bucket, float]:
    """Return the bucket after one call and 0, or as it was and the seconds until it has one."""
    tokens = min(CAPACITY, bucket.tokens + max(0.0, now - bucket.at) * PER_SECOND)
    if tokens >= 1.0 + reserve:
        return Bucket(tokens - 1.0, now), 0.0
    return Bucket(tokens, now), (1.0 + reserve - tokens) / PER_SECOND


class Budgets:
    """The buckets of all accounts that this process calls for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}

    def spend(self, waba_id: str, *, reserve: float = 0.0) -> float:
        """Take one call of an account's; return 0, or the seconds until there is one."""
        now = self._clock()
        bucket = self._buckets.get(waba_id) or new_bucket(now)
        self._buckets[waba_id], wait = take(bucket, now, reserve=reserve)
        if wait:
            metrics.GRAPH_BUDGET_WAITS.inc()
        return wait
