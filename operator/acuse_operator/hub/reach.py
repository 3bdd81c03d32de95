"""What is known of a region by when it was last heard: reached, silent, or not reached at all.

Times are this process's own: when an answer came, and when the region's Lease was seen to change.
What a clock elsewhere says does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from acuse_operator.conditions import Condition, timestamp

# Seconds without an answer, and with answers but without a heartbeat (sent every 10 s).
UNREACHABLE_AFTER: Final = 20.0
SILENT_AFTER: Final = 35.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a region stands; `since` dates the last sign of life before a bad one."""

    condition: Condition
    since: datetime | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether what is known of the region's tenants is how they are now."""
        return self.condition.status == "True"


class Reach:
    """The signs of life of one region."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._now = now
        self._began = clock()
        self._answered: tuple[float, datetime] | None = None
        self._beat: tuple[str, float, datetime] | None = None
        self._refused: str | None = None
        self._fault: str | None = None

    def answered(self) -> None:
        """Hear that the region's API answered."""
        self._answered = (self._clock(), self._now())
        self._refused = self._fault = None

    def failed(self, fault: str) -> None:
        """Hear why it did not: the first of a row of reasons is the one that is told."""
        self._fault = self._fault or fault

    def refused(self, fault: str) -> None:
        """Hear that the region lets us in no more: waiting does not mend that."""
        self._refused = fault

    def beat(self, renewed: str | None) -> None:
        """Hear what the region's Lease says of its last renewal; None without a Lease."""
        if renewed is not None and (self._beat is None or self._beat[0] != renewed):
            self._beat = (renewed, self._clock(), self._now())

    @property
    def is_new(self) -> bool:
        """Tell whether it is too early to wonder why nothing was heard."""
        return self._clock() - self._began <= UNREACHABLE_AFTER

    @property
    def is_refused(self) -> bool:
        """Tell whether there is no way in, as far as is known."""
        return self._refused is not None

    @property
    def heartbeat(self) -> datetime | None:
        """Return when the region's Lease was last seen to change."""
        return None if self._beat is None else self._beat[2]

    def standing(self) -> Standing:
        """Return what is known now."""
        if self._refused is not None:
            return self._bad("Unauthorized", f"It does not let the hub in: {self._refused}.")
        last = self._answered
        if last is None:
            if self.is_new:
                return self._bad("Connecting", "The hub has not heard from it yet.")
            return self._bad("Unreachable", f"It never answered: {self._fault}.")
        if self._clock() - last[0] > UNREACHABLE_AFTER:
            text = f"It has not answered since {timestamp(last[1])}: {self._fault}."
            return self._bad("Unreachable", text, since=last[1])
        return self._heartbeat()

    def _heartbeat(self) -> Standing:
        if self._beat is None:
            if self._clock() - self._began <= SILENT_AFTER:
                return self._good("NoHeartbeat", "It answers; its operator was not heard yet.")
            return self._bad("Silent", "It answers, but no operator runs there.")
        _, seen, when = self._beat
        if self._clock() - seen > SILENT_AFTER:
            text = f"It answers, but its operator was last heard at {timestamp(when)}."
            return self._bad("Silent", text, since=when)
        return self._good("Answers", "The region answers, and its operator is alive.")

    def _good(self, reason: str, message: str) -> Standing:
        return Standing(Condition("Reachable", "True", reason, message))

    def _bad(self, reason: str, message: str, *, since: datetime | None = None) -> Standing:
        return Standing(Condition("Reachable", "Unknown", reason, message), since)
