"""What has to be done so that a tenant's objects are as wanted, and what others had changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from acuse_cluster.kinds import Manifest, Ref, ref_of
from acuse_operator.desired.manifest import desired_hash
from acuse_operator.drift import UNKNOWN, Difference, differences, is_drift, is_ours

Differences: TypeAlias = tuple[Difference, ...]
Beside: TypeAlias = Callable[[Manifest, Differences], Differences]

# In place of a field where the whole object was taken away.
WHOLE: Final = "(deleted)"


@dataclass(frozen=True, slots=True)
class Change:
    """One object to apply; `drifted` is what of it somebody else had changed."""

    manifest: Manifest
    drifted: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to apply, in order, and what to take away."""

    apply: tuple[Change, ...] = ()
    prune: tuple[Manifest, ...] = ()

    @property
    def drifted(self) -> tuple[Change, ...]:
        """Return the changes that set something back."""
        return tuple(change for change in self.apply if change.drifted)


def _all(wanted: Manifest, found: Differences) -> Differences:
    del wanted
    return found


def plan(
    wanted: Iterable[Manifest],
    live: Iterable[Manifest],
    *,
    made: Mapping[Ref, str],
    keep: frozenset[str] = frozenset(),
    beside: Beside = _all,
) -> Plan:
    """Compare what is wanted with what is there.

    `made` says which objects were complete before, by the hash they had: one of these that is not
    there now was deleted by somebody. Kinds in `keep` are not taken away. `beside` returns the
    differences of an object that count.
    """
    found = {ref_of(manifest): manifest for manifest in live}
    asked = {ref_of(manifest): manifest for manifest in wanted}
    changes = (
        _change(asked[ref], found.get(ref), was=made.get(ref), beside=beside) for ref in asked
    )
    return Plan(
        apply=tuple(change for change in changes if change is not None),
        prune=tuple(
            manifest
            for ref, manifest in found.items()
            if ref not in asked
            and ref.kind.kind not in keep
            and is_ours(manifest)
            and not is_going(manifest)
        ),
    )


def _change(
    wanted: Manifest, live: Manifest | None, *, was: str | None, beside: Beside
) -> Change | None:
    if live is None:
        gone = was is not None and was == desired_hash(wanted)
        return Change(wanted, (Difference(WHOLE, None, None, UNKNOWN),) if gone else ())
    if is_going(live):
        # It is made anew once it is gone, which the watch tells.
        return None
    found = beside(wanted, differences(wanted, live))
    if not found:
        return None
    return Change(wanted, found if is_drift(wanted, live) else ())


def is_going(manifest: Manifest) -> bool:
    """Whether the object is being deleted."""
    return manifest["metadata"].get("deletionTimestamp") is not None
