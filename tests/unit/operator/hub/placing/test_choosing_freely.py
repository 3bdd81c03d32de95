"""Where the hub puts a tenant that leaves it to the hub, what it says, and when it moves one."""

from __future__ import annotations

from typing import Any

import pytest

from support.hub_fleet import FleetModel


@pytest.fixture
def fleet() -> FleetModel:
    """Return three regions: two under one law, one under another."""
    model = FleetModel()
    model.put_region("ar-1", capacity=4)
    model.put_region("ar-2", capacity=2)
    model.put_region("uy-1", jurisdiction="UY", capacity=4)
    return model


def reason_of(fleet: FleetModel, key: str = "t") -> tuple[str, str]:
    """Return why a tenant has fewer regions than it asks for."""
    lacking = fleet.ask(key).lacking
    assert lacking is not None
    return lacking.reason, lacking.message


def test_the_emptiest_by_share_of_capacity_comes_first_and_then_by_name(fleet: FleetModel) -> None:
    for key in ("a", "b", "c", "d", "e"):
        fleet.put_tenant(key)
        fleet.reconcile(key)

    assert [fleet.where(key) for key in "abcde"] == [
        ["ar-1"],
        ["ar-2"],
        ["uy-1"],
        ["ar-1"],
        ["uy-1"],
    ]


def test_standbys_are_other_regions_and_with_spread_under_other_laws(fleet: FleetModel) -> None:
    fleet.put_tenant("near", placement={"standbys": 1})
    fleet.put_tenant("far", placement={"standbys": 1, "spread": "Jurisdiction"})
    fleet.settle()

    assert fleet.where("near") == ["ar-1", "ar-2"]
    assert fleet.where("far") == ["uy-1", "ar-1"]


def test_what_does_not_fit_is_told_region_by_region(fleet: FleetModel) -> None:
    fleet.put_region("ar-1", cordoned=True)
    fleet.put_region("ar-2", capacity=0)
    fleet.put_region("ar-3", draining=True)
    fleet.put_tenant("t", residency={"jurisdictions": ["AR"]})

    choice = fleet.ask("t")

    assert (choice.wanted, choice.home, choice.serving) == ((), None, None)
    assert choice.is_waiting
    assert reason_of(fleet) == (
        "NoRegionFits",
        "No region fits: ar-1: cordoned; ar-2: full (0 of 0); ar-3: being drained;"
        " uy-1: UY is not allowed.",
    )


def test_where_a_standby_is_missing_the_home_is_served_and_the_rest_is_told(
    fleet: FleetModel,
) -> None:
    fleet.put_tenant("t", placement={"standbys": 2, "spread": "Jurisdiction"})
    fleet.settle()

    assert fleet.where("t") == ["ar-1", "uy-1"]
    assert reason_of(fleet)[1] == (
        "No region fits as standby (1 of 2 missing): ar-2: AR has ar-1 already."
    )


def test_without_any_region_it_says_so() -> None:
    fleet = FleetModel()
    fleet.put_tenant("t")

    assert reason_of(fleet)[1] == "No region fits: there is no other Region."


def test_two_tenants_at_the_same_moment_see_each_others_wishes(fleet: FleetModel) -> None:
    for name in ("ar-1", "uy-1"):
        fleet.edit_region(name, cordoned=True)
    keys = ("a", "b", "c")
    for key in keys:
        fleet.put_tenant(key)

    choices = [fleet.choose(key) for key in keys]

    assert [[w.name for w in choice.wanted] for choice in choices] == [["ar-2"], ["ar-2"], []]


@pytest.mark.parametrize(
    "change",
    [{"cordoned": True}, {"capacity": 0}],
    ids=["cordoned", "overfull"],
)
def test_who_is_there_stays(fleet: FleetModel, change: dict[str, Any]) -> None:
    fleet.put_tenant("t")
    fleet.settle()
    fleet.edit_region("ar-1", **change)
    fleet.settle()

    assert fleet.where("t") == ["ar-1"]
    assert fleet.ask("t").lacking is None


