"""A Tenant's conditions: what a look at it found, in words that a platform engineer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from acuse_operator.conditions import Condition, Status, conditions_of, find, status_of
from acuse_operator.hub.findings import Findings, Obstacle, RegionReport
from acuse_operator.hub.regions import (
    UNHEARD,
    drift_detected,
    is_ready,
    is_served_as_asked,
    is_taken,
    regions_synced,
    residency_enforced,
)

TYPES: Final = (
    "Ready",
    "Progressing",
    "Degraded",
    "RegionsSynced",
    "ResidencyEnforced",
    "WebhookRegistered",
    "CredentialsValid",
    "DriftDetected",
)
# What passes by itself: somebody is at it already.
PASSING: Final = frozenset(
    {
        "Applying",
        "Moving",
        "NotChecked",
        "NotPlaced",
        "RegionNotReady",
        "Registering",
        "RouteNotReady",
    }
)
# What goes on while a tenant is served.
_MEANWHILE: Final = frozenset({"Applying", "Leaving", "Moving"})


def verdicts(findings: Findings, before: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Return all conditions of a Tenant; `before` is what they said last."""
    synced = regions_synced(findings)
    credentials = credentials_valid(findings)
    webhook = webhook_registered(findings)
    obstacle = _obstacle(findings, synced, credentials, webhook=webhook)
    return (
        _ready(findings, obstacle),
        _progressing(findings, obstacle, synced),
        _degraded(findings, obstacle, parts=(synced, credentials), before=before),
        synced,
        residency_enforced(findings),
        webhook,
        credentials,
        drift_detected(findings.regions),
    )


