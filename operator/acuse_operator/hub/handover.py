"""Gives each region what is wanted of it, and takes away what is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from acuse.errors import ApiRefused, ApiUnavailable, Unavailable
from acuse.resources.names import API_VERSION, HUB_FINALIZER, HUB_MANAGER
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_operator import metrics
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.compiling import Destination, compile_tenant
from acuse_operator.hub.findings import Obstacle, RegionReport
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.sealing import Found, Sealed, SecretFault, read_sealed, seal
from acuse_operator.hub.tenant import TenantView
from acuse_operator.store import Store

# A region that said no is asked again, for what its reason was may have gone.
_REFUSED_RETRY: Final = 30.0
_LEAVING_RETRY: Final = 5.0
_NEVER: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Load:
    """One Tenant with the credentials of its numbers, as it is handed over."""

    view: TenantView
    spec: TenantSpec
    found: Mapping[str, Found]


@dataclass(slots=True)
class Outcome:
    """What handing over came to, region by region."""

    reports: list[RegionReport] = field(default_factory=list[RegionReport])
    # What each region has of credentials.
    sealed: dict[str, Sealed] = field(default_factory=dict[str, Sealed])
    again: float = _NEVER
    # The region that did not answer, to be tried again soon.
    failure: Unavailable | None = None

    def look_in(self, seconds: float) -> None:
        """Ask for another look after so many seconds at the latest."""
        self.again = max(0.05, min(self.again, seconds))

    def report(self, region: str) -> RegionReport | None:
        """Return what is said of a region."""
        return next((r for r in self.reports if r.wanted.name == region), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everything that is handed over."""

    namespace: str
    overlap: timedelta
    # Of this hub; a region refuses writes of a lower one.
    epoch: int = 1


class HandOver:
    """The hub's hand on its regions."""

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

    def placed(self, key: str) -> list[str]:
        """Return the regions that have a tenant."""
        return [n for n, link in self._links.items() if link.observed(key).placement is not None]

    async def carry_out(self, load: Load, choice: Choice) -> Outcome:
        """Bring every region to the choice; what one of them refuses stops no other."""
        outcome = Outcome()
        for wanted in choice.wanted:
            outcome.reports.append(await self._one(load, wanted, outcome))
        asked = {wanted.name for wanted in choice.wanted}
        for name, link in self._links.items():
            if name not in asked and not link.observed(load.view.key).is_gone:
                report = await self._take_away(load, Wanted(name, "Standby", None), outcome)
                outcome.reports.extend([report] if report.is_leaving else [])
        return outcome

    async def _one(self, load: Load, wanted: Wanted, outcome: Outcome) -> RegionReport:
        link = self._links.get(wanted.name)
        if link is None:
            text = "This hub has no way to reach the region's cluster."
            obstacle = Obstacle("NoRegionLink", text) if wanted.region is not None else None
            return RegionReport(wanted, obstacle=obstacle)
        seen = link.observed(load.view.key)
        if not wanted.is_allowed and not seen.is_gone:
            return await self._take_away(load, wanted, outcome)
        sealed = self._seal(load, read_sealed(seen.sealed))
        if not wanted.is_served:
            return RegionReport(wanted, seen.placement)
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
        seen = link.observed(key).placement
        epoch = 0 if seen is None else int(seen["spec"]["epoch"])
        to = Destination(
            region=wanted.name,
            role=wanted.role,
            namespace=self._terms.namespace,
            epoch=max(self._terms.epoch, epoch),
        )
        compiled = compile_tenant(load.view, load.spec, outcome.sealed[wanted.name], to=to)
        if compiled is None:
            text = "No number of the tenant has credentials yet."
            return RegionReport(wanted, seen, Obstacle("NotPlaced", text))
        # What this cluster's own API says to that says nothing of the region.
        await self._hold(load.view)
        try:
            observed = await link.apply(key, compiled)
        except ApiRefused as exc:
            outcome.look_in(_REFUSED_RETRY)
            return RegionReport(wanted, seen, Obstacle("RegionRefused", f"It refused: {exc}."))
        except Unavailable as exc:
            outcome.failure = exc
            metrics.REGION_UP.labels(wanted.name).set(0)
            text = f"It does not answer: {exc}."
            return RegionReport(wanted, seen, Obstacle("RegionUnreachable", text))
        metrics.REGION_UP.labels(wanted.name).set(1)
        return RegionReport(wanted, observed.placement)

    async def _hold(self, view: TenantView) -> None:
        """Put our finalizer on the Tenant before anything of it is elsewhere."""
        if view.is_held or view.deleting_since is not None:
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

    async def _take_away(self, load: Load, wanted: Wanted, outcome: Outcome) -> RegionReport:
        """Have a region let the tenant go."""
        link = self._links[wanted.name]
        obstacle: Obstacle | None = None
        try:
            if await link.delete(load.view.key):
                return RegionReport(wanted)
        except (ApiRefused, ApiUnavailable) as exc:
            obstacle = Obstacle("RegionUnreachable", f"It cannot be told to let go: {exc}.")
        outcome.look_in(_LEAVING_RETRY)
        placement = link.observed(load.view.key).placement
        return RegionReport(wanted, placement, obstacle, is_leaving=True)
