"""The hub's choice of regions for a tenant that leaves it to the hub: as it was, if that may be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from acuse.resources.region import Region
from acuse.resources.tenant import Spread
from acuse.resources.tenant_status import Role
from acuse_operator.hub.placing.fitting import Unfit, closed, is_allowed, listed, load
from acuse_operator.hub.placing.past import Past


@dataclass(frozen=True, slots=True)
class Fleet:
    """The regions there are, and how full each is without the tenant in question."""

    regions: Mapping[str, Region]
    taken: Callable[[str], int]
    # Those that nothing is known of now: no new tenant is sent there.
    away: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a tenant leaves to the hub."""

    # None: the hub chooses it too.
    home: str | None
    standbys: int
    spread: Spread
    # None: any jurisdiction.
    allowed: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Pick:
    """One region that was found."""

    name: str
    role: Role
    # Why it is not to stay, though nothing better was found.
    waits: Unfit | None = None


@dataclass(slots=True)
class Picks:
    """What was found: the home first, and why the rest of what was asked for was not."""

    found: list[Pick] = field(default_factory=list[Pick])
    # Of how many none was found, and why.
    missing: int = 0
    lacking: Unfit | None = None

    @property
    def names(self) -> list[str]:
        """Return the names of what was found."""
        return [pick.name for pick in self.found]

    def is_moved_from(self, past: Past) -> bool:
        """Tell whether something else is to serve first, before what it was is left."""
        home = next((pick.name for pick in self.found if pick.role == "Home"), None)
        is_served = home is not None and home == past.active and past.ready.issuperset(self.names)
        return self.lacking is not None or not is_served


def pick(request: Request, past: Past, fleet: Fleet) -> Picks:
    """Return regions for a tenant: those that it has as far as they may stay, then the emptiest."""
    return _Search(request, past, fleet).run()


class _Search:
    """One search for regions, from the home on."""

    def __init__(self, request: Request, past: Past, fleet: Fleet) -> None:
        self._request = request
        self._past = past
        self._fleet = fleet
        self._picks = Picks()

    def run(self) -> Picks:
        """Fill the home, then the standbys."""
        if self._request.home is not None:
            self._take(self._request.home, "Home")
        else:
            self._fill("Home", 1)
        # A standby without a home stands by for nobody; still it holds what it has.
        self._fill("Standby", self._request.standbys)
        return self._picks

    def _fill(self, role: Role, count: int) -> None:
        for source in (self._kept, self._new, self._stuck):
            for name in source(role):
                if count == 0:
                    return
                if self._conflict(name) is None:
                    waits = self._stays(name) if source == self._stuck else None
                    self._take(name, role, waits)
                    count -= 1
        if count:
            self._lack(role, count)

    def _take(self, name: str, role: Role, waits: Unfit | None = None) -> None:
        self._picks.found.append(Pick(name, role, waits))

    # --- where from, best first -------------------------------------------------------------------

    def _before(self, role: Role) -> list[str]:
        """Return where the tenant was, in the order in which it is to stay.

        What serves it now comes before what was to serve it instead: a drain may be called off. A
        standby that is there becomes the home before a region that has nothing of it does.
        """
        past = self._past
        others = (name for name in past.roles if name in past.there - past.going)
        was = dict.fromkeys([*past.chosen, *others])
        first = past.active if role == "Home" else None
        return sorted(was, key=lambda name: (name != first, past.roles[name] != role))

    def _kept(self, role: Role) -> Iterator[str]:
        for name in self._before(role):
            region = self._fleet.regions.get(name)
            is_same = self._past.roles[name] == role
            if region is None:
                # One that is registered no more is no reason to move: it may be by mistake.
                is_kept = is_same
            else:
                is_up = is_same or name not in self._fleet.away
                is_kept = is_up and self._may(region) and not region.spec.draining
            if is_kept:
                yield name

    def _new(self, _role: Role) -> Iterator[str]:
        open_ones = [
            region
            for name, region in self._fleet.regions.items()
            if self._past.is_new(name) and self._unfit(region) is None
        ]
        open_ones.sort(key=lambda r: load(r, taken=self._fleet.taken(r.metadata.name)))
        yield from (region.metadata.name for region in open_ones)

    def _stuck(self, role: Role) -> Iterator[str]:
        """Yield where the tenant is and should not be, for want of anything else."""
        for name in self._before(role):
            region = self._fleet.regions.get(name)
            # What serves until another does is not made a standby in between.
            is_there = name in self._past.there and role in {"Home", self._past.roles[name]}
            if region is not None and is_there and region.spec.draining and self._may(region):
                yield name

    # --- what stands against it -------------------------------------------------------------------

    def _may(self, region: Region) -> bool:
        return is_allowed(region, self._request.allowed)

    def _unfit(self, region: Region) -> str | None:
        """Return why a region takes no new tenant of this kind."""
        name = region.metadata.name
        if not self._may(region):
            return f"{region.spec.jurisdiction} is not allowed"
        shut = closed(region, taken=self._fleet.taken(name))
        if shut is not None:
            return shut.message
        return "it does not answer" if name in self._fleet.away else None

    def _conflict(self, name: str) -> str | None:
        """Return what of the tenant's other regions stands against one."""
        if name in self._picks.names:
            return "the tenant has it already"
        region = self._fleet.regions.get(name)
        if self._request.spread != "Jurisdiction" or region is None:
            return None
        for other in self._picks.names:
            known = self._fleet.regions.get(other)
            if known is not None and known.spec.jurisdiction == region.spec.jurisdiction:
                return f"{region.spec.jurisdiction} has {other} already"
        return None

    # --- and what is said of it -------------------------------------------------------------------

    def _why(self, *, but: str = "") -> str:
        """Return why each region that was not chosen was not."""
        return listed(
            (name, self._unfit(region) or self._conflict(name) or "the tenant leaves it")
            for name, region in self._fleet.regions.items()
            if name != but and name not in self._picks.names
        )

    def _stays(self, name: str) -> Unfit:
        why = self._why(but=name)
        return Unfit("NoRegionFits", f"{name} is being drained, and no other fits: {why}.")

    def _lack(self, role: Role, count: int) -> None:
        self._picks.missing += count
        if self._picks.lacking is not None:
            return
        what = "No region fits"
        if role == "Standby":
            what = f"No region fits as standby ({count} of {self._request.standbys} missing)"
        self._picks.lacking = Unfit("NoRegionFits", f"{what}: {self._why()}.")
