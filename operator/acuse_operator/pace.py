"""How often an object is set back: at once, but not for ever at once against somebody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from acuse_cluster.kinds import Ref

# So many times in a row an object is set back without a wait; then each wait is twice the last.
_FREE: Final = 5
_LONGEST: Final = 60.0
# A quarrel is over when an object was left alone this long.
_PEACE: Final = 180.0


@dataclass(slots=True)
class Pace:
    """Remembers how often each object was set back lately."""

    _rows: dict[Ref, tuple[int, float]] = field(default_factory=dict[Ref, tuple[int, float]])

    def wait(self, ref: Ref, *, now: float) -> float:
        """Return the seconds until the object may be set back; 0 for now."""
        count, last = self._rows.get(ref, (0, 0.0))
        if count < _FREE or now - last > _PEACE:
            return 0.0
        return max(0.0, last + min(2.0 ** (count - _FREE), _LONGEST) - now)

    def note(self, ref: Ref, *, now: float) -> None:
        """Remember that the object was set back."""
        count, last = self._rows.get(ref, (0, 0.0))
        self._rows[ref] = (1 if now - last > _PEACE else count + 1, now)

    def forget(self, ref: Ref) -> None:
        """Forget one object."""
        self._rows.pop(ref, None)

    def forget_name(self, name: str) -> None:
        """Forget all objects of this name."""
        for ref in [ref for ref in self._rows if ref.name == name]:
            del self._rows[ref]
