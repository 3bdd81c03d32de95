"""Whose work a worker does now: asked before each claim, for the directory changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from acuse.events.queue import Whose
from acuse.tenants.tenant import Tenant, TenantDirectory, tenant_id


@dataclass(frozen=True, slots=True)
class Membership:
    """The tenants of `keys`; of no key, all of the directory or those that share workers.

    A suspended tenant's events and replies wait, whoever's they are.
    """

    directory: TenantDirectory
    keys: Collection[str] = ()
    pool: Literal["all", "shared"] = "all"

    def events(self) -> Whose:
        """Return whose events are claimed.

        Without keys that includes tenants that the directory does not know, and no tenant's.
        """
        others = frozenset(t.id for t in self.directory.tenants() if not self._works_for(t))
        if not self.keys:
            return Whose(but=others)
        return Whose(only=frozenset(tenant_id(key) for key in self.keys) - others)

    def replies(self) -> list[UUID]:
        """Return whose replies are sent."""
        return [tenant.id for tenant in self.directory.tenants() if self._works_for(tenant)]

    def _works_for(self, tenant: Tenant) -> bool:
        if tenant.suspended:
            return False
        if self.keys:
            return tenant.key in self.keys
        return self.pool == "all" or tenant.workers_mode == "Shared"
