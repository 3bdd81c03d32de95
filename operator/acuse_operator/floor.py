"""The ConfigMap that keeps the highest epoch a region has seen, and which hub raised it to that.

A hub that was set back in time may come to an epoch that another had before: of two in one epoch
the region listens to the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.resources.names import EPOCH_FLOOR
from acuse_cluster.kinds import CONFIGMAPS, Ref

EPOCH_KEY: Final = "epoch"
# `EPOCH HOLDER`: of no other epoch than it says, for a region raises the other key alone.
_HUB_KEY: Final = "hub"


@dataclass(frozen=True, slots=True)
class Mandate:
    """The time in which one hub leads: its epoch, and who holds the Lease; "" for not known."""

    epoch: int
    holder: str = ""

    def is_passed_by(self, seen: Mandate) -> bool:
        """Tell whether a region that has seen `seen` is not to listen to this one."""
        if seen.epoch == self.epoch:
            return bool(seen.holder) and seen.holder != self.holder
        return seen.epoch > self.epoch

    def is_to_raise(self, seen: Mandate) -> bool:
        """Tell whether a region that has seen no more than `seen` is to be told of this one."""
        return seen.epoch < self.epoch or (seen.epoch == self.epoch and not seen.holder)


def floor_ref(namespace: str) -> Ref:
    """Return where a region keeps it."""
    return Ref(CONFIGMAPS, EPOCH_FLOOR, namespace)


def read_floor(obj: Mapping[str, Any] | None) -> Mandate:
    """Return what a region has seen; epoch 0 where nothing is said, or nothing that could be."""
    data: Mapping[str, str] = (obj or {}).get("data") or {}
    epoch = data.get(EPOCH_KEY, "")
    if not (epoch.isascii() and epoch.isdecimal()):
        return Mandate(0)
    of, _, holder = data.get(_HUB_KEY, "").partition(" ")
    return Mandate(int(epoch), holder if of == epoch else "")


def floor_data(mandate: Mandate) -> dict[str, str]:
    """Return what a hub writes of itself."""
    epoch = str(mandate.epoch)
    return {EPOCH_KEY: epoch, _HUB_KEY: f"{epoch} {mandate.holder}"}
