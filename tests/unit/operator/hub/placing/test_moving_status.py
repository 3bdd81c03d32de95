"""What is said of a tenant that moves, stays in a drained region, or has nowhere to go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.resources.tenant_status import TenantStatus
from acuse_operator.conditions import find
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.findings import Findings, RegionReport
from acuse_operator.hub.numbers import NumberReport, registered
from acuse_operator.hub.placing.fitting import Unfit
from acuse_operator.hub.status import NewStatus, tenant_status
from support.hub_values import NUMBER, placement, region, spec, view

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
OLD_URL = "https://ar-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
NEW_URL = "https://uy-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
MOVING = Unfit("Moving", "ar-1 is being drained: the tenant stays there until it is in uy-1.")
NEW = Wanted("uy-1", "Home", region("uy-1"), origin="Chosen")
OLD = Wanted("ar-1", "Home", region(draining=True), origin="Leaving", waits=MOVING)
SERVED = {"active": "ar-1"}


def number(url: str) -> NumberReport:
    """Return a number whose webhooks go to an address."""
    return NumberReport(NUMBER, "Valid", "Valid", "fine", NOW, url, registered(url))


def findings(choice: Choice, reports: tuple[RegionReport, ...], **changes: Any) -> Findings:
    """Return what a look at a tenant that was served found."""
    found = Findings(
        view=view(status=SERVED, placement={}),
        spec=spec(placement={}),
        choice=choice,
        regions=reports,
        numbers=(number(OLD_URL),),
        secrets={},
        webhook_url=OLD_URL,
        is_registering=True,
        now=NOW,
    )
    return replace(found, **changes)


def said(new: NewStatus, kind: str) -> tuple[str, str]:
    """Return the status and the reason of a condition."""
    condition = find(new.status["conditions"], kind)
    assert condition is not None
    return condition["status"], condition["reason"]


CHOICE = Choice((NEW, OLD))
STARTING = (RegionReport(NEW), RegionReport(OLD, placement()))
BOTH = (RegionReport(NEW, placement()), RegionReport(OLD, placement()))


def test_while_it_moves_it_is_ready_where_it_is() -> None:
    new = tenant_status(findings(CHOICE, STARTING))

    assert said(new, "Ready") == ("True", "Serving")
    assert said(new, "Progressing") == ("True", "Moving")
    assert said(new, "RegionsSynced") == ("False", "Moving")
    assert (new.status["active"], new.status["regionsReady"]) == ("ar-1", "0/1")
    assert [(s["name"], s.get("chosen")) for s in new.status["regions"]] == [
        ("uy-1", True),
        ("ar-1", None),
    ]
    assert new.status["regions"][1]["message"] == MOVING.message
    TenantStatus.parse(new.status)


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        ({"webhook_url": NEW_URL}, "ar-1"),
        ({"webhook_url": NEW_URL, "numbers": (number(NEW_URL),)}, "uy-1"),
        ({"numbers": (number(NEW_URL), number(OLD_URL)), "webhook_url": NEW_URL}, "ar-1"),
        ({"is_registering": False}, "uy-1"),
    ],
    ids=["webhooks-still-there", "webhooks-here", "one-still-there", "not-ours-to-set"],
)
def test_it_has_moved_once_the_region_is_ready_and_all_webhooks_go_there(
    changes: dict[str, Any], active: str
) -> None:
    assert tenant_status(findings(CHOICE, BOTH, **changes)).status["active"] == active


def test_webhooks_that_still_go_elsewhere_are_not_said_to_come() -> None:
    new = tenant_status(findings(CHOICE, BOTH, webhook_url=NEW_URL))

    assert said(new, "WebhookRegistered") == ("False", "Registering")
    assert said(new, "Ready") == ("True", "Serving")


def test_what_is_left_behind_makes_it_no_less_ready() -> None:
    left = RegionReport(replace(OLD, waits=None), placement(), is_leaving=True)
    found = findings(
        Choice((NEW,)),
        (RegionReport(NEW, placement()), left),
        view=view(status={"active": "uy-1"}, placement={}),
        webhook_url=NEW_URL,
        numbers=(number(NEW_URL),),
    )
    new = tenant_status(found)

    assert said(new, "Ready") == ("True", "Serving")
    assert said(new, "RegionsSynced") == ("False", "Leaving")
    assert said(new, "Progressing") == ("True", "Leaving")
    assert new.status["regionsReady"] == "1/1"


@pytest.mark.parametrize("reason", ["RegionDraining", "NoRegionFits"])
def test_who_stays_in_a_drained_region_is_ready_and_waits(reason: str) -> None:
    stays = replace(OLD, origin="Named", waits=Unfit(reason, "It waits."))
    new = tenant_status(findings(Choice((stays,)), (RegionReport(stays, placement()),)))

    assert said(new, "Ready") == ("True", "Serving")
    assert said(new, "RegionsSynced") == ("False", reason)
    assert said(new, "Degraded") == ("False", "AsExpected")
    assert new.status["regions"][0]["message"] == "It waits."


def test_without_any_region_it_says_why_not() -> None:
    why = Unfit("NoRegionFits", "No region fits: ar-1: full (2 of 2).")
    found = findings(
        Choice((), missing=1, lacking=why),
        (),
        view=view(placement={}),
        numbers=(),
        webhook_url=None,
    )
    new = tenant_status(found)

    assert said(new, "Ready") == ("False", "NoRegionFits")
    assert said(new, "RegionsSynced") == ("False", "NoRegionFits")
    assert said(new, "Progressing") == ("False", "NoRegionFits")
    assert said(new, "Degraded") == ("False", "NotPlaced")
    assert new.status["regionsReady"] == "0/1"
    assert "active" not in new.status
    TenantStatus.parse(new.status)


def test_without_a_standby_that_was_asked_for_it_is_not_ready_as_asked() -> None:
    home = Wanted("uy-1", "Home", region("uy-1"), origin="Chosen")
    why = Unfit("NoRegionFits", "No region fits as standby (1 of 1 missing).")
    found = findings(
        Choice((home,), missing=1, lacking=why),
        (RegionReport(home, placement()),),
        webhook_url=NEW_URL,
        numbers=(number(NEW_URL),),
    )
    new = tenant_status(found)

    assert said(new, "Ready") == ("False", "NoRegionFits")
    assert (new.status["regionsReady"], new.status["active"]) == ("1/2", "uy-1")
