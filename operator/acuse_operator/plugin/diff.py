"""`kubectl acuse diff`: what is not as it was applied, field by field, and whose hand it was."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from acuse.errors import ApiRefused, NotFound, Unavailable
from acuse.resources.names import tenant_key
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, TENANTS, Manifest, Ref
from acuse_operator.hub.claims import Claims
from acuse_operator.plugin.chosen import tenancy_of
from acuse_operator.plugin.compiled import Terms
from acuse_operator.plugin.credentials import SecretsAtHand
from acuse_operator.plugin.epochs import epoch_here
from acuse_operator.plugin.fleet import Fleet, Reach, open_fleet
from acuse_operator.plugin.hub_diff import HubSide, handed_over_diff
from acuse_operator.plugin.object_diff import ObjectDiff
from acuse_operator.plugin.operator_there import read_operator
from acuse_operator.plugin.region_diff import Site, children_diff, open_site
from acuse_operator.plugin.target import Here

# Tenants compared at a time.
_AT_ONCE: Final = 8


@dataclass(slots=True)
class _Found:
    """What was found in one region."""

    region: str
    tenants: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    unread: list[str] = field(default_factory=list[str])


async def gather(here: Here, name: str | None) -> dict[str, Any]:
    """Return all differences as `-o json` gives them.

    Raises NotFound for a tenant that is nowhere, and ApiRefused without the right to list Regions.
    """
    key = None if name is None else tenant_key(here.namespace, name)
    async with open_fleet(here) as fleet:
        hub = await _hub_side(here, fleet)
        found = [await _region(here, fleet, reach, hub, key) for reach in fleet.reaches.values()]
    tenants = [tenant for one in found for tenant in one.tenants]
    if key is not None and not tenants and key not in hub.tenants:
        raise NotFound(f"there is no Tenant {name} in namespace {here.namespace}")
    return {
        "tenants": tenants,
        "regions": [{"region": one.region, "unread": one.unread} for one in found],
    }


def is_as_applied(diff: Mapping[str, Any]) -> bool:
    """Tell whether nothing was found to differ."""
    return not any(tenant["objects"] for tenant in diff["tenants"])


async def _hub_side(here: Here, fleet: Fleet) -> HubSide:
    """Return what is known of Tenants here; of a cluster that is no hub, nothing."""
    settings = fleet.operator.settings
    try:
        tenants = (await here.api.list(TENANTS)).items
        is_partial = False
    except ApiRefused:
        tenants, is_partial = [], True
    claims = Claims()
    for tenant in tenants:
        claims.put(tenant)
    epoch = await epoch_here(here.api, settings.release_namespace)
    return HubSide(
        fleet=fleet,
        tenants={_key(tenant): tenant for tenant in tenants},
        tenancy=tenancy_of(tenants, is_partial=is_partial),
        terms=Terms(settings, epoch),
        secrets=SecretsAtHand(here.api, bool(settings.app_secret_ref)),
        claims=claims,
    )


async def _region(here: Here, fleet: Fleet, reach: Reach, hub: HubSide, key: str | None) -> _Found:
    found = _Found(reach.name)
    if reach.api is None:
        found.unread.append(reach.why)
        return found
    try:
        await _compare(found, here, fleet, reach.api, hub, key)
    except ApiRefused as exc:
        found.unread.append(f"placements: you may not read them ({exc.reason or exc.status})")
    except Unavailable as exc:
        found.unread.append(f"it does not answer: {exc}")
    return found


async def _compare(
    found: _Found, here: Here, fleet: Fleet, api: Api, hub: HubSide, key: str | None
) -> None:
    placements = await _placements(api, fleet.tenants_namespace, key)
    is_own = api is here.api
    operator = fleet.operator if is_own else await read_operator(api, here.target)
    site = await open_site(api, operator)
    if isinstance(site, str):
        found.unread.append(site)
    keys = dict.fromkeys([*placements, *hub.wanted_in(found.region, key)])
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> dict[str, Any]:
        """Compare one tenant when it is its turn."""
        placement = placements.get(name)
        async with turns:
            objects, unread = await handed_over_diff(hub, name, found.region, api, placement)
            if placement is not None and isinstance(site, Site):
                below = await children_diff(site, placement)
                objects, unread = [*objects, *below.objects], [*unread, *below.unread]
        return _tenant(name, found.region, objects, unread)

    found.tenants += await asyncio.gather(*(one(name) for name in keys))


async def _placements(api: Api, namespace: str, key: str | None) -> dict[str, Manifest]:
    if key is None:
        listed = (await api.list(PLACEMENTS, namespace=namespace)).items
    else:
        one = await api.get(Ref(PLACEMENTS, key, namespace))
        listed = [] if one is None else [one]
    return {obj["metadata"]["name"]: obj for obj in listed}


def _tenant(
    key: str, region: str, objects: Iterable[ObjectDiff], unread: Iterable[str]
) -> dict[str, Any]:
    namespace, _, name = key.partition(".")
    return {
        "namespace": namespace,
        "name": name,
        "region": region,
        "objects": [one.as_json() for one in objects],
        "unread": list(unread),
    }


def _key(tenant: Manifest) -> str:
    metadata = tenant["metadata"]
    return tenant_key(metadata["namespace"], metadata["name"])
