"""How long to wait before asking again: longer each time, up to a limit, never all at once."""

from __future__ import annotations

import random


class Backoff:
    """Waits that grow while nothing succeeds."""

    def __init__(self, *, first: float = 0.2, longest: float = 10.0) -> None:
        self._first = first
        self._longest = longest
        self._tries = 0

    def next(self, *, at_least: float = 0.0) -> float:
        """Return the seconds to wait now; between half and all of the step, at least `at_least`."""
        step = min(self._first * 2.0 ** min(self._tries, 16), self._longest)
        self._tries += 1
        # Not for secrecy: so that many clients do not come back at the same moment.
        return max(step * (0.5 + random.random() / 2), at_least)  # noqa: S311 - as above

    def reset(self) -> None:
        """Say that something succeeded."""
        self._tries = 0
