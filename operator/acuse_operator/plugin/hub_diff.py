"""What the hub handed over to a region, compared with what it would hand over now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from acuse.resources.names import HUB_MANAGER
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import PLACEMENTS, Manifest, Ref
from acuse_operator.drift import differences
from acuse_operator.hub.choosing import Wanted
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.compiling import Compiled
from acuse_operator.hub.tenant import TenantView, read_tenant
from acuse_operator.plugin.chosen import Before, Tenancy, choose_for
from acuse_operator.plugin.compiled import Present, Terms, compile_for, is_certain, present
from acuse_operator.plugin.credentials import SecretsAtHand
from acuse_operator.plugin.fleet import Fleet
from acuse_operator.plugin.object_diff import ObjectDiff, compared

_OF_CREDENTIALS: Final = frozenset({"spec.hash", "spec.secretHash"})


@dataclass(frozen=True, slots=True)
class HubSide:
    """The Tenants of the cluster asked, and what the hub compiles them by."""

    fleet: Fleet
    # By key; none where there are none, or none may be listed.
    tenants: Mapping[str, Manifest]
    tenancy: Tenancy
    terms: Terms
    secrets: SecretsAtHand
    claims: Claims

    def wanted_in(self, region: str, key: str | None) -> list[str]:
        """Return the keys of the Tenants that are to be in a region, or the one asked for."""
        keys = self.tenants if key is None else [key]
        return [one for one in keys if self.wanted(one, region) is not None]

    def wanted(self, key: str, region: str) -> tuple[TenantView, TenantSpec, Wanted] | None:
        """Return what a region is to have of a tenant; None where that is nothing."""
        tenant = self.tenants.get(key)
        if tenant is None:
            return None
        view = read_tenant(tenant)
        if view.spec is None or view.is_leaving:
            return None
        before = Before(view.status)
        choice = choose_for(key, view.spec, self.fleet, before=before, tenancy=self.tenancy)
        found = next((one for one in choice.wanted if one.name == region), None)
        return None if found is None or not found.is_served else (view, view.spec, found)


async def handed_over_diff(
    hub: HubSide, key: str, region: str, api: Api, placement: Manifest | None
) -> tuple[list[ObjectDiff], list[str]]:
    """Return how placement and sealed Secret differ, and what could not be compared."""
    if key not in hub.tenants:
        return [], ["what the hub wants: the Tenant is not in the cluster asked, or not to be read"]
    asked = hub.wanted(key, region)
    namespace = hub.terms.settings.tenants_namespace
    if asked is None:
        if placement is None:
            return [], []
        return [ObjectDiff(Ref(PLACEMENTS, key, namespace), "surplus")], []
    view, spec, wanted = asked
    known = await hub.secrets.read(view.namespace, spec, key=key, claims=hub.claims)
    there = await present(api, key, namespace)
    compiled = compile_for(view, spec, wanted, known=known, there=there, terms=hub.terms)
    unread = [f"Secret {name}: you may not read it" for name in known.unread]
    if compiled is None:
        return [], [*unread, *(fault.message for fault in known.faults.values())]
    certain = is_certain(known, there)
    return list(_objects(compiled, there, certain=certain)), unread


def _objects(compiled: Compiled, there: Present, *, certain: bool) -> list[ObjectDiff]:
    found = [compared(compiled.placement, there.placement, is_drift=_by_another)]
    if certain:
        found.append(compared(compiled.sealed, there.sealed, is_drift=_by_another))
    told = [one for one in found if one is not None]
    return told if certain else [kept for one in told if (kept := _foretold(one)) is not None]


def _foretold(one: ObjectDiff) -> ObjectDiff | None:
    """Return the difference without what hangs on credentials that may not be read."""
    if one.state != "differs":
        return one
    fields = tuple(f for f in one.fields if f.path not in _OF_CREDENTIALS)
    return ObjectDiff(one.ref, one.state, fields, one.is_drift) if fields else None


def _by_another(wanted: Manifest, live: Manifest) -> bool:
    """Tell whether somebody else than the hub changed what differs."""
    return any(one.manager != HUB_MANAGER for one in differences(wanted, live))
