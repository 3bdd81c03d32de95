"""What came back: every request is answered 200, refused, or missing, and nothing is left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

OK = 200


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least value that `share` of all do not exceed."""
    if not values:
        raise ValueError("no values have no percentile")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


@dataclass(slots=True)
class Tally:
    """Requests sent and their answers; latencies in seconds, of 200s alone."""

    sent: int = 0
    latencies: list[float] = field(default_factory=list[float])
    refused: Counter[int] = field(default_factory=Counter[int])
    broken: int = 0

    def answer(self, status: int, latency: float) -> None:
        """Count one answer."""
        if status == OK:
            self.latencies.append(latency)
        else:
            self.refused[status] += 1

    @property
    def acknowledged(self) -> int:
        """Return how many were answered 200."""
        return len(self.latencies)

    @property
    def open(self) -> int:
        """Return how many were sent and not answered in any way."""
        return self.sent - self.acknowledged - self.refused.total() - self.broken

    def fault(self) -> str | None:
        """Say what makes the measurement invalid; None when every request was answered 200."""
        if self.acknowledged == self.sent > 0:
            return None
        refused = ", ".join(f"{n} x {status}" for status, n in sorted(self.refused.items()))
        return (
            f"of {self.sent} requests {self.acknowledged} were answered 200, {self.broken} lost"
            f" their connection, {self.open} had no answer; refused: {refused or 'none'}"
        )
