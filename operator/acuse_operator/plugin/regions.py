"""`kubectl acuse regions`: each Region, how it is, and whom it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from acuse.errors import ApiRefused
from acuse_cluster.kinds import REGIONS, TENANTS, Manifest
from acuse_operator.conditions import conditions_of, find
from acuse_operator.plugin.table import age, table
from acuse_operator.plugin.target import Here

# A tenant that was handed over is there, whatever became of it since.
_HANDED_OVER: Final = frozenset({"Applied", "Ready", "Degraded", "Deleting"})
_HEAD: Final = (
    "NAME", "JURISDICTION", "READY", "REACHABLE", "HEARTBEAT", "TENANTS", "CAPACITY", "SCHEDULING",
)  # fmt: skip


async def gather(here: Here) -> list[dict[str, Any]]:
    """Return each Region as `-o json` gives it. Raises ApiRefused where they may not be listed."""
    regions = await here.api.list(REGIONS)
    counts = await tenants_by_region(here)
    return [described(obj, counts) for obj in regions.items]


async def tenants_by_region(here: Here) -> dict[str, list[str]] | None:
    """Return the keys of the tenants in each region; None where the caller may not list Tenants."""
    try:
        tenants = await here.api.list(TENANTS)
    except ApiRefused:
        return None
    found: dict[str, list[str]] = {}
    for tenant in tenants.items:
        metadata = tenant["metadata"]
        for state in states_of(tenant):
            if is_there(state):
                key = f"{metadata['namespace']}/{metadata['name']}"
                found.setdefault(str(state.get("name")), []).append(key)
    return found


def states_of(tenant: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a Tenant's status says of its regions."""
    status: Mapping[str, Any] = tenant.get("status") or {}
    states: list[Mapping[str, Any]] = status.get("regions") or []
    return states


def is_there(state: Mapping[str, Any]) -> bool:
    """Tell whether a region has the tenant, as far as the hub knows."""
    return state.get("phase") in _HANDED_OVER or state.get("appliedGeneration") is not None


def described(obj: Manifest, tenants: Mapping[str, list[str]] | None) -> dict[str, Any]:
    """Return one Region as `-o json` gives it; `tenants` is None where that is not known."""
    spec: Mapping[str, Any] = obj["spec"]
    status: Mapping[str, Any] = obj.get("status") or {}
    name: str = obj["metadata"]["name"]
    conditions = conditions_of(obj)
    return {
        "name": name,
        "jurisdiction": spec.get("jurisdiction"),
        "ready": _said(conditions, "Ready"),
        "reachable": _said(conditions, "Reachable"),
        "heartbeatTime": status.get("heartbeatTime"),
        # Whoever may not list Tenants is told what the hub counted.
        "tenants": status.get("tenants") if tenants is None else len(tenants.get(name, ())),
        "capacity": spec.get("capacity"),
        "cordoned": bool(spec.get("cordoned")),
        "draining": bool(spec.get("draining")),
    }


def _said(conditions: Iterable[Mapping[str, Any]], type_: str) -> dict[str, Any]:
    found = find(conditions, type_) or {}
    return {
        "status": found.get("status", "Unknown"),
        "reason": found.get("reason"),
        "message": found.get("message"),
        "since": found.get("lastTransitionTime"),
    }


def render(regions: Iterable[Mapping[str, Any]], *, now: datetime) -> list[str]:
    """Return the regions as lines of text: a table, then what is not well, and since when."""
    listed = list(regions)
    if not listed:
        return ["There are no Regions."]
    lines = table(_HEAD, (_row(region, now) for region in listed))
    notes = [note for region in listed for note in _notes(region, now)]
    return [*lines, "", *notes] if notes else lines


def _row(region: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    tenants, capacity = region["tenants"], region["capacity"]
    return (
        region["name"],
        region["jurisdiction"] or "",
        region["ready"]["status"],
        region["reachable"]["status"] if region["reachable"]["reason"] else "",
        age(region["heartbeatTime"], now=now),
        "?" if tenants is None else str(tenants),
        "" if capacity is None else str(capacity),
        scheduling(region),
    )


def scheduling(region: Mapping[str, Any]) -> str:
    """Return whether a region takes new tenants, in a word."""
    return "Draining" if region["draining"] else "Cordoned" if region["cordoned"] else "Open"


def _notes(region: Mapping[str, Any], now: datetime) -> list[str]:
    notes: list[str] = []
    for kind in ("ready", "reachable"):
        said = region[kind]
        if said["reason"] and said["status"] != "True":
            name = f"{region['name']}: {kind.capitalize()} is {said['status']}"
            since = age(said["since"], now=now)
            notes.append(f"{name} for {since or '?'}, {said['reason']}: {said['message']}")
    return notes
