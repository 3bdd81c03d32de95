"""How much of everything the operator's bench does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

_SHORT_BATCH = 10


@dataclass(frozen=True, slots=True)
class Size:
    """The number of rounds of each part; `seconds` ends a part sooner, after one round at least."""

    # Regions brought up and taken down before the one that is measured on.
    regions: int = 2
    # With the one that is there before them, 50.
    shared: int = 49
    batches: int = 3
    batch: int = 50
    dedicated: int = 5
    drifts: int = 40
    # Seconds that the operator is watched with nothing to do.
    rest: float = 20.0
    seconds: float | None = None

    @classmethod
    def within(cls, seconds: float | None) -> Self:
        """Return the whole size, or one for a short look that is no measurement."""
        whole = cls()
        if seconds is None:
            return whole
        return replace(whole, batch=_SHORT_BATCH, rest=min(seconds, whole.rest), seconds=seconds)

    def rounds(self, count: int) -> Iterator[int]:
        """Yield 0, 1, …: `count` rounds, or as many as begin in the time of a part."""
        started = time.monotonic()
        for number in range(count):
            if number and self.seconds is not None and time.monotonic() - started > self.seconds:
                return
            yield number
