"""Which regions a tenant goes to."""

from __future__ import annotations

import pytest

from acuse_operator.hub.choosing import choose, is_inside
from support.hub_values import region, spec

REGIONS = {"ar-1": region(), "uy-1": region("uy-1", jurisdiction="UY")}


def test_home_comes_first_and_then_its_standbys() -> None:
    wanted = choose(
        spec(placement={"home": "uy-1", "standby": ["ar-1"]}), REGIONS, own="ar-1", placed=[]
    ).wanted

    assert [(w.name, w.role, w.is_served) for w in wanted] == [
        ("uy-1", "Home", True),
        ("ar-1", "Standby", True),
    ]


def test_without_a_placement_it_is_the_clusters_own_region_or_the_only_one() -> None:
    anywhere = spec(placement=None)

    assert choose(anywhere, REGIONS, own="ar-1", placed=[]).home.name == "ar-1"
    assert choose(anywhere, {"uy-1": region("uy-1")}, own="ar-1", placed=[]).home.name == "uy-1"
    assert choose(anywhere, {}, own="ar-1", placed=[]).home.region is None


def test_a_region_that_is_not_there_is_not_served() -> None:
    home = choose(spec(placement={"home": "br-1"}), REGIONS, own="ar-1", placed=[]).home

    assert (home.region, home.is_served) == (None, False)


def test_a_cordoned_region_is_closed_to_the_new_and_open_to_who_is_there() -> None:
    regions = {"ar-1": region(cordoned=True)}

    assert not choose(spec(), regions, own="ar-1", placed=[]).home.is_served
    assert choose(spec(), regions, own="ar-1", placed=["ar-1"]).home.is_served


def test_residency_closes_regions_of_other_jurisdictions_also_to_who_is_there() -> None:
    home = choose(
        spec(residency={"jurisdictions": ["UY"]}), REGIONS, own="ar-1", placed=["ar-1"]
    ).home

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
