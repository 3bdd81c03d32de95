"""Fakes for tests: small, and held to the same contract as the real thing."""

from __future__ import annotations

from collections.abc import Iterable

from acuse.tenants.index import IndexedDirectory, TenantIndex
from acuse.tenants.tenant import App, Tenant


class MemoryDirectory(IndexedDirectory):
    """A TenantDirectory of the tenants it is given."""

    def __init__(self, tenants: Iterable[Tenant] = (), *, app: App | None = None) -> None:
        super().__init__()
        self.set(tenants, app=app)

    def set(self, tenants: Iterable[Tenant], *, app: App | None = None) -> None:
        """Serve these tenants from now on."""
        self._serve(TenantIndex(tenants, app=app))
