"""How long a status that passes by itself may wait, so that the next one takes its place."""

from __future__ import annotations

import time
from collections.abc import Callable


class Settling:
    """Remembers since when objects have a status that was not written yet."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def left(self, key: str, seconds: float) -> float:
        """Return the seconds that an object's status may still wait of so many; 0 for none."""
        if seconds <= 0.0:
            return 0.0
        now = self._clock()
        return max(0.0, self._since.setdefault(key, now) + seconds - now)

    def forget(self, key: str) -> None:
        """Forget an object: its status is written, is as it was, or nobody's any more."""
        self._since.pop(key, None)