def test_a_drained_home_is_left_only_once_another_serves(fleet: FleetModel) -> None:
    fleet.put_tenant("t")
    fleet.settle()
    fleet.slow.add("uy-1")
    fleet.edit_region("ar-1", draining=True)
    fleet.edit_region("ar-2", capacity=0)

    moving = fleet.reconcile("t")
    fleet.settle()

    assert [(w.name, w.role, w.origin) for w in moving.wanted] == [
        ("uy-1", "Home", "Chosen"),
        ("ar-1", "Home", "Leaving"),
    ]
    assert moving.serving is moving.wanted[1]
    assert moving.wanted[1].waits is not None
    assert moving.wanted[1].waits.message == (
        "ar-1 is being drained: the tenant stays there until it is served in uy-1."
    )
    assert (fleet.active("t"), fleet.count("ar-1"), fleet.count("uy-1")) == ("ar-1", 1, 1)

    fleet.slow.clear()
    fleet.settle()

    assert (fleet.active("t"), fleet.count("ar-1"), fleet.count("uy-1")) == ("uy-1", 0, 1)
    assert fleet.where("t") == ["uy-1"]


def test_a_drain_that_is_called_off_in_time_moves_nobody(fleet: FleetModel) -> None:
    fleet.put_tenant("t")
    fleet.settle()
    fleet.slow.add("ar-2")
    fleet.edit_region("ar-1", draining=True)
    fleet.settle()
    assert fleet.where("t") == ["ar-2"]

    fleet.edit_region("ar-1", draining=False)
    fleet.settle()

    assert (fleet.where("t"), fleet.active("t")) == (["ar-1"], "ar-1")
    assert fleet.count("ar-2") == 0


def test_a_standby_takes_over_from_a_drained_home_and_another_stands_by(fleet: FleetModel) -> None:
    fleet.put_tenant("t", placement={"standbys": 1})
    fleet.settle()
    fleet.edit_region("ar-1", draining=True)
    fleet.settle()

    assert (fleet.where("t"), fleet.active("t")) == (["ar-2", "uy-1"], "ar-2")
    assert fleet.count("ar-1") == 0


def test_where_nothing_else_fits_a_drained_region_is_kept_and_told(fleet: FleetModel) -> None:
    fleet.put_tenant("t", residency={"jurisdictions": ["AR"]})
    fleet.settle()
    fleet.edit_region("ar-1", draining=True)
    fleet.edit_region("ar-2", draining=True)
    fleet.settle()

    choice = fleet.ask("t")

    assert (fleet.where("t"), choice.lacking, choice.is_waiting) == (["ar-1"], None, True)
    assert choice.wanted[0].waits is not None
    assert (choice.wanted[0].waits.reason, choice.wanted[0].waits.message) == (
        "NoRegionFits",
        "ar-1 is being drained, and no other fits: ar-2: being drained; uy-1: UY is not allowed.",
    )


def test_a_residency_that_forbids_a_region_is_obeyed_at_once(fleet: FleetModel) -> None:
    fleet.put_tenant("t")
    fleet.settle()
    fleet.slow.add("uy-1")
    fleet.put_tenant("t", residency={"jurisdictions": ["UY"]})

    choice = fleet.reconcile("t")

    assert [(w.name, w.origin, w.is_served) for w in choice.wanted] == [
        ("uy-1", "Chosen", True),
        ("ar-1", "Leaving", False),
    ]
    assert fleet.count("ar-1") == 0


def test_more_spread_replaces_what_is_against_it_and_fewer_standbys_leave(
    fleet: FleetModel,
) -> None:
    fleet.put_tenant("t", placement={"standbys": 1})
    fleet.settle()
    fleet.slow.add("uy-1")
    fleet.put_tenant("t", placement={"standbys": 1, "spread": "Jurisdiction"})
    fleet.settle()

    assert (fleet.where("t"), fleet.count("ar-2")) == (["ar-1", "uy-1"], 1)

    fleet.slow.clear()
    fleet.settle()
    assert fleet.count("ar-2") == 0

    fleet.put_tenant("t", placement={"standbys": 0})
    fleet.settle()
    assert (fleet.where("t"), fleet.count("uy-1")) == (["ar-1"], 0)


