"""The tenants that one worker serves: all of the directory, or those it was told."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from acuse.tenants.tenant import App, Tenant, TenantDirectory


class ChosenTenants:
    """A view of a directory that shows the tenants of these keys only; of no key, all."""

    def __init__(self, whole: TenantDirectory, keys: Collection[str]) -> None:
        self._whole = whole
        self._keys = frozenset(keys)

    @property
    def app(self) -> App | None:
        """Return the app-wide route's credentials."""
        return self._whole.app

    def tenants(self) -> tuple[Tenant, ...]:
        """Return the tenants that are served."""
        return tuple(tenant for tenant in self._whole.tenants() if self._shown(tenant))

    def by_key(self, key: str) -> Tenant | None:
        """Return the tenant of this key."""
        return self._shown(self._whole.by_key(key))

    def by_id(self, tenant_id: UUID) -> Tenant | None:
        """Return the tenant of this id."""
        return self._shown(self._whole.by_id(tenant_id))

    def by_phone_number_id(self, phone_number_id: str) -> Tenant | None:
        """Return the tenant that this number belongs to."""
        return self._shown(self._whole.by_phone_number_id(phone_number_id))

    def by_waba_id(self, waba_id: str) -> Tenant | None:
        """Return the tenant that this account belongs to, if to one only."""
        return self._shown(self._whole.by_waba_id(waba_id))

    def _shown(self, tenant: Tenant | None) -> Tenant | None:
        if tenant is None or (self._keys and tenant.key not in self._keys):
            return None
        return tenant
