"""`kubectl acuse plan`: what applying a Tenant would change in every region. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import ApiConflict, ApiRefused, InvalidManifest
from acuse.resources.tenant import TenantSpec
from acuse.resources.tenant_status import Role
from acuse_cluster.kinds import TENANTS, Manifest, Ref
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.tenant import TenantView, read_tenant
from acuse_operator.plugin.changes import FieldChange, changes
from acuse_operator.plugin.chosen import Before, Tenancy, choose_for, tenancy_of
from acuse_operator.plugin.compiled import Present, Terms, present
from acuse_operator.plugin.credentials import Known, SecretsAtHand
from acuse_operator.plugin.documents import Documents
from acuse_operator.plugin.epochs import epoch_here
from acuse_operator.plugin.fleet import Fleet, open_fleet
from acuse_operator.plugin.plan_region import Question, plan_region, plan_unasked
from acuse_operator.plugin.target import Here

_KUBECTL: Final = "kubectl"
_FORBIDDEN: Final = 403
_YOUNGEST: Final = "9999-12-31T23:59:59Z"
_STAND_IN: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Checked:
    """A Tenant as it would be after the apply; `refused` is why it could not be applied."""

    before: Manifest | None
    after: Manifest
    refused: str | None = None
    note: str | None = None

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """Return what of the Tenant changes; nothing of one that is refused."""
        if self.refused is not None:
            return ()
        if self.note is None:
            return changes(self.before, self.after)
        # Nobody has filled in what is not said.
        before = None if self.before is None else _filled(self.before)
        return changes(before, _filled(self.after))


@dataclass(frozen=True, slots=True)
class _World:
    """What all Tenants of a file are planned against."""

    here: Here
    fleet: Fleet
    terms: Terms
    secrets: SecretsAtHand
    tenancy: Tenancy


async def gather(here: Here, documents: Documents) -> dict[str, Any]:
    """Return the plan as `-o json` gives it. Raises ApiRefused where Regions may not be listed."""
    async with open_fleet(here) as fleet:
        settings = fleet.operator.settings
        notes: list[str] = []
        if not fleet.operator.is_known:
            notes.append(f"the operator's settings are assumed: {fleet.operator.fault}")
        tenancy = await _tenancy(here)
        if tenancy.is_partial:
            notes.append("Tenants: you may not list them; who else has a number is not known")
        world = _World(
            here,
            fleet,
            Terms(settings, await epoch_here(here.api, settings.release_namespace)),
            SecretsAtHand(here.api, bool(settings.app_secret_ref), documents.secrets),
            tenancy,
        )
        plans = [await _plan(world, document) for document in documents.tenants]
    notes += [f"{other}: nothing is planned for it" for other in documents.others]
    return {"tenants": plans, "notes": notes}


def is_clear(plan: Mapping[str, Any]) -> bool:
    """Tell whether all of a plan would be carried out."""
    return all(
        tenant["refused"] is None
        and tenant["lacking"] is None
        and not any(region["action"] in {"none", "refused"} for region in tenant["regions"])
        for tenant in plan["tenants"]
    )


async def _tenancy(here: Here) -> Tenancy:
    try:
        listed = await here.api.list(TENANTS)
    except ApiRefused:
        return tenancy_of((), is_partial=True)
    return tenancy_of(listed.items)


async def _plan(world: _World, document: Manifest) -> dict[str, Any]:
    checked = await check(world.here, document)
    metadata = checked.after["metadata"]
    plan: dict[str, Any] = {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "action": _action(checked),
        "refused": checked.refused,
        "changes": [change.as_json() for change in checked.fields],
        "notes": [] if checked.note is None else [checked.note],
        "lacking": None,
        "regions": [],
    }
    if checked.refused is not None:
        return plan
    view = read_tenant(checked.after)
    if view.spec is None:
        return {**plan, "refused": f"this version cannot read the spec: {view.fault}"}
    known = await _known(world, checked, view, view.spec)
    plan["notes"] += _notes(known)
    return {**plan, **await _regions(world, view, view.spec, checked=checked, known=known)}


def _action(checked: Checked) -> str:
    if checked.refused is not None:
        return "refused"
    if checked.before is None:
        return "created"
    return "changed" if checked.fields else "unchanged"


def _notes(known: Known) -> list[str]:
    notes = [
        f"Secret {name}: you may not read it; what it changes in regions is not known"
        for name in known.unread
    ]
    return notes + [fault.message for fault in dict.fromkeys(known.faults.values())]


async def check(here: Here, document: Manifest) -> Checked:
    """Return the Tenant as the API server would keep it, by an apply that is not carried out."""
    metadata = document["metadata"]
    before = await here.api.get(Ref(TENANTS, metadata["name"], metadata["namespace"]))
    wanted = {name: value for name, value in document.items() if name != "status"}
    try:
        after = await here.api.apply(wanted, manager=_KUBECTL, dry_run=True)
    except ApiRefused as exc:
        if exc.status != _FORBIDDEN:
            return Checked(before, _assumed(document, before), refused=str(exc))
        note = "the API server did not check it: you may not apply Tenants here"
        return Checked(before, _assumed(document, before), note=note)
    except ApiConflict as exc:
        return Checked(before, _assumed(document, before), refused=str(exc))
    return Checked(before, after)


def _filled(tenant: Manifest) -> Manifest:
    """Return the Tenant with what is left out of its spec; one that cannot be read as it is."""
    try:
        spec = TenantSpec.parse(tenant.get("spec"))
    except InvalidManifest:
        return tenant
    return {**tenant, "spec": spec.to_object()}


def _assumed(document: Manifest, before: Manifest | None) -> Manifest:
    """Return the Tenant as it may be after an apply that the API server did not try."""
    was: Mapping[str, Any] = {} if before is None else before["metadata"]
    is_same = before is not None and _filled(before).get("spec") == _filled(document).get("spec")
    generation: int = was.get("generation", 0)
    metadata = {
        **was,
        **document["metadata"],
        "uid": was.get("uid", _STAND_IN),
        "generation": generation if is_same else generation + 1,
    }
    return {**document, "metadata": metadata}


async def _known(world: _World, checked: Checked, view: TenantView, spec: TenantSpec) -> Known:
    claims = Claims()
    for tenant in world.tenancy.tenants:
        claims.put(tenant)
    if checked.before is None:
        # Younger than any that there is: one with the same number goes before it.
        metadata = {**checked.after["metadata"], "creationTimestamp": _YOUNGEST}
        claims.put({**checked.after, "metadata": metadata})
    else:
        claims.put(checked.after)
    return await world.secrets.read(view.namespace, spec, key=view.key, claims=claims)


async def _regions(
    world: _World, view: TenantView, spec: TenantSpec, *, checked: Checked, known: Known
) -> dict[str, Any]:
    """Return what would come of each region, and what no region was found for."""
    fleet = world.fleet
    there = await _present(fleet, view.key)
    before = _before(checked.before, there)
    choice = choose_for(view.key, spec, fleet, before=before, tenancy=world.tenancy)
    plans = [
        await plan_region(
            Question(view, spec, wanted, known, world.terms, before=checked.before),
            fleet.reach(wanted.name),
            there.get(wanted.name, Present(fault=fleet.reach(wanted.name).why)),
            is_placed=wanted.name in before.there,
        )
        for wanted in choice.wanted
    ]
    asked = {one.name for one in choice.wanted}
    plans += [
        plan_unasked(name, is_seen=name in before.asked) for name in sorted(before.there - asked)
    ]
    return {
        "regions": [plan.as_json() for plan in plans],
        "lacking": None if choice.lacking is None else choice.lacking.message,
    }


async def _present(fleet: Fleet, key: str) -> dict[str, Present]:
    """Return what each region that can be asked has of the tenant."""
    return {
        name: await present(reach.api, key, fleet.tenants_namespace)
        for name, reach in fleet.reaches.items()
        if reach.api is not None
    }


def _before(tenant: Manifest | None, there: Mapping[str, Present]) -> Before:
    """Return where the tenant is: what regions say goes before what the hub last saw."""
    placed: dict[str, Role] = {
        name: "Home" if one.placement["spec"].get("role") == "Home" else "Standby"
        for name, one in there.items()
        if one.placement is not None
    }
    asked = [name for name, one in there.items() if one.fault is None]
    return Before((tenant or {}).get("status") or {}, placed, asked)
