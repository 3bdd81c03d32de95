"""What a Tenant's status says of what a look at it found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acuse.resources.tenant_status import TenantStatus
from acuse_operator.conditions import find
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.findings import Findings, Obstacle, RegionReport
from acuse_operator.hub.numbers import NumberReport, Webhook, registered
from acuse_operator.hub.placing.fitting import Unfit
from acuse_operator.hub.sealing import SecretFault
from acuse_operator.hub.status import NewStatus, invalid_status, tenant_status
from acuse_operator.hub.verdicts import TYPES
from support.hub_values import NUMBER, placement, region, spec, view

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
URL = "https://ar-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
HOME = Wanted("ar-1", "Home", region())
GOOD = NumberReport(NUMBER, "Valid", "Valid", "fine", NOW, URL, registered(URL))
BROKEN = ("False", "WorkersStuck", "No worker starts.")


def findings(
    *,
    wanted: Wanted = HOME,
    status: dict[str, Any] | None = None,
    report: RegionReport | None = None,
    **changes: Any,
) -> Findings:
    found = Findings(
        view=view(status=status),
        spec=spec(),
        choice=Choice((wanted,)),
        regions=(report or RegionReport(wanted, placement()),),
        numbers=(GOOD,),
        secrets={},
        webhook_url=URL,
        is_registering=True,
        now=NOW,
    )
    return replace(found, **changes)


def said(new: NewStatus) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["reason"]) for c in new.status["conditions"]}


SERVED = tenant_status(findings()).status


def test_a_tenant_that_is_served_says_so_in_all_conditions_and_its_own_model_takes_it() -> None:
    new = tenant_status(findings())

    assert said(new) == {
        "Ready": ("True", "Serving"),
        "Progressing": ("False", "Settled"),
        "Degraded": ("False", "AsExpected"),
        "RegionsSynced": ("True", "Synced"),
        "ResidencyEnforced": ("True", "Unrestricted"),
        "WebhookRegistered": ("True", "Registered"),
        "CredentialsValid": ("True", "Valid"),
        "DriftDetected": ("False", "AsApplied"),
    }
    assert tuple(said(new)) == TYPES
    assert new.status["regionsReady"] == "1/1"
    assert new.status["active"] == "ar-1"
    TenantStatus.parse(new.status)


def test_looking_again_changes_nothing_and_tells_nothing() -> None:
    later = replace(findings(status=SERVED), now=NOW + timedelta(hours=1))

    assert tenant_status(later) == NewStatus(SERVED)


STUCK = RegionReport(HOME, placement(Ready=BROKEN))
NEW = RegionReport(HOME, placement(is_taken=False))
UNKNOWN = Wanted("ar-1", "Home", None)
FOREIGN = replace(HOME, is_allowed=False)
CLOSED = replace(HOME, closed=Unfit("RegionCordoned", "cordoned"))
MISSING = {NUMBER: SecretFault("SecretMissing", "Secret whatsapp does not exist.")}
REJECTED = replace(GOOD, credentials="Invalid", credentials_reason="TokenRejected", message="no")
UNSET = replace(GOOD, override_url=None, webhook=Webhook("False", "RouteNotReachable", "no"))
LOST = replace(GOOD, override_url="https://x", webhook=Webhook("False", "Overridden", "changed"))
SILENT = replace(
    GOOD, credentials="Unknown", credentials_reason="GraphUnavailable", message="silence"
)


@pytest.mark.parametrize(
    ("found", "ready", "progressing", "degraded"),
    [
        (findings(report=NEW), "Applying", True, False),
        (findings(report=NEW, status=SERVED), "Applying", True, False),
        (findings(report=STUCK), "RegionNotReady", True, False),
        (findings(report=STUCK, status=SERVED), "RegionNotReady", True, True),
        (findings(wanted=UNKNOWN, report=RegionReport(UNKNOWN)), "UnknownRegion", False, False),
        (
            findings(wanted=FOREIGN, report=RegionReport(FOREIGN)),
            "JurisdictionNotAllowed",
            False,
            False,
        ),
        (findings(wanted=CLOSED, report=RegionReport(CLOSED)), "RegionCordoned", False, False),
        (
            findings(report=RegionReport(HOME), secrets=MISSING, numbers=()),
            "SecretMissing",
            False,
            False,
        ),
        (findings(numbers=(REJECTED,)), "TokenRejected", False, True),
        (findings(numbers=(UNSET,)), "RouteNotReachable", False, True),
        (findings(numbers=(LOST,), status=SERVED), "Overridden", False, True),
        (
            findings(
                report=RegionReport(HOME, placement(is_taken=False), Obstacle("RegionRefused", "x"))
            ),
            "RegionRefused",
            False,
            True,
        ),
    ],
    ids=[
        "new", "edited", "starting", "broken", "unknown-region", "foreign", "cordoned",
        "secret-missing", "token", "route", "overridden", "refused",
    ],
)  # fmt: skip
def test_what_is_in_the_way_makes_it_unready_with_its_reason(
    found: Findings, ready: str, progressing: bool, degraded: bool
) -> None:
    conditions = said(tenant_status(found))

    assert conditions["Ready"] == ("False", ready)
    assert conditions["Progressing"][0] == str(progressing)
    assert conditions["Degraded"][0] == str(degraded)


@pytest.mark.parametrize(
    ("found", "degraded"),
    [
        (findings(numbers=(SILENT,)), ("False", "AsExpected")),
        (findings(secrets=MISSING), ("True", "SecretMissing")),
    ],
    ids=["meta-silent", "secret-gone"],
)
def test_what_does_not_stop_the_receipts_leaves_it_ready(
    found: Findings, degraded: tuple[str, str]
) -> None:
    conditions = said(tenant_status(found))

    assert conditions["Ready"] == ("True", "Serving")
    assert conditions["Degraded"] == degraded


def test_a_number_that_was_never_served_keeps_the_tenant_unready_though_another_is() -> None:
    other = {"2": SecretFault("SecretMissing", "Secret other does not exist.")}

    assert said(tenant_status(findings(secrets=other)))["Ready"] == ("False", "SecretMissing")


def test_a_suspended_tenant_is_not_ready_and_nothing_is_wrong_with_it() -> None:
    resting = placement(suspend=True, Ready=("False", "Suspended", "It rests."))
    found = findings(report=RegionReport(HOME, resting), spec=spec(suspend=True), status=SERVED)
    conditions = said(tenant_status(found))

    assert conditions["Ready"] == ("False", "Suspended")
    assert conditions["Degraded"] == ("False", "AsExpected")
    assert conditions["Progressing"] == ("False", "Settled")
    assert conditions["WebhookRegistered"] == ("True", "Registered")


def test_deletion_that_is_not_allowed_is_said_while_the_tenant_is_served() -> None:
    deleted = view(metadata={"deletionTimestamp": "2026-11-22T09:00:00Z"}, deletionProtection=True)
    conditions = said(tenant_status(replace(findings(), view=deleted)))

    assert conditions["Ready"] == ("True", "Serving")
    assert conditions["Degraded"] == ("True", "DeletionProtected")


def test_an_operator_that_does_not_register_needs_no_registration() -> None:
    unmanaged = NumberReport(NUMBER, message="This operator does not ask Meta.")
    conditions = said(tenant_status(findings(is_registering=False, numbers=(unmanaged,))))

    assert conditions["Ready"] == ("True", "Serving")
    assert conditions["WebhookRegistered"] == ("Unknown", "NotManaged")
    assert conditions["CredentialsValid"] == ("Unknown", "NotManaged")


@pytest.mark.parametrize(
    ("report", "last", "phase"),
    [
        (RegionReport(HOME), "", "Pending"),
        (NEW, "Pending", "Applied"),
        (RegionReport(HOME, placement()), "Applied", "Ready"),
        (STUCK, "Applied", "Applied"),
        (STUCK, "Ready", "Degraded"),
        (STUCK, "Degraded", "Degraded"),
        (RegionReport(HOME, placement(), is_leaving=True), "Ready", "Deleting"),
        (RegionReport(UNKNOWN), "Ready", "Unknown"),
        (
            RegionReport(HOME, placement(), Obstacle("RegionUnreachable", "silence")),
            "Ready",
            "Unknown",
        ),
    ],
    ids=["new", "given", "ready", "starting", "broken", "still", "leaving", "unknown", "silent"],
)
def test_a_regions_phase_follows_from_what_is_seen_and_what_was(
    report: RegionReport, last: str, phase: str
) -> None:
    before = {"regions": [{"name": "ar-1", "phase": last, "since": "2026-01-01T00:00:00Z"}]}
    [state] = tenant_status(findings(report=report, status=before)).status["regions"]

    assert state["phase"] == phase
    assert state["since"] == ("2026-01-01T00:00:00Z" if phase == last else "2026-11-22T10:00:00Z")


def test_drift_is_passed_on_with_the_regions_own_words() -> None:
    drifted = placement(DriftDetected=("True", "FieldChanged", "spec.replicas by kubectl"))
    new = tenant_status(findings(report=RegionReport(HOME, drifted)))

    found = find(new.status["conditions"], "DriftDetected")
    assert found is not None
    assert (found["reason"], found["message"]) == (
        "FieldChanged",
        "ar-1: spec.replicas by kubectl",
    )


def test_a_tenant_whose_spec_cannot_be_read_stays_as_it_was_but_for_saying_so() -> None:
    broken = view(status=SERVED, currency="no currency")
    new = invalid_status(broken, now=NOW)

    assert said(new)["Ready"] == ("False", "InvalidSpec")
    assert said(new)["Degraded"] == ("True", "InvalidSpec")
    assert said(new)["RegionsSynced"] == ("True", "Synced")
    assert new.status["regions"] == SERVED["regions"]
    assert said(invalid_status(view(currency="x"), now=NOW))["Degraded"][0] == "False"