def invalid(fault: str, before: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    """Return the conditions of a Tenant whose spec cannot be read: it goes on as it was."""
    text = f"The spec cannot be used, so nothing was changed: {fault}"
    was_synced = find(before, "RegionsSynced") is not None
    degraded = Condition("Degraded", "True", "InvalidSpec", text)
    if not was_synced:
        degraded = Condition("Degraded", "False", "NotPlaced", "The tenant was never served.")
    return (
        Condition("Ready", "False", "InvalidSpec", text),
        Condition("Progressing", "False", "InvalidSpec", text),
        degraded,
    )


def credentials_valid(findings: Findings) -> Condition:
    """Say whether the numbers' credentials hold, as far as we and Meta know."""
    if findings.secrets:
        fault = next(iter(findings.secrets.values()))
        return Condition("CredentialsValid", "False", fault.reason, fault.message)
    if not findings.is_registering:
        text = "The Secrets can be used; this operator does not ask Meta."
        return Condition("CredentialsValid", "Unknown", "NotManaged", text)
    for verdict, status in (("Invalid", "False"), ("Unknown", "Unknown")):
        for number in findings.numbers:
            if number.credentials == verdict:
                reason = number.credentials_reason
                return Condition("CredentialsValid", _status(status), reason, number.message)
    count = len(findings.numbers)
    if not count:
        return Condition("CredentialsValid", "Unknown", "NotChecked", "Meta was not asked yet.")
    text = f"Meta accepts the credentials of {_numbers(count)}."
    return Condition("CredentialsValid", "True", "Valid", text)


def webhook_registered(findings: Findings) -> Condition:
    """Say whether Meta sends all numbers' webhooks to the tenant's route."""
    if not findings.is_registering:
        text = "This operator does not set webhooks at Meta."
        return Condition("WebhookRegistered", "Unknown", "NotManaged", text)
    for status in ("False", "Unknown"):
        for number in findings.numbers:
            if number.webhook.status == status:
                webhook = number.webhook
                text = f"Number {number.phone_number_id}: {webhook.message}"
                return Condition("WebhookRegistered", webhook.status, webhook.reason, text)
    moving = [n for n in findings.numbers if n.override_url not in {None, findings.webhook_url}]
    if moving and findings.choice.is_moving:
        text = f"Number {moving[0].phone_number_id}: Meta is about to be given another address."
        return Condition("WebhookRegistered", "False", "Registering", text)
    count = len(findings.numbers)
    if not count:
        text = "No number has credentials to register it with yet."
        return Condition("WebhookRegistered", "False", "NotPlaced", text)
    text = f"Meta sends the webhooks of {_numbers(count)} to {findings.webhook_url}."
    return Condition("WebhookRegistered", "True", "Registered", text)


def _status(text: str) -> Status:
    return "True" if text == "True" else "False" if text == "False" else "Unknown"


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"


def _home(findings: Findings) -> RegionReport | None:
    return next((r for r in findings.regions if r.wanted == findings.choice.serving), None)


def _obstacle(
    findings: Findings, synced: Condition, credentials: Condition, *, webhook: Condition
) -> Obstacle | None:
    """Return the first thing that keeps the tenant's receipts from flowing."""
    choice, home = findings.choice, _home(findings)
    unserved = findings.secrets.keys() - {n.phone_number_id for n in findings.numbers}
    found: Condition | None = None
    if unserved and choice.serving is not None and choice.serving.is_served:
        found = credentials
    elif home is not None and home.obstacle is not None and home.obstacle.reason in UNHEARD:
        text = f"Region {home.wanted.name}: {home.obstacle.message}"
        return Obstacle(home.obstacle.reason, text)
    elif home is None or home.placement is None or not is_taken(home):
        found = synced
    elif not is_ready(home):
        state = home.obstacle.message if home.obstacle else _said_by(home)
        return Obstacle("RegionNotReady", f"Region {home.wanted.name} is not ready: {state}")
    elif credentials.reason == "TokenRejected":
        found = credentials
    elif not choice.is_moving:
        # One that moves is served where it is; the other conditions tell of where it is to be.
        found = _unsettled(findings, synced, webhook)
    return None if found is None else Obstacle(found.reason, found.message)


def _unsettled(findings: Findings, synced: Condition, webhook: Condition) -> Condition | None:
    """Return what is not as it was asked for, though the home is ready."""
    # A standby that is not heard stops no receipt.
    if synced.status == "False" and not is_served_as_asked(findings):
        return synced
    is_unset = findings.is_registering and webhook.status != "True"
    return webhook if is_unset else None


def _said_by(report: RegionReport) -> str:
    ready = find(conditions_of(report.placement), "Ready")
    return str(ready.get("message")) if ready else "it says nothing yet."


def _ready(findings: Findings, obstacle: Obstacle | None) -> Condition:
    if findings.leaving is not None:
        return Condition("Ready", "False", "Deleting", findings.leaving.message)
    if obstacle is not None:
        status: Status = "Unknown" if obstacle.reason in UNHEARD else "False"
        return Condition("Ready", status, obstacle.reason, obstacle.message)
    serving = findings.choice.serving
    home = "no region" if serving is None else serving.name
    if findings.spec.suspend:
        text = f"Suspended: webhooks are kept in {home}, and nothing is done with them."
        return Condition("Ready", "False", "Suspended", text)
    where = f"{_numbers(len(findings.numbers))} in region {home}"
    told = "; Meta sends the webhooks there" if findings.is_registering else ""
    return Condition("Ready", "True", "Serving", f"Serving {where}{told}.")


def _progressing(findings: Findings, obstacle: Obstacle | None, synced: Condition) -> Condition:
    if findings.leaving is not None:
        return Condition("Progressing", "True", "Deleting", findings.leaving.message)
    if obstacle is None and synced.reason in _MEANWHILE:
        return Condition("Progressing", "True", synced.reason, synced.message)
    if obstacle is None:
        return Condition("Progressing", "False", "Settled", "There is nothing left to do.")
    if obstacle.reason in PASSING:
        return Condition("Progressing", "True", obstacle.reason, obstacle.message)
    text = f"Waiting for somebody to act: {obstacle.message}"
    return Condition("Progressing", "False", obstacle.reason, text)


def _degraded(
    findings: Findings,
    obstacle: Obstacle | None,
    *,
    parts: tuple[Condition, Condition],
    before: Sequence[Mapping[str, Any]],
) -> Condition:
    """Say whether the tenant, served before, now lacks something that somebody has to mend."""
    if findings.view.deleting_since is not None and findings.leaving is None:
        text = "Deletion was asked for, but spec.deletionProtection is true: set it to false first."
        return Condition("Degraded", "True", "DeletionProtected", text)
    was_served = any(r.placement is not None for r in findings.regions)
    if not was_served:
        return Condition("Degraded", "False", "NotPlaced", "The tenant was never served.")
    synced, credentials = parts
    if obstacle is None and synced.status == "Unknown":
        obstacle = Obstacle(synced.reason, synced.message)
    if obstacle is not None and _is_lasting(obstacle, before):
        return Condition("Degraded", "True", obstacle.reason, obstacle.message)
    if credentials.status == "False":
        text = f"{credentials.message} What it said last is used on."
        return Condition("Degraded", "True", credentials.reason, text)
    return Condition("Degraded", "False", "AsExpected", "Nothing is out of order.")


def _is_lasting(obstacle: Obstacle, before: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether it is out of order, and not just on its way for the first time."""
    if obstacle.reason == "Applying":
        return False
    if obstacle.reason not in PASSING:
        return True
    was_degraded = find(before, "Degraded") or {}
    was_out = (was_degraded.get("status"), was_degraded.get("reason")) == ("True", obstacle.reason)
    return was_out or status_of(before, "Ready") == "True"
