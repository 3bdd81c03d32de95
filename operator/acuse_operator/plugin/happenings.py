"""Recent events about an object, as any reader of a namespace may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import ApiRefused
from acuse_cluster.client import Api
from acuse_cluster.kinds import Kind, Manifest

# The same objects as those of events.k8s.io, which the cluster role `view` does not cover.
_EVENTS: Final = Kind("v1", "events", "Event")


@dataclass(frozen=True, slots=True)
class About:
    """What events are about."""

    kind: str
    name: str
    namespace: str
    # The region whose cluster it is in; empty for the cluster asked.
    region: str = ""


async def events_of(api: Api, about: About) -> list[dict[str, Any]] | None:
    """Return the events, the oldest first; None where the caller may not list them."""
    fields = f"involvedObject.kind={about.kind},involvedObject.name={about.name}"
    try:
        listed = await api.list(_EVENTS, namespace=about.namespace, fields=fields)
    except ApiRefused:
        return None
    return latest(told(event, about) for event in listed.items)


def latest(
    events: Iterable[Mapping[str, Any]], *, count: int | None = None
) -> list[dict[str, Any]]:
    """Return events in the order of their times, the last `count` of them."""
    ordered = sorted((dict(event) for event in events), key=lambda event: str(event["time"]))
    return ordered if count is None else ordered[-count:]


def told(event: Manifest, about: About) -> dict[str, Any]:
    """Return one event as `-o json` gives it."""
    series: Mapping[str, Any] = event.get("series") or {}
    time = (
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event["metadata"].get("creationTimestamp")
    )
    return {
        "time": time,
        "type": event.get("type"),
        "reason": event.get("reason"),
        "object": f"{about.kind} {about.namespace}/{about.name}",
        "region": about.region or None,
        "message": event.get("message"),
    }
