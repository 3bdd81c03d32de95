"""What the cluster itself makes of our objects as they are admitted: no drift, nor ours to undo.

A mutating webhook that pins an image to its digest does it at every write. Setting that back would
go on for ever, and each time look like somebody's hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from acuse_cluster.kinds import Manifest, Ref, ref_of
from acuse_operator.desired.manifest import desired_hash
from acuse_operator.drift import Difference, differences

# A field, and what was found in it.
Sight: TypeAlias = tuple[str, str]

_NOTHING: Final = ("", frozenset[Sight]())


@dataclass(slots=True)
class Altered:
    """Remembers, of each object as we want it now, what came back otherwise than it was sent."""

    _seen: dict[Ref, tuple[str, frozenset[Sight]]] = field(
        default_factory=dict[Ref, tuple[str, frozenset[Sight]]]
    )

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, wanted: Manifest, answer: Manifest) -> tuple[Difference, ...]:
        """Take what a write was answered with; return what in it is not as it was sent."""
        left, ref = differences(wanted, answer), ref_of(wanted)
        if left:
            self._seen[ref] = (desired_hash(wanted) or "", frozenset(map(_sight, left)))
        else:
            self._seen.pop(ref, None)
        return left

    def beside(self, wanted: Manifest, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
        """Return the differences that are not the cluster's own doing."""
        digest, sights = self._seen.get(ref_of(wanted), _NOTHING)
        if digest != desired_hash(wanted):
            return found
        return tuple(one for one in found if _sight(one) not in sights)

    def forget(self, name: str) -> None:
        """Forget the objects of this name."""
        for ref in [ref for ref in self._seen if ref.name == name]:
            del self._seen[ref]


def healed(drifted: tuple[Difference, ...], left: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Return what of a drift was set back: what the cluster itself insists on was not."""
    still = frozenset(map(_sight, left))
    return tuple(one for one in drifted if _sight(one) not in still)


def _sight(difference: Difference) -> Sight:
    return difference.path, repr(difference.found)
