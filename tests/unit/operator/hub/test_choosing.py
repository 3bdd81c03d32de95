"""Which regions a tenant goes to."""

from __future__ import annotations

import pytest

from acuse.resources.region import Region
from acuse.resources.tenant import TenantSpec
from acuse_operator.hub.choosing import Choice, Wanted, choose
from acuse_operator.hub.placing.fitting import is_inside
from acuse_operator.hub.placing.past import read_past
from acuse_operator.hub.placing.picking import Fleet
from support.hub_values import region, spec

REGIONS = {"ar-1": region(), "uy-1": region("uy-1", jurisdiction="UY")}


def chosen(
    asked: TenantSpec, regions: dict[str, Region], *, placed: tuple[str, ...] = ()
) -> Choice:
    """Return the choice of a hub whose own region is ar-1."""
    past = read_past({}, dict.fromkeys(placed, "Home"))
    return choose(asked, past, Fleet(regions, lambda _: 0), own="ar-1")


def home_of(
    asked: TenantSpec, regions: dict[str, Region], *, placed: tuple[str, ...] = ()
) -> Wanted:
    """Return the home that is chosen."""
    home = chosen(asked, regions, placed=placed).home
    assert home is not None
    return home


def test_home_comes_first_and_then_its_standbys() -> None:
    asked = spec(placement={"home": "uy-1", "standby": ["ar-1"]})

    assert [(w.name, w.role, w.is_served) for w in chosen(asked, REGIONS).wanted] == [
        ("uy-1", "Home", True),
        ("ar-1", "Standby", True),
    ]


def test_without_a_placement_it_is_the_clusters_own_region_or_the_only_one() -> None:
    anywhere = spec(placement=None)

    assert home_of(anywhere, REGIONS).name == "ar-1"
    assert home_of(anywhere, {"uy-1": region("uy-1")}).name == "uy-1"
    assert home_of(anywhere, {}).region is None


def test_a_region_that_is_not_there_is_not_served() -> None:
    home = home_of(spec(placement={"home": "br-1"}), REGIONS)

    assert (home.region, home.is_served) == (None, False)


def test_a_cordoned_region_is_closed_to_the_new_and_open_to_who_is_there() -> None:
    regions = {"ar-1": region(cordoned=True)}

    assert not home_of(spec(), regions).is_served
    assert home_of(spec(), regions, placed=("ar-1",)).is_served


def test_residency_closes_regions_of_other_jurisdictions_also_to_who_is_there() -> None:
    home = home_of(spec(residency={"jurisdictions": ["UY"]}), REGIONS, placed=("ar-1",))

    assert (home.is_allowed, home.is_served) == (False, False)


@pytest.mark.parametrize(
    ("jurisdiction", "allowed", "inside"),
    [
        ("AR", ["AR"], True),
        ("US-CA", ["US"], True),
        ("US", ["US-CA"], False),
        ("US-CA", ["US-NY", "AR"], False),
        ("AR", [], False),
    ],
)
def test_a_part_is_inside_its_country_and_not_the_other_way_round(
    jurisdiction: str, allowed: list[str], inside: bool
) -> None:
    assert is_inside(jurisdiction, allowed) is inside
