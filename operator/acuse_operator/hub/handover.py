"""Leaves each region's wishes with its link: what is wanted there, and what is to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from acuse.resources.names import API_VERSION, HUB_FINALIZER, HUB_MANAGER
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.compiling import Destination, compile_tenant
from acuse_operator.hub.findings import Obstacle, RegionReport
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.sealing import Found, Sealed, SecretFault, read_sealed, seal
from acuse_operator.hub.tenant import TenantView
from acuse_operator.queue import RESYNC, Priority
from acuse_operator.store import Store

_NEVER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Load:
    """One Tenant with the credentials of its numbers, as it is handed over."""

    view: TenantView
    spec: TenantSpec
    found: Mapping[str, Found]
    # An edit overtakes what nobody waits for, in a region's queue as well.
    priority: Priority = RESYNC


@dataclass(slots=True)
class Outcome:
    """What handing over came to, region by region."""

    reports: list[RegionReport] = field(default_factory=list[RegionReport])
    # What each region has of credentials.
    sealed: dict[str, Sealed] = field(default_factory=dict[str, Sealed])
    again: float = _NEVER

    def look_in(self, seconds: float) -> None:
        """Ask for another look after so many seconds at the latest."""
        self.again = max(0.05, min(self.again, seconds))

    @property
    def is_early(self) -> bool:
        """Tell whether a region is only just being connected."""
        reasons = (r.obstacle.reason for r in self.reports if r.obstacle is not None)
        return "RegionConnecting" in reasons

    def report(self, region: str) -> RegionReport | None:
        """Return what is said of a region."""
        return next((r for r in self.reports if r.wanted.name == region), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everything that is handed over."""

    namespace: str
    overlap: timedelta
    # Of this hub; a region refuses writes of a lower one.
    epoch: int


class HandOver:
    """What the hub wants of its regions. Nothing here waits for any of them."""

    def __init__(
        self,
        api: Api,
        tenants: Store,
        links: Mapping[str, RegionLink],
        *,
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._tenants = tenants
        self._links = links
        self._terms = terms
        self._now = now

    async def carry_out(self, load: Load, choice: Choice) -> Outcome:
        """Have every region brought to the choice."""
        outcome = Outcome()
        for wanted in choice.wanted:
            outcome.reports.append(await self._one(load, wanted, outcome))
        asked = {wanted.name for wanted in choice.wanted}
        for name, link in tuple(self._links.items()):
            if name in asked:
                continue
            if link.observed(load.view.key).is_gone:
                link.unwant(load.view.key)
            else:
                outcome.reports.append(_take_away(link, load, Wanted(name, "Standby", None)))
        return outcome

    async def _one(self, load: Load, wanted: Wanted, outcome: Outcome) -> RegionReport:
        link = self._links.get(wanted.name)
        if link is None:
            text = "This hub has no way to reach the region's cluster."
            obstacle = Obstacle("NoRegionLink", text) if wanted.region is not None else None
            return RegionReport(wanted, obstacle=obstacle)
        if not link.is_known:
            # What it has of credentials must not be sealed over unseen.
            return RegionReport(wanted, obstacle=link.obstacle())
        seen = link.observed(load.view.key)
        if not wanted.is_allowed and not seen.is_gone:
            return _take_away(link, load, wanted)
        sealed = self._seal(load, read_sealed(seen.sealed))
        if not wanted.is_served:
            link.forget(load.view.key)
            return RegionReport(wanted, seen.placement, link.obstacle())
        if sealed.next_end is not None:
            outcome.look_in((sealed.next_end - self._now()).total_seconds())
        outcome.sealed[wanted.name] = sealed
        return await self._give(load, wanted, outcome)

    def _seal(self, load: Load, before: Sealed) -> Sealed:
        # What a number that is another tenant's had before is its no longer.
        taken = {
            number
            for number, said in load.found.items()
            if isinstance(said, SecretFault) and said.reason == "NumberTaken"
        }
        found = {number: said for number, said in load.found.items() if number not in taken}
        return seal(found, before=before, now=self._now(), overlap=self._terms.overlap)

    async def _give(self, load: Load, wanted: Wanted, outcome: Outcome) -> RegionReport:
        key, link = load.view.key, self._links[wanted.name]
        seen = link.observed(key)
        if seen.epoch > self._terms.epoch:
            text = (
                f"A hub of epoch {seen.epoch} has written there, and this one is of"
                f" {self._terms.epoch}: nothing is changed."
            )
            link.forget(key)
            return RegionReport(wanted, seen.placement, Obstacle("NewerHub", text))
        to = Destination(
            region=wanted.name,
            role=wanted.role,
            namespace=self._terms.namespace,
            epoch=self._terms.epoch,
        )
        compiled = compile_tenant(load.view, load.spec, outcome.sealed[wanted.name], to=to)
        if compiled is None:
            text = "No number of the tenant has credentials yet."
            return RegionReport(wanted, seen.placement, Obstacle("NotPlaced", text))
        await self._hold(load.view)
        obstacle = link.want(key, compiled, priority=load.priority)
        return RegionReport(wanted, seen.placement, obstacle, hash=compiled.hash)

    async def _hold(self, view: TenantView) -> None:
        """Put our finalizer on the Tenant before anything of it is elsewhere."""
        if view.is_held or view.deleting_since is not None:
            return
        live = self._tenants.get(view.namespace, view.name)
        if live is not None and _is_held(live, view.uid):
            # It was put there for another of its regions, just before.
            return
        held = await self._api.apply(
            {
                "apiVersion": API_VERSION,
                "kind": "Tenant",
                # The uid keeps this from making a Tenant that was deleted just now anew.
                "metadata": {
                    "name": view.name,
                    "namespace": view.namespace,
                    "uid": view.uid,
                    "finalizers": [HUB_FINALIZER],
                },
            },
            manager=HUB_MANAGER,
        )
        self._tenants.answered(held)


def _take_away(link: RegionLink, load: Load, wanted: Wanted) -> RegionReport:
    """Have a region let the tenant go."""
    obstacle = link.unwant(load.view.key)
    placement = link.observed(load.view.key).placement
    return RegionReport(wanted, placement, obstacle, is_leaving=True)


def _is_held(tenant: Manifest, uid: str) -> bool:
    metadata = tenant["metadata"]
    return metadata["uid"] == uid and HUB_FINALIZER in (metadata.get("finalizers") or ())
