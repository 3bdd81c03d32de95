"""The hub's epoch, and the epochs that regions have seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import ApiRefused, Unavailable
from acuse.resources.names import EPOCH_FLOOR
from acuse_cluster.client import Api
from acuse_cluster.kinds import CONFIGMAPS, PLACEMENTS, Manifest, Ref
from acuse_operator.hub.differences import epoch_of
from acuse_operator.lease import lease_of, read_lease
from acuse_operator.plugin.fleet import Reach

_FLOOR_KEY: Final = "epoch"


def epoch_of_lease(lease: Manifest | None) -> int | None:
    """Return the epoch of who holds the Lease, or held it last; None while there is none."""
    return None if lease is None else read_lease(lease).transitions + 1


async def epoch_here(api: Api, release_namespace: str) -> int | None:
    """Return the hub's epoch; None where it is not known, or not to be read."""
    try:
        return epoch_of_lease(await api.get(lease_of(release_namespace)))
    except ApiRefused:
        return None


@dataclass(frozen=True, slots=True)
class Sight:
    """The highest epoch seen in one region, and where; `why` says why none could be."""

    region: str
    epoch: int | None
    where: str = ""
    why: str | None = None

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
        return await api.get(Ref(CONFIGMAPS, EPOCH_FLOOR, namespace))
    except (ApiRefused, Unavailable):
        return None


def highest(region: str, placements: Iterable[Manifest], floor: Manifest | None) -> Sight:
    """Return the highest epoch of placements, and of the floor below which nothing is taken."""
    found = [(epoch_of(obj), f"TenantPlacement {obj['metadata']['name']}") for obj in placements]
    data: Mapping[str, str] = (floor or {}).get("data") or {}
    said = data.get(_FLOOR_KEY, "")
    if said.isdecimal():
        found.append((int(said), f"ConfigMap {EPOCH_FLOOR}"))
    epoch, where = max(found, default=(0, ""), key=lambda one: one[0])
    return Sight(region, epoch, where)
