"""What is said of each region of a tenant, and of all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from acuse.resources.names import webhook_path
from acuse.resources.region import Region
from acuse.resources.tenant_status import Phase
from acuse_operator.conditions import (
    Condition,
    Status,
    conditions_of,
    find,
    shorten,
    status_of,
    timestamp,
)
from acuse_operator.hub.findings import Findings, Obstacle, RegionReport

_TAKEN: Final = frozenset({"Ready", "Degraded"})
# Of a region that is not heard nothing is known: what it said last is not said again.
UNHEARD: Final = frozenset(
    {
        "RegionConnecting",
        "RegionSilent",
        "RegionUnauthorized",
        "RegionUnreachable",
    }
)


def region_state(
    report: RegionReport, before: Mapping[str, Any] | None, *, now: datetime
) -> dict[str, Any]:
    """Return a region's entry in the status; its times move only when what they date changes."""
    last = before or {}
    phase, message = _phase(report, str(last.get("phase", "")))
    state: dict[str, Any] = {
        "name": report.wanted.name,
        "role": report.wanted.role,
        "phase": phase,
    }
    state["since"] = last.get("since") if last.get("phase") == phase else None
    state["since"] = state["since"] or timestamp(now)
    if report.wanted.origin == "Chosen":
        state["chosen"] = True
    if message:
        state["message"] = shorten(message)
    if report.placement is not None and is_taken(report):
        spec = report.placement["spec"]
        state["appliedGeneration"] = spec["generation"]
        state["hash"] = spec["hash"]
        is_same = last.get("hash") == spec["hash"] and last.get("lastSyncTime")
        state["lastSyncTime"] = last["lastSyncTime"] if is_same else timestamp(now)
    return state


def is_taken(report: RegionReport) -> bool:
    """Tell whether the region took up what it was last given."""
    placement = report.placement
    if placement is None:
        return False
    wanted: str = report.hash or placement["spec"]["hash"]
    status: dict[str, Any] = placement.get("status") or {}
    return bool(placement["spec"]["hash"] == wanted == status.get("observedHash"))


def is_route_ready(report: RegionReport) -> bool:
    """Tell whether the tenant's webhooks would be answered there."""
    conditions = conditions_of(report.placement)
    return (
        is_taken(report)
        and status_of(conditions, "RouteReady") == "True"
        and status_of(conditions, "SecretReady") != "False"
    )


def is_open(report: RegionReport | None) -> bool:
    """Tell whether webhooks can be sent there, as far as is known now."""
    return report is not None and report.obstacle is None and is_route_ready(report)


def is_ready(report: RegionReport) -> bool:
    """Tell whether the region serves the tenant as it was last told to."""
    placement = report.placement
    if placement is None or not is_taken(report):
        return False
    if placement["spec"].get("suspend"):
        # Its workers rest; its webhooks are still kept.
        return is_route_ready(report)
    return status_of(conditions_of(placement), "Ready") == "True"


def _phase(report: RegionReport, last: str) -> tuple[Phase, str]:
    phase: Phase
    if report.is_leaving:
        text = report.obstacle.message if report.obstacle else "Its placement is being taken away."
        phase, message = "Deleting", text
    elif report.wanted.region is None:
        phase, message = "Unknown", f"There is no Region named {report.wanted.name}."
    elif report.obstacle is not None:
        phase = "Unknown" if report.obstacle.reason in {*UNHEARD, "NoRegionLink"} else "Pending"
        message = report.obstacle.message
    elif report.placement is None:
        phase, message = "Pending", _why_not_placed(report)
    elif not is_taken(report):
        phase, message = "Applied", "The region has not taken up the last change yet."
    elif is_ready(report):
        waits = report.wanted.waits
        phase, message = "Ready", waits.message if waits is not None else ""
    else:
        phase = "Degraded" if last in _TAKEN else "Applied"
        message = _what_the_region_says(report)
    return phase, message


def _why_not_placed(report: RegionReport) -> str:
    wanted = report.wanted
    if not wanted.is_allowed and wanted.region is not None:
        return f"The tenant's residency does not allow {wanted.region.spec.jurisdiction}."
    if wanted.closed is not None:
        return f"The region is {wanted.closed.message}: it takes no new tenants."
    return "The region was not given the tenant yet."


def _what_the_region_says(report: RegionReport) -> str:
    ready = find(conditions_of(report.placement), "Ready")
    return str(ready["message"]) if ready and ready.get("message") else "The region is not ready."


