"""Who may lead by what was seen of a Lease: pure, no client and no clock of its own.

Times are seconds of the reader's own monotonic clock. What a Lease says of the time of day is
written for people and never read: a clock that is hours off does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from acuse.resources.names import labels
from acuse_cluster.kinds import LEASES, Manifest, Ref

_NAME: Final = "acuse-operator"
# No holder's own word is believed for longer: a Lease may be written by hand.
LONGEST: Final = 60
# What an API server makes of our metadata, and need not be given back.
_SERVERS_OWN: Final = ("managedFields", "creationTimestamp", "generation", "selfLink")


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a Lease holds and how often it is renewed, in seconds."""

    # A holder counts as dead when its Lease was seen unchanged for so long.
    duration: int = 10
    renew_every: float = 2.0
    # A holder that could not renew for so long has stopped: always before the duration ends.
    renew_deadline: float = 7.0
    look_every: float = 1.0

    @property
    def call(self) -> float:
        """Return the deadline of one call: two fit into the time until the holder stops."""
        return self.renew_deadline / 2


@dataclass(frozen=True, slots=True)
class Seen:
    """A Lease as it was read."""

    holder: str
    transitions: int
    duration: int
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any]

    @property
    def word(self) -> tuple[object, ...]:
        """Return what changes whenever its holder renews it, or anybody else takes it."""
        return (self.metadata.get("uid"), *sorted(self.spec.items()))


def read_lease(manifest: Manifest) -> Seen:
    """Return what a Lease says; what it does not say is 0 or empty."""
    spec: Mapping[str, Any] = manifest.get("spec") or {}
    return Seen(
        holder=spec.get("holderIdentity") or "",
        transitions=int(spec.get("leaseTransitions") or 0),
        duration=min(int(spec.get("leaseDurationSeconds") or 0), LONGEST),
        spec=spec,
        metadata=manifest["metadata"],
    )


@dataclass(slots=True)
class Lookout:
    """What one candidate has seen of the Lease, and so whether it may take it.

    A Lease that nobody ever saw may be taken at once, and so may one that was released. Any other,
    also one that vanished, may be once it was seen unchanged for as long as its holder may lead.
    """

    identity: str
    terms: Terms
    lease: Seen | None = None
    _highest: int | None = None
    _patience: float = 0.0
    _changed: float = 0.0

    def see(self, lease: Seen | None, *, now: float) -> None:
        """Take what was read; `now` is no earlier than when the answer came."""
        before, self.lease = self.lease, lease
        if lease is not None:
            self._highest = max(self._highest or 0, lease.transitions)
            held = self.terms.duration if lease.holder else 0
            self._patience = max(held, lease.duration)
        elif before is not None:
            # Whoever had it last before it vanished need not be the one who was seen with it.
            self._patience = max(self._patience, self.terms.duration)
        if (before and before.word) != (lease and lease.word):
            self._changed = now

    def may_take(self, *, now: float) -> bool:
        """Whether nobody else can lead any more, or this candidate holds it already."""
        # An earlier try of ours may have got through without an answer.
        if self.lease is not None and self.lease.holder == self.identity:
            return True
        return now - self._changed >= self._patience

    def leader(self, *, now: float) -> str:
        """Return who is seen to lead; empty when nobody is."""
        is_alive = now - self._changed < self._patience
        return self.lease.holder if self.lease is not None and is_alive else ""

    def transitions(self) -> int:
        """Return the transitions to take it with: one more than were ever seen."""
        if self._highest is None:
            return 0
        if self.lease is not None and self.lease.holder == self.identity:
            return self._highest
        return self._highest + 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One holder's time with a Lease, and what it writes there."""

    where: Ref
    identity: str
    terms: Terms
    transitions: int
    since: datetime

    def held(self, over: Seen | None, *, now: datetime) -> Manifest:
        """Return the Lease as ours: over the version that was read, or a new one."""
        times = {"acquireTime": micro_time(self.since), "renewTime": micro_time(now)}
        duration = {"leaseDurationSeconds": self.terms.duration}
        return self._manifest(over, {"holderIdentity": self.identity, **duration, **times})

    def released(self, over: Seen | None, *, now: datetime) -> Manifest:
        """Return the Lease as nobody's; without a duration it may be taken at once."""
        return self._manifest(over, {"holderIdentity": "", "renewTime": micro_time(now)})

    def _manifest(self, over: Seen | None, spec: Mapping[str, Any]) -> Manifest:
        metadata: dict[str, Any] = {"labels": labels("operator")}
        transitions = self.transitions
        if over is not None:
            metadata = {k: v for k, v in over.metadata.items() if k not in _SERVERS_OWN}
            transitions = max(transitions, over.transitions)
        return {
            "apiVersion": self.where.kind.api_version,
            "kind": self.where.kind.kind,
            "metadata": {**metadata, "name": self.where.name, "namespace": self.where.namespace},
            "spec": {**spec, "leaseTransitions": transitions},
        }


def lease_of(namespace: str) -> Ref:
    """Return the one Lease that the operators of a release lead by."""
    return Ref(LEASES, _NAME, namespace)


def micro_time(moment: datetime) -> str:
    """Return a time as Kubernetes' MicroTime: UTC, six digits of a second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
