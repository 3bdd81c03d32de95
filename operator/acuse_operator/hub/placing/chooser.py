"""Chooses for the hub role: knows what each region has or is about to have, and writes it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from acuse.errors import ApiRefused
from acuse.resources.names import API_VERSION, HUB_MANAGER, tenant_key
from acuse.resources.region import Region
from acuse.resources.tenant import TenantSpec
from acuse.resources.tenant_status import Role
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import timestamp
from acuse_operator.hub.choosing import Choice, Wanted, choose
from acuse_operator.hub.findings import Obstacle
from acuse_operator.hub.link import Observed
from acuse_operator.hub.placing.ledger import Ledger
from acuse_operator.hub.placing.past import Past, read_past
from acuse_operator.hub.placing.picking import Fleet
from acuse_operator.hub.tenant import TenantView, read_tenant
from acuse_operator.store import Store

# A hub that has just begun waits so long for regions to be heard before it chooses among the rest.
_PATIENCE: Final = 20.0
_NOT_FOUND: Final = 404


class Link(Protocol):
    """What is known of a region, as the choice needs it."""

    @property
    def is_known(self) -> bool:
        """Tell whether what the region has was ever listed whole."""
        ...

    def obstacle(self) -> Obstacle | None:
        """Return what is in the way of anything in the region; None when nothing is."""
        ...

    def observed(self, key: str) -> Observed:
        """Return what the region has of a tenant, from memory."""
        ...


class Chooser:
    """Gives each tenant its regions; two that are placed at once do not get the same last place."""

    def __init__(
        self,
        api: Api,
        tenants: Store,
        links: Mapping[str, Link],
        *,
        own: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._tenants = tenants
        self._links = links
        self._own = own
        self._clock = clock
        self._began = clock()
        self._ledger = Ledger()

    def seen(self, tenant: Manifest) -> None:
        """Hear of a Tenant before it is looked at: it keeps the places that its status tells of."""
        metadata = tenant["metadata"]
        # Asked of every word of every Tenant: reading it costs more than all else here.
        if self._ledger.knows(tenant_key(metadata["namespace"], metadata["name"])):
            return
        view = read_tenant(tenant)
        past = self._past(view)
        self._ledger.hold(view.key, {*past.chosen, *past.there})

    def forget(self, key: str) -> None:
        """Hear that there is no such Tenant: its places are free where nothing of it is left."""
        self._ledger.hold(key, self._placed(key))

    def choose(
        self, view: TenantView, spec: TenantSpec, regions: Mapping[str, Region]
    ) -> Choice | None:
        """Return the regions of a tenant and take its places; None: it is too early to choose."""
        past = self._past(view)
        away = [name for name in regions if self._is_away(name)]
        fleet = Fleet(regions, lambda name: self._ledger.beside(view.key, name), away)
        choice = choose(spec, past, fleet, own=self._own)
        if choice.is_news and self._is_early():
            return None
        served = (wanted.name for wanted in choice.wanted if wanted.is_served)
        self._ledger.hold(view.key, {*served, *past.there})
        return choice

    async def write_down(
        self, view: TenantView, choice: Choice, *, now: datetime
    ) -> TenantView | None:
        """Write a choice into the Tenant's status before it is carried out; None if it is gone.

        Raises what `Api.apply` does.
        """
        status = {**view.status, "regions": list(recorded(view.status, choice.wanted, now=now))}
        manifest = {
            "apiVersion": API_VERSION,
            "kind": "Tenant",
            "metadata": {"name": view.name, "namespace": view.namespace, "uid": view.uid},
            "status": status,
        }
        try:
            written = await self._api.apply(manifest, manager=HUB_MANAGER, subresource="status")
        except ApiRefused as exc:
            if exc.status != _NOT_FOUND:
                raise
            return None
        self._tenants.answered(written)
        return read_tenant(written)

    def _is_early(self) -> bool:
        is_new = self._clock() - self._began < _PATIENCE
        return is_new and any(not link.is_known for link in self._links.values())

    def _past(self, view: TenantView) -> Past:
        listed = [name for name, link in self._links.items() if link.is_known]
        return read_past(view.status, self._placed(view.key), listed=listed)

    def _placed(self, key: str) -> dict[str, Role]:
        found: dict[str, Role] = {}
        for name, link in self._links.items():
            placement = link.observed(key).placement
            if placement is not None:
                found[name] = "Home" if placement["spec"]["role"] == "Home" else "Standby"
        return found

    def _is_away(self, name: str) -> bool:
        link = self._links.get(name)
        return link is None or not link.is_known or link.obstacle() is not None


def recorded(
    status: Mapping[str, Any], wanted: Iterable[Wanted], *, now: datetime
) -> Iterable[dict[str, Any]]:
    """Yield the status of each region as it was, with the choice in it."""
    states = {state["name"]: state for state in status.get("regions") or ()}
    for each in wanted:
        new = {"name": each.name, "phase": "Pending", "since": timestamp(now)}
        state = {**states.get(each.name, new), "role": each.role}
        state.pop("chosen", None)
        yield {**state, "chosen": True} if each.origin == "Chosen" else state
