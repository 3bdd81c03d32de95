"""Tenants by key, id, number and account: one moment's answer to all of a directory's questions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from acuse.tenants.tenant import App, Tenant


class TenantIndex:
    """A fixed set of tenants; of two that claim a number, the first given has it."""

    def __init__(self, tenants: Iterable[Tenant] = (), *, app: App | None = None) -> None:
        self.app = app
        self.by_key: dict[str, Tenant] = {}
        self.by_id: dict[UUID, Tenant] = {}
        self.by_phone_number_id: dict[str, Tenant] = {}
        # None: the account belongs to several tenants, so it says nothing about whose an update is.
        self.by_waba_id: dict[str, Tenant | None] = {}
        for tenant in tenants:
            self.by_key[tenant.key] = tenant
            self.by_id[tenant.id] = tenant
            for number in tenant.numbers:
                self.by_phone_number_id.setdefault(number.phone_number_id, tenant)
                owner = self.by_waba_id.setdefault(number.waba_id, tenant)
                if owner is not tenant:
                    self.by_waba_id[number.waba_id] = None


class IndexedDirectory:
    """A TenantDirectory that answers from an index, which may be exchanged at any time."""

    def __init__(self) -> None:
        self._index = TenantIndex()

    def _serve(self, index: TenantIndex) -> None:
        self._index = index

    def fault(self) -> str | None:
        """Return a stable code while it is not known who the tenants are; a readiness check."""
        return None

    async def known(self) -> None:
        """Return once it is known who the tenants are; before, nobody may be called unknown."""

    @property
    def app(self) -> App | None:
        """Return the app-wide route's credentials; None when that route is off."""
        return self._index.app

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants."""
        return tuple(self._index.by_key.values())

    def by_key(self, key: str) -> Tenant | None:
        """Return the tenant at this webhook path."""
        return self._index.by_key.get(key)

    def by_id(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant with this id."""
        return self._index.by_id.get(tenant_id)

    def by_phone_number_id(self, phone_number_id: str) -> Tenant | None:
        """Return the tenant that this number belongs to."""
        return self._index.by_phone_number_id.get(phone_number_id)

    def by_waba_id(self, waba_id: str) -> Tenant | None:
        """Return the tenant that this WhatsApp Business Account belongs to, if to one only."""
        return self._index.by_waba_id.get(waba_id)
