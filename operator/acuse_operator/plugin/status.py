"""`kubectl acuse status`: what of a tenant is not as it should be, where, and what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from acuse.errors import ApiRefused, NotFound, Unavailable
from acuse.resources.names import tenant_key
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, TENANTS, Manifest, Ref
from acuse_operator.conditions import conditions_of, find, status_of
from acuse_operator.plugin.advice import advice
from acuse_operator.plugin.fleet import Fleet, Reach, open_fleet
from acuse_operator.plugin.happenings import About, events_of, latest
from acuse_operator.plugin.regions import states_of
from acuse_operator.plugin.target import Here

_EVENTS: Final = 10


async def gather(here: Here, name: str) -> dict[str, Any]:
    """Return a tenant's state as `-o json` gives it. Raises NotFound or ApiRefused."""
    tenant = await here.api.get(Ref(TENANTS, name, here.namespace))
    if tenant is None:
        raise NotFound(f"there is no Tenant {name} in namespace {here.namespace}")
    regions: list[dict[str, Any]] = []
    about = About("Tenant", name, here.namespace)
    events = await events_of(here.api, about)
    missing = [] if events is not None else ["events of the Tenant: you may not list them"]
    told = list(events or ())
    try:
        async with open_fleet(here) as fleet:
            for state in states_of(tenant):
                region, more = await _region(fleet, state, key=tenant_key(here.namespace, name))
                regions.append(region)
                told += more
    except ApiRefused:
        missing.append("Regions: you may not list them")
        regions = [_state(state, "you may not list Regions") for state in states_of(tenant)]
    return described(tenant, regions, latest(told, count=_EVENTS), missing=missing)


async def _region(
    fleet: Fleet, state: Mapping[str, Any], *, key: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what the hub says of a region, with what the region says itself, and its events."""
    reach = fleet.reach(str(state.get("name")))
    if reach.api is None:
        return _state(state, reach.why), []
    ref = Ref(PLACEMENTS, key, fleet.tenants_namespace)
    try:
        placement = await reach.api.get(ref)
        events = await _events(reach, reach.api, ref)
    except ApiRefused as exc:
        return _state(state, f"{ref}: you may not read it ({exc.reason or exc.status})"), []
    except Unavailable as exc:
        return _state(state, f"it does not answer: {exc}"), []
    return {**_state(state, None), "placement": placed(placement)}, events


async def _events(reach: Reach, api: Api, ref: Ref) -> list[dict[str, Any]]:
    about = About(ref.kind.kind, ref.name, ref.namespace or "", reach.name)
    return await events_of(api, about) or []


def _state(state: Mapping[str, Any], unread: str | None) -> dict[str, Any]:
    """Return a region's entry; `unread` is why it says nothing itself."""
    names = ("name", "role", "phase", "since", "message")
    return {**{name: state.get(name) for name in names}, "placement": None, "unread": unread}


def placed(placement: Manifest | None) -> dict[str, Any]:
    """Return what a region's own placement says."""
    if placement is None:
        return {"exists": False, "taken": False, "conditions": [], "workers": None, "drift": None}
    status: Mapping[str, Any] = placement.get("status") or {}
    return {
        "exists": True,
        "taken": status.get("observedHash") == placement["spec"].get("hash"),
        "conditions": _conditions(placement),
        "workers": status.get("workers"),
        "drift": status.get("drift"),
    }


def _conditions(obj: Manifest) -> list[dict[str, Any]]:
    names = {
        "type": "type",
        "status": "status",
        "reason": "reason",
        "message": "message",
        "since": "lastTransitionTime",
    }
    return [
        {ours: condition.get(theirs) for ours, theirs in names.items()}
        for condition in conditions_of(obj)
    ]


def described(
    tenant: Manifest,
    regions: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
    *,
    missing: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a tenant's state as `-o json` gives it."""
    metadata: Mapping[str, Any] = tenant["metadata"]
    status: Mapping[str, Any] = tenant.get("status") or {}
    numbers: list[Mapping[str, Any]] = status.get("numbers") or []
    ready = find(conditions_of(tenant), "Ready") or {}
    seen = status.get("observedGeneration")
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "ready": {
            "status": status_of(conditions_of(tenant), "Ready"),
            "reason": ready.get("reason"),
            "message": ready.get("message"),
            "since": ready.get("lastTransitionTime"),
        },
        # The hub has not seen the Tenant as it is now.
        "isBehind": seen is None or seen < metadata.get("generation", 0),
        "conditions": _conditions(tenant),
        "webhookURL": status.get("webhookURL"),
        "regions": [dict(region) for region in regions],
        "numbers": [_number(number, status) for number in numbers],
        "events": [dict(event) for event in events],
        "unread": list(missing),
        "todo": advice(tenant),
    }


def _number(number: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    override = number.get("overrideURL")
    return {
        "phoneNumberId": number.get("phoneNumberId"),
        "credentials": number.get("credentials"),
        "overrideURL": override,
        "isRegistered": override is not None and override == status.get("webhookURL"),
        "checkedAt": number.get("checkedAt"),
        "message": number.get("message"),
    }
