"""`kubectl acuse cordon|uncordon|drain`: whom a region takes, and whom it still has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from acuse.errors import ApiRefused, ApiUnavailable, NotFound
from acuse.resources.names import API_VERSION
from acuse_cluster.kinds import REGIONS, TENANTS, Manifest, Ref
from acuse_operator.conditions import conditions_of, find
from acuse_operator.plugin.regions import is_there, states_of
from acuse_operator.plugin.table import age, table
from acuse_operator.plugin.target import Here

MANAGER: Final = "kubectl-acuse"
# Seconds between two looks while somebody waits.
_LOOK_EVERY: Final = 2.0

Scheduling = Literal["cordon", "drain", "open"]
# By what is to be, what Region.spec says.
_SPECS: Final[Mapping[Scheduling, Mapping[str, bool]]] = {
    "cordon": {"cordoned": True},
    "drain": {"cordoned": True, "draining": True},
    "open": {"cordoned": False, "draining": False},
}


async def schedule(here: Here, region: str, what: Scheduling) -> Manifest:
    """Write whether a Region takes tenants. Raises NotFound, or ApiRefused without the right."""
    live = await here.api.get(Ref(REGIONS, region))
    if live is None:
        raise NotFound(f"there is no Region {region}")
    wanted = dict(_SPECS[what])
    if all(bool(live["spec"].get(name)) == value for name, value in wanted.items()):
        return live
    return await here.api.apply(
        {
            "apiVersion": API_VERSION,
            "kind": "Region",
            # Of this very object: a name alone would make a new one.
            "metadata": {"name": region, "uid": live["metadata"]["uid"]},
            "spec": wanted,
        },
        manager=MANAGER,
    )


async def remaining(here: Here, region: str) -> list[dict[str, Any]] | None:
    """Return the tenants that a region still has; None where the caller may not list Tenants."""
    try:
        tenants = await here.api.list(TENANTS)
    except ApiRefused:
        return None
    found = (_remaining(tenant, region) for tenant in tenants.items)
    return [one for one in found if one is not None]


def _remaining(tenant: Manifest, region: str) -> dict[str, Any] | None:
    state = next((s for s in states_of(tenant) if s.get("name") == region), None)
    if state is None or not is_there(state):
        return None
    metadata = tenant["metadata"]
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "role": state.get("role"),
        "phase": state.get("phase"),
        "since": state.get("since"),
        "why": why(tenant, region, state),
    }


def why(tenant: Manifest, region: str, state: Mapping[str, Any]) -> str:
    """Return why a tenant is still in a region that is drained, and what it waits for."""
    named = _named(tenant, region)
    if named is not None:
        return named
    if tenant["metadata"].get("deletionTimestamp"):
        return "The Tenant is being deleted."
    synced = find(conditions_of(tenant), "RegionsSynced") or {}
    is_moving = state.get("phase") != "Deleting" and synced.get("status") != "True"
    said = synced.get("message") if is_moving else None
    return str(said or state.get("message") or "The hub has not moved it yet.")


def _named(tenant: Manifest, region: str) -> str | None:
    placement: Mapping[str, Any] = tenant["spec"].get("placement") or {}
    if placement.get("home") == region:
        return "spec.placement.home names the region: take it out, and the hub moves the tenant."
    if region in (placement.get("standby") or ()):
        return "spec.placement.standby names the region: take it out."
    return None


async def wait_until_empty(
    here: Here,
    region: str,
    *,
    patience: float,
    changed: Callable[[list[dict[str, Any]]], None],
) -> list[dict[str, Any]]:
    """Return what is left once nothing is, or when the time is up; tell of each change meanwhile.

    Raises ApiRefused where the caller may not list Tenants.
    """
    deadline, last = time.monotonic() + patience, None
    while True:
        try:
            left = await remaining(here, region)
        except ApiUnavailable:
            # It was there a moment ago; somebody waits for the end, not for one answer.
            left = last
        if left is None:
            raise ApiRefused("you may not list Tenants", status=403, reason="Forbidden")
        if left != last:
            changed(left)
        if not left or time.monotonic() >= deadline:
            return left
        last = left
        await asyncio.sleep(min(_LOOK_EVERY, max(0.0, deadline - time.monotonic())))


def described(region: Manifest, left: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return the Region and whom it still has, as `-o json` gives it."""
    spec = region["spec"]
    return {
        "region": region["metadata"]["name"],
        "cordoned": bool(spec.get("cordoned")),
        "draining": bool(spec.get("draining")),
        "tenants": left,
    }


def render_left(left: Iterable[Mapping[str, Any]] | None, *, now: datetime) -> list[str]:
    """Return who is still there as lines of text."""
    if left is None:
        return ["Who is still there is not known: you may not list Tenants."]
    rows = [
        (
            f"{one['namespace']}/{one['name']}",
            one["role"] or "",
            one["phase"] or "",
            age(one["since"], now=now),
            one["why"],
        )
        for one in left
    ]
    if not rows:
        return ["No tenant is there."]
    return table(("TENANT", "ROLE", "PHASE", "SINCE", "WHY"), rows)
