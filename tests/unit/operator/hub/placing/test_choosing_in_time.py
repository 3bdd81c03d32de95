"""What the hub role knows when it chooses: who is not heard, what is taken, what was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from acuse.resources.tenant_status import TenantStatus
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.findings import Obstacle
from acuse_operator.hub.link import Observed
from acuse_operator.hub.placing.chooser import Chooser, recorded
from acuse_operator.store import Store
from support.hub_values import region, tenant_object, view

NONE: Any = None
NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
REGIONS = {"ar-1": region(capacity=1), "ar-2": region("ar-2")}
FREE = {"placement": {"standbys": 0}}


@dataclass
class Link:
    """A region as its link knows it."""

    is_known: bool = True
    fault: Obstacle | None = None

    def obstacle(self) -> Obstacle | None:
        """Return what is in the way."""
        return self.fault

    def observed(self, key: str) -> Observed:
        """Return that nothing is there."""
        del key
        return Observed(None, None)


class Site:
    """A chooser with its links and its clock."""

    def __init__(self) -> None:
        self.links = {name: Link() for name in REGIONS}
        self.time = 0.0
        self.chooser = Chooser(NONE, Store(), self.links, own="own", clock=lambda: self.time)

    def choose(self, name: str = "acme") -> Choice | None:
        """Choose for a tenant that leaves it to the hub."""
        asked = view(metadata={"name": name}, **FREE)
        assert asked.spec is not None
        return self.chooser.choose(asked, asked.spec, REGIONS)

    def where(self, name: str = "acme") -> list[str]:
        """Return the regions that are chosen for a tenant."""
        choice = self.choose(name)
        assert choice is not None
        return [wanted.name for wanted in choice.wanted]


def test_a_hub_that_has_just_begun_waits_a_while_for_its_regions_to_be_heard() -> None:
    site = Site()
    site.links["ar-1"].is_known = False
    assert site.choose() is None

    site.time = 60.0
    assert site.where() == ["ar-2"]


def test_a_region_that_does_not_answer_gets_nobody_new() -> None:
    site = Site()
    site.links["ar-1"].fault = Obstacle("RegionUnreachable", "It does not answer.")

    assert site.where() == ["ar-2"]


def test_places_are_taken_when_they_are_chosen_and_free_once_the_tenant_is_gone() -> None:
    site = Site()

    assert [site.where(name) for name in ("a", "b")] == [["ar-1"], ["ar-2"]]

    site.chooser.forget("shops.a")
    assert site.where("c") == ["ar-1"]


def test_a_tenant_keeps_the_places_of_its_status_before_it_is_looked_at() -> None:
    site = Site()
    states = [{"name": "ar-1", "role": "Home", "phase": "Pending", "chosen": True}]
    site.chooser.seen(tenant_object(metadata={"name": "a"}, status={"regions": states}, **FREE))

    assert site.where("b") == ["ar-2"]


def test_a_choice_is_written_into_what_the_status_said() -> None:
    before = {"name": "ar-1", "role": "Home", "phase": "Ready", "hash": "ab", "chosen": True}
    new = Wanted("ar-2", "Home", REGIONS["ar-2"], origin="Chosen")
    left = replace(new, name="ar-1", origin="Leaving")

    states = list(recorded({"regions": [before]}, [new, left], now=NOW))

    assert states == [
        {
            "name": "ar-2",
            "role": "Home",
            "phase": "Pending",
            "since": "2026-11-26T07:00:00Z",
            "chosen": True,
        },
        {"name": "ar-1", "role": "Home", "phase": "Ready", "hash": "ab"},
    ]
    TenantStatus.parse({"regions": states})
