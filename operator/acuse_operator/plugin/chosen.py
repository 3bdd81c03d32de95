"""Which regions the hub would choose for a tenant, by the hub's own rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from acuse.resources.names import tenant_key
from acuse.resources.tenant import TenantSpec
from acuse.resources.tenant_status import Role
from acuse_cluster.kinds import Manifest
from acuse_operator.hub.choosing import Choice, Wanted, choose
from acuse_operator.hub.placing import picking
from acuse_operator.hub.placing.ledger import Ledger
from acuse_operator.hub.placing.past import read_past
from acuse_operator.plugin.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The Tenants that there are, as far as the caller may list them, and the places they take."""

    tenants: tuple[Manifest, ...]
    is_partial: bool = False
    ledger: Ledger = field(default_factory=Ledger)


def tenancy_of(tenants: Iterable[Manifest], *, is_partial: bool = False) -> Tenancy:
    """Return the Tenants with the places that their status tells of."""
    found = Tenancy(tuple(tenants), is_partial=is_partial)
    for tenant in found.tenants:
        metadata = tenant["metadata"]
        past = read_past(tenant.get("status") or {}, {})
        key = tenant_key(metadata["namespace"], metadata["name"])
        found.ledger.hold(key, {*past.chosen, *past.there})
    return found


@dataclass(frozen=True, slots=True)
class Before:
    """Where a tenant is: by its status, and in the regions that were asked."""

    status: Mapping[str, Any]
    # Its role in each region that is seen to have it, of those that were asked.
    placed: Mapping[str, Role] = field(default_factory=dict[str, Role])
    asked: Collection[str] = ()

    @property
    def there(self) -> frozenset[str]:
        """Return the regions that have the tenant."""
        return read_past(self.status, self.placed, listed=self.asked).there


def choose_for(
    key: str, spec: TenantSpec, fleet: Fleet, *, before: Before, tenancy: Tenancy
) -> Choice:
    """Return the regions that a tenant would get, home first."""
    past = read_past(before.status, before.placed, listed=before.asked)
    regions = picking.Fleet(
        fleet.regions, lambda name: tenancy.ledger.beside(key, name), fleet.away
    )
    return choose(spec, past, regions, own=fleet.operator.settings.region)


def why_not(wanted: Wanted) -> str:
    """Return why a region that is asked for would not be given the tenant."""
    if wanted.region is None:
        return f"There is no Region named {wanted.name}."
    if not wanted.is_allowed:
        return f"The tenant's residency does not allow {wanted.region.spec.jurisdiction}."
    why = "closed" if wanted.closed is None else wanted.closed.message
    return f"The region is {why}: it takes no new tenants."
