"""Which regions a tenant goes to: what it asks for, less what does not exist or is not allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from acuse.resources.region import Region
from acuse.resources.tenant import TenantSpec
from acuse.resources.tenant_status import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """One region that the tenant asks for, and its place there."""

    name: str
    role: Role
    # None: no Region of this name can be read.
    region: Region | None
    # Its jurisdiction is one that the tenant allows.
    is_allowed: bool = True
    # It takes no new tenants, and this one would be new.
    is_closed: bool = False

    @property
    def is_served(self) -> bool:
        """Tell whether a placement belongs there."""
        return self.region is not None and self.is_allowed and not self.is_closed


@dataclass(frozen=True, slots=True)
class Choice:
    """The regions asked for, home first."""

    wanted: tuple[Wanted, ...]

    @property
    def home(self) -> Wanted:
        """Return the region that the tenant's webhooks go to."""
        return self.wanted[0]


def choose(
    spec: TenantSpec, regions: Mapping[str, Region], *, own: str, placed: Collection[str]
) -> Choice:
    """Return the regions of a tenant; `own` is this cluster's, `placed` where it is already."""
    allowed = spec.residency.jurisdictions if spec.residency is not None else None
    return Choice(
        tuple(
            _wanted(name, role, regions.get(name), allowed=allowed, is_new=name not in placed)
            for name, role in _names(spec, regions, own)
        )
    )


def _names(spec: TenantSpec, regions: Mapping[str, Region], own: str) -> list[tuple[str, Role]]:
    if spec.placement is not None:
        return [
            (spec.placement.home, "Home"),
            *((name, "Standby") for name in spec.placement.standby),
        ]
    if own not in regions and len(regions) == 1:
        return [(next(iter(regions)), "Home")]
    return [(own, "Home")]


def _wanted(
    name: str, role: Role, region: Region | None, *, allowed: Sequence[str] | None, is_new: bool
) -> Wanted:
    if region is None:
        return Wanted(name, role, None)
    return Wanted(
        name,
        role,
        region,
        is_allowed=allowed is None or is_inside(region.spec.jurisdiction, allowed),
        is_closed=is_new and region.spec.cordoned,
    )


def is_inside(jurisdiction: str, allowed: Sequence[str]) -> bool:
    """Tell whether a jurisdiction is allowed, or a part of one that is: US-CA is inside US."""
    return any(jurisdiction == each or jurisdiction.startswith(f"{each}-") for each in allowed)