def regions_synced(findings: Findings) -> Condition:
    """Say whether every region asked for took up the Tenant as it is now."""
    lacking = findings.choice.lacking
    if lacking is not None:
        return Condition("RegionsSynced", "False", lacking.reason, lacking.message)
    obstacles = [o for o in map(_not_synced, findings.regions) if o is not None]
    waits = [o for o in map(_waits, findings.regions) if o is not None]
    if waits and (not obstacles or waits[0].reason == "Moving"):
        text = " ".join(o.message for o in [waits[0], *obstacles[:1]])
        return Condition("RegionsSynced", "False", waits[0].reason, text)
    # What is known to be amiss comes before what is not known.
    obstacles.sort(key=lambda obstacle: obstacle.reason in UNHEARD)
    for obstacle in obstacles:
        status: Status = "Unknown" if obstacle.reason in UNHEARD else "False"
        return Condition("RegionsSynced", status, obstacle.reason, obstacle.message)
    names = ", ".join(report.wanted.name for report in findings.regions)
    return Condition("RegionsSynced", "True", "Synced", f"Taken up by {names}.")


def _not_synced(report: RegionReport) -> Obstacle | None:
    wanted, name = report.wanted, report.wanted.name
    found: Obstacle | None = None
    if report.is_leaving:
        found = Obstacle("Leaving", f"{name}: the placement is being taken away.")
    elif wanted.region is None:
        found = Obstacle("UnknownRegion", f"There is no Region named {name}.")
    elif not wanted.is_allowed:
        # ResidencyEnforced speaks of it; here it is one region less than asked for.
        found = Obstacle("JurisdictionNotAllowed", f"{name}: {_why_not_placed(report)}")
    elif wanted.closed is not None:
        found = Obstacle(wanted.closed.reason, f"{name}: {_why_not_placed(report)}")
    elif report.obstacle is not None:
        found = Obstacle(report.obstacle.reason, f"{name}: {report.obstacle.message}")
    elif not is_taken(report):
        found = Obstacle("Applying", f"{name} has not taken up the last change yet.")
    return found


def _waits(report: RegionReport) -> Obstacle | None:
    """Return what a tenant waits for that is served in a region and is not to stay there."""
    wanted = report.wanted
    if wanted.waits is None or not wanted.is_served or report.is_leaving:
        return None
    return Obstacle(wanted.waits.reason, f"{wanted.name}: {wanted.waits.message}")


def is_served_as_asked(findings: Findings) -> bool:
    """Tell whether the tenant is in all the regions it is to be in, whatever else is going on."""
    asked = [r for r in findings.regions if r.wanted.origin != "Leaving" and not r.is_leaving]
    return findings.choice.lacking is None and all(_not_synced(r) is None for r in asked)


def webhook_url(region: Region, key: str) -> str:
    """Return the address of a tenant's webhooks in a region."""
    return f"{region.spec.intake_url}{webhook_path(key)}"


def residency_enforced(findings: Findings) -> Condition:
    """Say whether the tenant is in no region that it does not allow."""
    forbidden = [r for r in findings.regions if not r.wanted.is_allowed]
    if forbidden:
        present = [r.wanted.name for r in forbidden if r.placement is not None]
        names = ", ".join(_with_jurisdiction(r) for r in forbidden)
        text = f"Residency does not allow {names}: nothing is placed there."
        if present:
            text = f"Residency does not allow {names}: leaving {', '.join(present)}."
        return Condition("ResidencyEnforced", "False", "JurisdictionNotAllowed", text)
    places = ", ".join(_with_jurisdiction(r) for r in findings.regions if r.wanted.region)
    if findings.spec.residency is None:
        text = f"The tenant restricts no jurisdiction; it is in {places or 'no region'}."
        return Condition("ResidencyEnforced", "True", "Unrestricted", text)
    text = f"All regions are allowed: {places or 'there are none'}."
    return Condition("ResidencyEnforced", "True", "Allowed", text)


def _with_jurisdiction(report: RegionReport) -> str:
    region, name = report.wanted.region, report.wanted.name
    return f"{name} ({region.spec.jurisdiction})" if region is not None else name


def drift_detected(regions: Sequence[RegionReport]) -> Condition:
    """Say whether somebody else changed what we made for the tenant."""
    for report in regions:
        said = find(conditions_of(report.placement), "DriftDetected")
        if said is not None and said.get("status") == "True":
            text = f"{report.wanted.name}: {said.get('message', '')}"
            return Condition("DriftDetected", "True", str(said.get("reason") or "Changed"), text)
    return Condition("DriftDetected", "False", "AsApplied", "Everything is as it was applied.")
