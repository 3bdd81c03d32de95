"""What would change in one region, and how surely that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from acuse.errors import ApiRefused, Unavailable
from acuse.resources.names import HUB_MANAGER
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator.hub.choosing import Wanted
from acuse_operator.hub.compiling import Compiled
from acuse_operator.hub.differences import epoch_of
from acuse_operator.hub.tenant import TenantView, read_tenant
from acuse_operator.plugin.changes import FieldChange, changes
from acuse_operator.plugin.chosen import why_not
from acuse_operator.plugin.compiled import (
    Present,
    Terms,
    compile_for,
    foretold,
    is_certain,
)
from acuse_operator.plugin.credentials import Known
from acuse_operator.plugin.fleet import Reach

Action = Literal["created", "changed", "unchanged", "leaves", "none", "refused", "unknown"]
# By the region's own API server; by comparing with what it has; with what the hub last gave it.
Checked = Literal["server", "comparison", "assumption"]

_FORBIDDEN: Final = 403
# Made by the API server when the Tenant is really made, and what follows from it.
_OF_UID: Final = frozenset({"spec.tenant.uid", "spec.hash"})


@dataclass(frozen=True, slots=True)
class Question:
    """One region of one tenant, as it is to be after the apply."""

    view: TenantView
    spec: TenantSpec
    wanted: Wanted
    known: Known
    terms: Terms
    before: Manifest | None = None


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """What would come of one region."""

    region: str
    role: str
    action: Action
    why: str = ""
    checked: Checked | None = None
    fields: tuple[FieldChange, ...] = ()
    # Of the sealed Secret; None where that cannot be foretold.
    credentials: tuple[FieldChange, ...] | None = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as `-o json` gives it."""
        sealed = self.credentials
        return {
            "region": self.region,
            "role": self.role,
            "action": self.action,
            "why": self.why or None,
            "checkedBy": self.checked,
            "changes": [change.as_json() for change in self.fields],
            # Keys, and never what they hold.
            "credentials": None if sealed is None else [change.path for change in sealed],
        }


def plan_unasked(name: str, *, is_seen: bool) -> RegionPlan:
    """Return the plan of a region that has the tenant and is not wanted any more."""
    checked: Checked = "comparison" if is_seen else "assumption"
    text = "The Tenant does not ask for it any more."
    return RegionPlan(name, "", "leaves", text, checked)


async def plan_region(
    asked: Question, reach: Reach, there: Present, *, is_placed: bool
) -> RegionPlan:
    """Return what would come of one region that the tenant asks for."""
    stopped = _stopped(asked, there, is_placed=is_placed)
    if stopped is not None:
        return stopped
    compiled = _compiled(asked, there)
    if compiled is None:
        return _none(asked, "none", "No number of the tenant has credentials yet.")
    if there.fault is not None or reach.api is None:
        fault = there.fault or reach.why
        return _assumed(asked, compiled, is_placed=is_placed, why=f"It was not asked: {fault}.")
    return await _tried(asked, compiled, there, reach.api)


def _none(asked: Question, action: Action, why: str) -> RegionPlan:
    return RegionPlan(asked.wanted.name, asked.wanted.role, action, why)


def _stopped(asked: Question, there: Present, *, is_placed: bool) -> RegionPlan | None:
    """Return why the hub would give the region nothing; None when it would."""
    wanted = asked.wanted
    if not wanted.is_served:
        leaves = is_placed and wanted.region is not None and not wanted.is_allowed
        return _none(asked, "leaves" if leaves else "none", why_not(wanted))
    has, ours = epoch_of(there.placement), asked.terms.epoch
    if ours is not None and has > ours:
        text = f"A hub of epoch {has} has written there; this one is of {ours}."
        return _none(asked, "refused", text)
    return None


async def _tried(asked: Question, compiled: Compiled, there: Present, api: Api) -> RegionPlan:
    """Have the region's API server say what it would make of the placement."""
    try:
        after = await api.apply(compiled.placement, manager=HUB_MANAGER, dry_run=True)
    except ApiRefused as exc:
        if exc.status != _FORBIDDEN:
            return _none(asked, "refused", f"It would refuse: {exc}.")
        why = "Its API server did not check it: you may not apply placements there."
        after = _over(there.placement, compiled.placement)
        return _compared(asked, compiled, there, after, checked="comparison", why=why)
    except Unavailable as exc:
        return _none(asked, "unknown", f"It does not answer: {exc}.")
    return _compared(asked, compiled, there, after, checked="server")


def _compiled(asked: Question, there: Present) -> Compiled | None:
    return compile_for(
        asked.view, asked.spec, asked.wanted, known=asked.known, there=there, terms=asked.terms
    )


def _compared(
    asked: Question,
    compiled: Compiled,
    there: Present,
    after: Manifest,
    *,
    checked: Checked,
    why: str = "",
) -> RegionPlan:
    certain = is_certain(asked.known, there)
    fields = _told(asked, changes(there.placement, after), certain=certain)
    sealed = None
    if certain:
        found = changes(there.sealed, _over(there.sealed, compiled.sealed))
        sealed = tuple(change for change in found if change.path.startswith("data"))
    action: Action = "changed" if fields or sealed else "unchanged"
    if there.placement is None:
        action = "created"
    wanted = asked.wanted
    if wanted.waits is not None:
        why = " ".join(filter(None, (wanted.waits.message, why)))
    return RegionPlan(wanted.name, wanted.role, action, why, checked, fields, sealed)


def _told(
    asked: Question, found: Iterable[FieldChange], *, certain: bool
) -> tuple[FieldChange, ...]:
    kept = tuple(found) if certain else foretold(found)
    if asked.before is None:
        return tuple(change for change in kept if change.path not in _OF_UID)
    return kept


def _assumed(asked: Question, compiled: Compiled, *, is_placed: bool, why: str) -> RegionPlan:
    """Return the plan as it is if the region has what the hub made of the Tenant as it is now."""
    wanted, last = asked.wanted, None
    if is_placed and asked.before is not None:
        view = read_tenant(asked.before)
        if view.spec is not None:
            was = Question(view, view.spec, wanted, asked.known, asked.terms)
            last = _compiled(was, Present())
    found = changes(None if last is None else last.placement, compiled.placement)
    fields = _told(asked, found, certain=False)
    action: Action = "changed" if fields else "unchanged"
    if not is_placed:
        action = "created"
    return RegionPlan(wanted.name, wanted.role, action, why, "assumption", fields, None)


def _over(live: Manifest | None, wanted: Manifest) -> Manifest:
    """Return a live object with what is wanted of it, as an apply would leave it."""
    if live is None:
        return wanted
    metadata: dict[str, Any] = dict(live["metadata"])
    for part in ("labels", "annotations"):
        has: Mapping[str, str] = metadata.get(part) or {}
        metadata[part] = {**has, **wanted["metadata"].get(part, {})}
    return {**live, **wanted, "metadata": metadata}
