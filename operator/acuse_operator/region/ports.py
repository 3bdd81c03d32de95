"""What a reconcile of the region needs from the rest of the operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from acuse_operator.desired.views import Capabilities, RegionView
from acuse_operator.events import EventType
from acuse_operator.region.deletions import Deletions
from acuse_operator.region.epochs import Epochs
from acuse_operator.store import Store


class Tells(Protocol):
    """Events about objects."""

    def emit(self, obj: Mapping[str, Any], *, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - the API's own name
        """Say something about an object."""
        ...


@dataclass(frozen=True, slots=True)
class Handed:
    """What the region was handed, and how far it is believed."""

    placements: Store
    epochs: Epochs
    deletions: Deletions


class Surroundings(Protocol):
    """The Region and the cluster, as far as they are known."""

    @property
    def cluster(self) -> Capabilities | None:
        """Return which optional kinds the cluster has; None before it was asked."""
        ...

    @property
    def view(self) -> RegionView | None:
        """Return the Region; None while it was not read, or is not there."""
        ...

    @property
    def is_missing(self) -> bool:
        """Whether there is no Region of this operator's name."""
        ...
