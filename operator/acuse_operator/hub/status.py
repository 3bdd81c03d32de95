"""A Tenant's whole status, from what a look at it found and what it said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acuse.resources.names import API_VERSION
from acuse.resources.tenant import TenantSpec
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import (
    Condition,
    Written,
    set_conditions,
    shorten,
    timestamp,
)
from acuse_operator.hub.choosing import Wanted
from acuse_operator.hub.findings import Findings
from acuse_operator.hub.numbers import NumberReport
from acuse_operator.hub.regions import is_ready, region_state, webhook_url
from acuse_operator.hub.tenant import TenantView
from acuse_operator.hub.verdicts import invalid, verdicts


@dataclass(frozen=True, slots=True)
class NewStatus:
    """A status to be written."""

    status: dict[str, Any]


def tenant_status(findings: Findings) -> NewStatus:
    """Return the status that the findings amount to."""
    view, last = findings.view, findings.view.status
    before: Sequence[Written] = last.get("conditions") or ()
    said = verdicts(findings, before)
    states = {state["name"]: state for state in last.get("regions") or ()}
    asked = [report for report in findings.regions if report.wanted.origin != "Leaving"]
    ready = [report.wanted.name for report in asked if is_ready(report)]
    count = sum(w.origin != "Leaving" for w in findings.choice.wanted) + findings.choice.missing
    status: dict[str, Any] = {
        "observedGeneration": view.generation,
        "conditions": _conditions(view, before, said, now=findings.now),
        "regions": [
            region_state(report, states.get(report.wanted.name), now=findings.now)
            for report in findings.regions
        ],
        "regionsReady": f"{len(ready)}/{count}",
        "residency": residency(findings.spec),
        "numbers": [_number(report) for report in findings.numbers],
    }
    active = _active(findings, ready)
    if active is not None:
        status["active"] = active
    if findings.webhook_url is not None:
        status["webhookURL"] = findings.webhook_url
    return NewStatus(status)


def _active(findings: Findings, ready: Sequence[str]) -> str | None:
    """Return the region that serves the tenant; another only once its webhooks go there."""
    choice, last = findings.choice, findings.view.status.get("active")
    home, serving = choice.home, choice.serving
    if serving is None:
        return None
    if not choice.is_moving:
        return serving.name if serving.name in ready or last == serving.name else None
    if home is not None and home.name in ready and _is_registered_at(findings, home):
        return home.name
    return serving.name


def _is_registered_at(findings: Findings, home: Wanted) -> bool:
    """Tell whether all webhooks go to a region; unless we set them, nobody says where they go."""
    if not findings.is_registering or home.region is None:
        return True
    url = webhook_url(home.region, findings.view.key)
    return all(
        number.override_url == url and number.webhook.status == "True"
        for number in findings.numbers
    )


def invalid_status(view: TenantView, *, now: datetime) -> NewStatus:
    """Return the status of a Tenant whose spec cannot be read: the rest stays as it was."""
    before: Sequence[Written] = view.status.get("conditions") or ()
    said = invalid(view.fault, before)
    status = dict(view.status)
    status["observedGeneration"] = view.generation
    status["conditions"] = _conditions(view, before, said, now=now)
    return NewStatus(status)


def _conditions(
    view: TenantView, before: Sequence[Written], said: Sequence[Condition], *, now: datetime
) -> list[Written]:
    return set_conditions(before, said, generation=view.generation, now=now)


def residency(spec: TenantSpec) -> str:
    """Return the allowed jurisdictions in a word, for `kubectl get`."""
    return "any" if spec.residency is None else ",".join(spec.residency.jurisdictions)


def _number(report: NumberReport) -> dict[str, Any]:
    number: dict[str, Any] = {
        "phoneNumberId": report.phone_number_id,
        "credentials": report.credentials,
    }
    if report.message:
        number["message"] = shorten(report.message)
    if report.override_url is not None:
        number["overrideURL"] = report.override_url
    if report.checked_at is not None:
        number["checkedAt"] = timestamp(report.checked_at)
    return number


def status_manifest(view: TenantView, status: Mapping[str, Any]) -> Manifest:
    """Return what is applied to the Tenant's status."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Tenant",
        "metadata": {"name": view.name, "namespace": view.namespace},
        "status": dict(status),
    }
