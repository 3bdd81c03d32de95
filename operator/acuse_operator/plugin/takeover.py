"""`kubectl acuse takeover`: make this hub the newest one, for every region to listen to again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acuse.errors import NotFound
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator.lease import Claim, Terms, lease_of, micro_time, read_lease
from acuse_operator.plugin.epochs import Sight, epoch_of_lease, look, mandate_of_lease
from acuse_operator.plugin.fleet import open_fleet
from acuse_operator.plugin.table import table
from acuse_operator.plugin.target import Here


@dataclass(frozen=True, slots=True)
class Takeover:
    """What is known before anything is done; `lease` is the hub's, None while there is none."""

    namespace: str
    lease: Manifest | None
    sights: tuple[Sight, ...]

    @property
    def epoch(self) -> int | None:
        """Return the epoch of this hub."""
        return epoch_of_lease(self.lease)

    @property
    def highest(self) -> int:
        """Return the highest epoch that any region has seen."""
        return max((sight.epoch or 0 for sight in self.sights), default=0)

    @property
    def is_needed(self) -> bool:
        """Tell whether a region has seen a later hub than this one, or one of the same epoch."""
        mine = mandate_of_lease(self.lease)
        if self.lease is not None and not mine.holder:
            # Whoever takes the Lease next is in the epoch after.
            return self.highest > mine.epoch
        return any(mine.is_passed_by(sight.mandate) for sight in self.sights)

    @property
    def unread(self) -> list[str]:
        """Return the regions that could not be looked into."""
        return [sight.region for sight in self.sights if sight.why is not None]

    @property
    def next_epoch(self) -> int:
        """Return the epoch that the next leader of this hub will be in, after the takeover."""
        return max(self.highest, (self.epoch or 1) - 1) + 2

    def as_json(self, *, done: bool) -> dict[str, Any]:
        """Return it as `-o json` gives it."""
        return {
            "lease": f"{self.namespace}/{lease_of(self.namespace).name}",
            "epoch": self.epoch,
            "highestEpoch": self.highest,
            "regions": [sight.as_json() for sight in self.sights],
            "isNeeded": self.is_needed,
            "isDone": done,
            "nextEpoch": self.next_epoch if self.is_needed else None,
        }


async def gather(here: Here) -> Takeover:
    """Return what a takeover would be about. Raises ApiRefused without the rights to read it."""
    async with open_fleet(here) as fleet:
        namespace = fleet.operator.settings.release_namespace
        lease = await here.api.get(lease_of(namespace))
        sights = [await look(reach, fleet.tenants_namespace) for reach in fleet.reaches.values()]
    if not sights:
        raise NotFound("there are no Regions: nothing to take over")
    return Takeover(namespace, lease, tuple(sights))


async def carry_out(api: Api, takeover: Takeover) -> None:
    """Raise the Lease's count and take it from its holder, who ends and is elected anew.

    Raises ApiConflict when it was renewed meanwhile: read it again.
    """
    where, now = lease_of(takeover.namespace), datetime.now(UTC)
    if takeover.lease is None:
        await api.create(_first(takeover, now))
        return
    claim = Claim(where, "", Terms(), takeover.highest, now)
    await api.replace(claim.released(read_lease(takeover.lease), now=now))


def _first(takeover: Takeover, now: datetime) -> Manifest:
    where = lease_of(takeover.namespace)
    spec: Mapping[str, Any] = {
        "holderIdentity": "",
        "renewTime": micro_time(now),
        "leaseTransitions": takeover.highest,
    }
    return {
        "apiVersion": where.kind.api_version,
        "kind": where.kind.kind,
        "metadata": {"name": where.name, "namespace": where.namespace},
        "spec": dict(spec),
    }


def render(takeover: Takeover) -> list[str]:
    """Return what was found, and what would be done, as lines of text."""
    rows = [_row(sight) for sight in takeover.sights]
    epoch = "none yet" if takeover.epoch is None else str(takeover.epoch)
    lines = [f"This hub's epoch: {epoch}", *table(("REGION", "HIGHEST EPOCH", "SEEN IN"), rows)]
    if takeover.unread:
        regions = ", ".join(takeover.unread)
        lines.append(f"Not seen: {regions}. If one of them has seen a later epoch, do it again.")
    if not takeover.is_needed:
        which = "No region" if not takeover.unread else "None of the others"
        return [*lines, f"{which} has seen a later hub: there is nothing to take over."]
    return [*lines, *_what(takeover)]


def _row(sight: Sight) -> tuple[str, str, str]:
    if sight.why is not None:
        return sight.region, "?", sight.why
    return sight.region, str(sight.epoch), sight.where


def _what(takeover: Takeover) -> Iterable[str]:
    name = f"{takeover.namespace}/{lease_of(takeover.namespace).name}"
    return (
        f"Lease {name} will count on from {takeover.highest} and be taken from its holder; the"
        f" operator restarts, in epoch {takeover.next_epoch}.",
        "It then makes every region as this hub's Tenants say. If they are an older copy, what was"
        " changed since is undone.",
        "Another hub of these regions is refused by them from then on: stop it first.",
    )
