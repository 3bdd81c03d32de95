"""Which regions a tenant goes to: those it names, or those that the hub chooses and keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from acuse.resources.region import Region
from acuse.resources.tenant import Placement, TenantSpec
from acuse.resources.tenant_status import Role
from acuse_operator.hub.placing.fitting import Unfit, closed, is_allowed
from acuse_operator.hub.placing.past import Past
from acuse_operator.hub.placing.picking import Fleet, Picks, Request, pick

# Named by the spec, or by the want of one; chosen by the hub; or left once others serve instead.
Origin = Literal["Named", "Chosen", "Leaving"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One region that the tenant is to be in, and its place there."""

    name: str
    role: Role
    # None: no Region of this name can be read.
    region: Region | None
    # Its jurisdiction is one that the tenant allows.
    is_allowed: bool = True
    # Why it takes no new tenants; None where it does, or where this one is not new.
    closed: Unfit | None = None
    origin: Origin = "Named"
    # Why the tenant is not to stay, and what it waits for; it is served there until then.
    waits: Unfit | None = None

    @property
    def is_served(self) -> bool:
        """Tell whether a placement belongs there."""
        return self.region is not None and self.is_allowed and self.closed is None


@dataclass(frozen=True, slots=True)
class Choice:
    """The regions of a tenant, home first, then its standbys, then what it leaves."""

    wanted: tuple[Wanted, ...]
    # How many there are fewer than asked for, and why.
    missing: int = 0
    lacking: Unfit | None = None
    # The hub chose a region that the Tenant's status does not tell of: it is to be written there
    # before anything is given to the region, or a hub that starts anew would choose again.
    is_news: bool = False

    @property
    def home(self) -> Wanted | None:
        """Return the region that is to serve the tenant; None where none fits."""
        return next((w for w in self.wanted if w.role == "Home" and w.origin != "Leaving"), None)

    @property
    def serving(self) -> Wanted | None:
        """Return the region that serves it until then: the home, unless another is left first."""
        left = (w for w in self.wanted if w.role == "Home" and w.origin == "Leaving")
        return next((w for w in left if w.is_served), self.home)

    @property
    def is_moving(self) -> bool:
        """Tell whether another region is to serve the tenant than does now."""
        return self.serving != self.home

    @property
    def is_waiting(self) -> bool:
        """Tell whether something might be found later that is not there now."""
        return self.lacking is not None or any(w.closed or w.waits for w in self.wanted)


def choose(spec: TenantSpec, past: Past, fleet: Fleet, *, own: str) -> Choice:
    """Return the regions of a tenant; `own` is this cluster's name as a region."""
    request = _request(spec)
    if request is None:
        named = tuple(
            _named(spec, name, role, past, fleet) for name, role in _names(spec, fleet, own)
        )
        return Choice(named)
    picks = pick(request, past, fleet)
    chosen = tuple(_picked(spec, each.name, picks, past, fleet) for each in picks.found)
    return Choice(
        (*chosen, *_left(request, picks, past, fleet)),
        missing=picks.missing,
        lacking=picks.lacking,
        is_news=any(w.origin == "Chosen" and past.is_new(w.name) for w in chosen),
    )


def _request(spec: TenantSpec) -> Request | None:
    """Return what is left to the hub; None where the tenant names its regions, or says nothing."""
    placement = spec.placement
    if placement is None or (placement.home is not None and not placement.standbys):
        return None
    return Request(
        placement.home,
        standbys=placement.standbys or 0,
        spread=placement.spread or "None",
        allowed=_allowed(spec),
    )


def _allowed(spec: TenantSpec) -> tuple[str, ...] | None:
    return None if spec.residency is None else tuple(spec.residency.jurisdictions)


def _names(spec: TenantSpec, fleet: Fleet, own: str) -> list[tuple[str, Role]]:
    placement = spec.placement
    if placement is not None and placement.home is not None:
        return [(placement.home, "Home"), *((name, "Standby") for name in placement.standby)]
    if own not in fleet.regions and len(fleet.regions) == 1:
        return [(next(iter(fleet.regions)), "Home")]
    return [(own, "Home")]


def _named(spec: TenantSpec, name: str, role: Role, past: Past, fleet: Fleet) -> Wanted:
    region = fleet.regions.get(name)
    if region is None:
        return Wanted(name, role, None)
    may = is_allowed(region, _allowed(spec))
    if not past.is_new(name):
        waits = _stays(role, spec.placement) if region.spec.draining and may else None
        return Wanted(name, role, region, is_allowed=may, waits=waits)
    return Wanted(
        name, role, region, is_allowed=may, closed=closed(region, taken=fleet.taken(name))
    )


def _stays(role: Role, placement: Placement | None) -> Unfit:
    """Return what a tenant that names a region which is being drained waits for."""
    if placement is None:
        way = "give it spec.placement {standbys: 0}, and the hub chooses another region"
    elif role == "Home":
        way = "put standbys: 0 in place of spec.placement.home, and the hub chooses another region"
    else:
        way = "take it out of spec.placement.standby"
    return Unfit("RegionDraining", f"It is being drained, and the tenant stays by its spec: {way}.")


def _picked(spec: TenantSpec, name: str, picks: Picks, past: Past, fleet: Fleet) -> Wanted:
    found = next(each for each in picks.found if each.name == name)
    placement = spec.placement
    if placement is not None and placement.home == name:
        return _named(spec, name, "Home", past, fleet)
    return Wanted(name, found.role, fleet.regions.get(name), origin="Chosen", waits=found.waits)


def _left(request: Request, picks: Picks, past: Past, fleet: Fleet) -> Iterator[Wanted]:
    """Yield the regions that are left: once others serve instead, or at once by residency."""
    was = [name for name in past.roles if name in past.there and name not in picks.names]
    was.sort(key=lambda name: name != past.active)
    for name in was:
        region = fleet.regions.get(name)
        if region is None:
            continue
        may = is_allowed(region, request.allowed)
        if may and (name in past.going or not picks.is_moved_from(past)):
            continue
        yield Wanted(
            name,
            "Home" if name == past.active else "Standby",
            region,
            is_allowed=may,
            origin="Leaving",
            waits=Unfit("Moving", _until(name, region, picks)),
        )


def _until(name: str, region: Region, picks: Picks) -> str:
    others = ", ".join(picks.names)
    why = "is being drained" if region.spec.draining else "is not one of its regions any more"
    until = f"it is served in {others}" if others else "a region fits"
    return f"{name} {why}: the tenant stays there until {until}."
