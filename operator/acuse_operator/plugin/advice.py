"""What a person has to do about a tenant, in one line, from what its status says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import conditions_of, find, status_of

NOTHING: Final = "Nothing to do."

# By the reason of what is in the way; the message beside it names the object.
_ACTS: Final[Mapping[str, str]] = {
    "Suspended": "Set spec.suspend to false to have its receipts worked on again.",
    "DeletionProtected": "Set spec.deletionProtection to false if it is really to go.",
    "InvalidSpec": "Correct the Tenant's spec and apply it again.",
    "UnknownRegion": "Create the Region, or name another in spec.placement.",
    "RegionCordoned": "Uncordon the Region (kubectl acuse uncordon), or place it elsewhere.",
    "JurisdictionNotAllowed": "Allow the jurisdiction in spec.residency, or place it elsewhere.",
    "RegionDraining": "Take the region out of spec.placement, or end its drain.",
    "RegionFull": "Raise the Region's spec.capacity, or place the Tenant elsewhere.",
    "NoRegionFits": "Open a Region, raise a capacity, or allow another jurisdiction.",
    "RegionUnauthorized": "Put a kubeconfig that lets the hub in into the Secret of the Region.",
    "RegionSilent": "See to the operator in that region; what it made goes on.",
    "RegionRefused": "Give the hub's account in that region the right it lacks.",
    "RegionUnreachable": "See to that region's cluster; nothing is moved or deleted meanwhile.",
    "NoRegionLink": "Tell the hub in the Region's spec.access how to reach its cluster.",
    "SecretMissing": "Create the Secret that the Tenant names.",
    "SecretInvalid": "Put the missing key into the Secret that the Tenant names.",
    "NumberTaken": "Take the number out of one of the two Tenants.",
    "TokenRejected": "Put an access token that Meta accepts into the Tenant's Secret.",
    "RouteNotReachable": "See why the webhook's address cannot be reached from outside.",
    "GraphRefused": "Correct at Meta what its message says.",
    "NewerHub": "If this hub is the one to go on: kubectl acuse takeover.",
}
# Who is ill shows it first: a served tenant's Degraded, then what keeps it from being ready.
_ORDER: Final = (
    "Ready",
    "Degraded",
    "RegionsSynced",
    "CredentialsValid",
    "WebhookRegistered",
)


def advice(tenant: Manifest) -> str:
    """Return the one line that says what a person has to do, if anything."""
    conditions = conditions_of(tenant)
    unseen = _unseen(tenant)
    if unseen is not None:
        return unseen
    is_degraded = status_of(conditions, "Degraded") == "True"
    if status_of(conditions, "Ready") == "True" and not is_degraded:
        return NOTHING
    ready = find(conditions, "Ready")
    if (ready or {}).get("reason") == "Deleting":
        return f"Nothing, if it goes on: {_message(ready)}"
    if status_of(conditions, "Progressing") == "True" and not is_degraded:
        return f"Nothing yet, it comes by itself: {_message(find(conditions, 'Progressing'))}"
    return _act(conditions)


def _unseen(tenant: Manifest) -> str | None:
    """Return what to do about a Tenant that no hub has seen as it is now; None if one has."""
    status: Mapping[str, Any] = tenant.get("status") or {}
    if not conditions_of(tenant):
        return "Nothing yet: no hub has looked at it. If that stays so, see to the operator."
    generation: int = tenant["metadata"].get("generation", 0)
    if status.get("observedGeneration", generation) < generation:
        return "Nothing yet: the hub has not seen its last change. If that stays so, see to it."
    return None


def _act(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Return what to do about the first reason that somebody can do something about."""
    found_ones = (find(conditions, type_) for type_ in _ORDER)
    wrong = [found for found in found_ones if found is not None and _is_wrong(found)]
    for found in wrong:
        act = _ACTS.get(str(found["reason"]))
        if act is not None:
            return f"{act} {_message(found)}"
    return f"See to this: {_message(wrong[0] if wrong else None)}"


def _is_wrong(condition: Mapping[str, Any]) -> bool:
    is_true = condition.get("status") == "True"
    return is_true if condition.get("type") == "Degraded" else not is_true


def _message(condition: Mapping[str, Any] | None) -> str:
    return str((condition or {}).get("message") or "nothing more is said.")
