"""Whether a region takes a tenant, and if not, why not: a word for programs, some for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from acuse.resources.region import Region

# A condition is for people: nobody reads on after so many.
_TOLD: Final = 24


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a region does not take a tenant, or is not where it is to stay."""

    reason: str
    message: str


def is_inside(jurisdiction: str, allowed: Sequence[str]) -> bool:
    """Tell whether a jurisdiction is allowed, or a part of one that is: US-CA is inside US."""
    return any(jurisdiction == each or jurisdiction.startswith(f"{each}-") for each in allowed)


def is_allowed(region: Region, allowed: Sequence[str] | None) -> bool:
    """Tell whether a tenant may be in a region; without a residency it may be in any."""
    return allowed is None or is_inside(region.spec.jurisdiction, allowed)


def closed(region: Region, *, taken: int) -> Unfit | None:
    """Return why a region takes no new tenant beside the `taken` ones that it has."""
    spec = region.spec
    if spec.draining:
        return Unfit("RegionDraining", "being drained")
    if spec.cordoned:
        return Unfit("RegionCordoned", "cordoned")
    if spec.capacity is not None and taken >= spec.capacity:
        return Unfit("RegionFull", f"full ({taken} of {spec.capacity})")
    return None


def load(region: Region, *, taken: int) -> tuple[Fraction, int, str]:
    """Return what regions are ordered by, the emptiest first: share of capacity, count, name."""
    share = Fraction(taken, region.spec.capacity) if region.spec.capacity else Fraction(0)
    return share, taken, region.metadata.name


def listed(why: Iterable[tuple[str, str]]) -> str:
    """Return why each region by name was not chosen, in one text."""
    told = [f"{name}: {words}" for name, words in sorted(why)]
    if not told:
        return "there is no other Region"
    more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return "; ".join([*told[:_TOLD], *more])