def test_a_region_that_is_registered_no_more_is_no_reason_to_move(fleet: FleetModel) -> None:
    fleet.put_tenant("t")
    fleet.settle()
    gone = fleet.regions.pop("ar-1")

    choice = fleet.ask("t")

    assert [(w.name, w.region) for w in choice.wanted] == [("ar-1", None)]

    fleet.regions["ar-1"] = gone
    fleet.settle()
    assert fleet.where("t") == ["ar-1"]


def test_a_tenant_that_lets_the_hub_choose_from_now_on_stays_where_it_is(
    fleet: FleetModel,
) -> None:
    fleet.put_tenant("t", placement={"home": "uy-1"})
    fleet.settle()
    assert fleet.where("t") == []

    fleet.put_tenant("t", placement={})
    fleet.settle()

    assert (fleet.where("t"), fleet.count("uy-1")) == (["uy-1"], 1)


def test_a_named_region_that_was_never_there_is_forgotten_by_the_choice(fleet: FleetModel) -> None:
    fleet.put_tenant("t", placement={"home": "ur-1"})
    fleet.settle()
    fleet.put_tenant("t", placement={})
    fleet.settle()

    assert fleet.where("t") == ["ar-1"]


def test_a_named_home_is_kept_and_its_standbys_are_chosen(fleet: FleetModel) -> None:
    fleet.put_tenant("t", placement={"home": "ar-2", "standbys": 1, "spread": "Jurisdiction"})
    fleet.settle()

    choice = fleet.ask("t")

    assert [(w.name, w.role, w.origin) for w in choice.wanted] == [
        ("ar-2", "Home", "Named"),
        ("uy-1", "Standby", "Chosen"),
    ]


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"cordoned": True}, "RegionCordoned", "cordoned"),
        ({"draining": True}, "RegionDraining", "being drained"),
        ({"capacity": 0}, "RegionFull", "full (0 of 0)"),
    ],
)
def test_a_named_region_is_closed_to_the_new_and_says_why(
    fleet: FleetModel, change: dict[str, Any], reason: str, words: str
) -> None:
    fleet.edit_region("uy-1", **change)
    fleet.put_tenant("t", placement={"home": "uy-1"})

    [home] = fleet.ask("t").wanted

    assert home.closed is not None
    assert (home.is_served, home.closed.reason, home.closed.message) == (False, reason, words)


@pytest.mark.parametrize(
    ("placement", "way"),
    [
        ({"home": "uy-1"}, "put standbys: 0 in place of spec.placement.home"),
        ({"home": "ar-1", "standby": ["uy-1"]}, "take it out of spec.placement.standby"),
    ],
    ids=["home", "standby"],
)
def test_who_names_a_drained_region_stays_and_is_told_the_way_out(
    fleet: FleetModel, placement: dict[str, Any], way: str
) -> None:
    fleet.put_tenant("t", placement=placement)
    fleet.settle()
    fleet.edit_region("uy-1", draining=True)
    fleet.settle()

    there = next(w for w in fleet.ask("t").wanted if w.name == "uy-1")

    assert there.is_served
    assert there.waits is not None
    assert there.waits.reason == "RegionDraining"
    assert way in there.waits.message


def test_without_a_placement_it_is_the_own_region_also_when_that_is_drained() -> None:
    fleet = FleetModel()
    fleet.put_region("own")
    fleet.put_region("other")
    fleet.put_tenant("t", placement=None)
    fleet.settle()
    fleet.edit_region("own", draining=True)

    [home] = fleet.ask("t").wanted

    assert (home.name, home.is_served, home.origin) == ("own", True, "Named")
    assert home.waits is not None
    assert "give it spec.placement {standbys: 0}" in home.waits.message


def test_what_is_new_is_to_be_written_down_before_it_is_carried_out(fleet: FleetModel) -> None:
    fleet.put_tenant("t")

    assert fleet.ask("t").is_news
    fleet.reconcile("t")
    assert not fleet.ask("t").is_news
