"""Meta's limits: per pair of numbers (131056), per business number (130429), and of management.

Of management calls (80007) an app has so many an hour on each business account.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

PAIR_INTERVAL = 6.0
PAIR_BURST = 45
HOUR = 3600.0


@dataclass(slots=True)
class PairRate:
    """One message per 6 s between a number and a user, or a burst that borrows from what follows.

    Up to 45 messages may come within 6 s; each costs 6 s, and nothing more is taken until all of
    it has passed (Meta, "Pair rate limits": 20 at once are followed by 2 minutes of waiting).
    """

    burst_began: float = float("-inf")
    free_at: float = float("-inf")
    in_burst: int = 0

    def admit(self, now: float) -> bool:
        """Say whether a message may be sent now, and count it if so."""
        if now >= self.free_at:
            self.burst_began, self.free_at, self.in_burst = now, now + PAIR_INTERVAL, 1
            return True
        if now - self.burst_began < PAIR_INTERVAL and self.in_burst < PAIR_BURST:
            self.free_at += PAIR_INTERVAL
            self.in_burst += 1
            return True
        return False


@dataclass(slots=True)
class NumberRate:
    """At most so many messages in any second, in and out together."""

    recent: deque[float] = field(default_factory=deque[float])

    def count(self, now: float) -> None:
        """Count one message that passed."""
        self._forget(now)
        self.recent.append(now)

    def is_full(self, now: float, *, per_second: int) -> bool:
        """Say whether the second that ends now has no room left."""
        self._forget(now)
        return len(self.recent) >= per_second

    def _forget(self, now: float) -> None:
        while self.recent and self.recent[0] <= now - 1.0:
            self.recent.popleft()


@dataclass(slots=True)
class HourlyBudget:
    """So many calls in any hour; a call beyond them is refused and costs nothing."""

    spent: deque[float] = field(default_factory=deque[float])

    def admit(self, now: float, *, limit: int) -> bool:
        """Say whether a call may be made now, and count it if so."""
        if self.used(now) >= limit:
            return False
        self.spent.append(now)
        return True

    def used(self, now: float) -> int:
        """Return how many calls of the last hour count."""
        while self.spent and self.spent[0] <= now - HOUR:
            self.spent.popleft()
        return len(self.spent)

    def regained_after(self, now: float, *, limit: int) -> float:
        """Return the seconds until a call is taken again."""
        over = self.used(now) - limit
        if over < 0:
            return 0.0
        return self.spent[over] + HOUR - now if over < len(self.spent) else HOUR
