"""The hub's epoch, and the epochs that regions have seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from acuse.errors import ApiRefused, Unavailable
from acuse.resources.names import EPOCH_FLOOR
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, Manifest
from acuse_operator.floor import Mandate, floor_ref, read_floor
from acuse_operator.hub.differences import epoch_of
from acuse_operator.lease import lease_of, read_lease
from acuse_operator.plugin.fleet import Reach


def epoch_of_lease(lease: Manifest | None) -> int | None:
    """Return the epoch of who holds the Lease, or held it last; None while there is none."""
    return None if lease is None else mandate_of_lease(lease).epoch


def mandate_of_lease(lease: Manifest | None) -> Mandate:
    """Return the mandate of who holds the Lease; epoch 0 while there is none."""
    if lease is None:
        return Mandate(0)
    seen = read_lease(lease)
    return Mandate(seen.transitions + 1, seen.holder)


async def epoch_here(api: Api, release_namespace: str) -> int | None:
    """Return the hub's epoch; None where it is not known, or not to be read."""
    try:
        return epoch_of_lease(await api.get(lease_of(release_namespace)))
    except ApiRefused:
        return None


@dataclass(frozen=True, slots=True)
class Sight:
    """The highest epoch seen in one region, and where; `why` says why none could be.

    `holder` is the hub that it is of, "" where that is not known.
    """

    region: str
    epoch: int | None
    where: str = ""
    why: str | None = None
    holder: str = ""

    @property
    def mandate(self) -> Mandate:
        """Return it as a hub's mandate; epoch 0 where none was seen."""
        return Mandate(self.epoch or 0, self.holder)

    def as_json(self) -> dict[str, Any]:
        """Return it as `-o json` gives it."""
        return {
            "region": self.region,
            "highestEpoch": self.epoch,
            "where": self.where or None,
            "unread": self.why,
        }


async def look(reach: Reach, namespace: str) -> Sight:
    """Return the highest epoch that a region has anything of."""
    if reach.api is None:
        return Sight(reach.name, None, why=reach.why)
    try:
        placements = await reach.api.list(PLACEMENTS, namespace=namespace)
    except (ApiRefused, Unavailable) as exc:
        return Sight(reach.name, None, why=str(exc))
    floor = await _floor(reach.api, namespace)
    return highest(reach.name, placements.items, floor)


async def _floor(api: Api, namespace: str) -> Manifest | None:
    try:
        return await api.get(floor_ref(namespace))
    except (ApiRefused, Unavailable):
        return None


def highest(region: str, placements: Iterable[Manifest], floor: Manifest | None) -> Sight:
    """Return the highest epoch of placements, and of the floor below which nothing is taken."""
    found = [(epoch_of(obj), f"TenantPlacement {obj['metadata']['name']}") for obj in placements]
    seen = read_floor(floor)
    found.append((seen.epoch, f"ConfigMap {EPOCH_FLOOR}" if seen.epoch else ""))
    epoch, where = max(found, key=lambda one: one[0])
    return Sight(region, epoch, where, holder=seen.holder if seen.epoch == epoch else "")
