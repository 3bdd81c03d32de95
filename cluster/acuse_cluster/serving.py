"""Whom a region serves, worked out from its placements and Secrets as they come. Pure.

A placement that is broken leaves its tenant as it was, and so does everything that is not known
yet: nobody is dropped because an answer is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from acuse.errors import InvalidManifest
from acuse.tenants.numbers import settle_numbers
from acuse.tenants.tenant import App, Tenant
from acuse_cluster.compiling import compile_tenant, is_placed_in
from acuse_cluster.kinds import Manifest
from acuse_cluster.sealed import read_app

# The fault that is not one placement's but the shared Meta app's.
APP = ""


@dataclass(frozen=True, slots=True)
class Served:
    """The tenants to serve, the shared app, and what was refused: reasons by tenant key."""

    tenants: Mapping[str, Tenant] = field(default_factory=dict[str, Tenant])
    app: App | None = None
    faults: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Serving:
    """What was made of the placements so far; begins with what was served last."""

    region: str
    served: Served = Served()
    _wanted: dict[str, Tenant] = field(default_factory=dict[str, Tenant])
    _broken: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self._wanted = dict(self.served.tenants)

    def take_app(self, secret: Manifest | None) -> bool:
        """Take the shared app's Secret; return whether the app is another now."""
        before = self.served.app
        self._broken.pop(APP, None)
        try:
            app = read_app(secret)
        except InvalidManifest as exc:
            self._broken[APP] = str(exc)
            return False
        self.served = Served(self.served.tenants, app, self.served.faults)
        return app != before

    def take(self, key: str, placement: Manifest | None, sealed: Manifest | None) -> None:
        """Take what is there for one tenant now; without a placement it is served no more."""
        self._broken.pop(key, None)
        if placement is None or not is_placed_in(placement, self.region):
            self._wanted.pop(key, None)
            return
        try:
            self._wanted[key] = compile_tenant(placement, sealed, app=self.served.app)
        except InvalidManifest as exc:
            self._broken[key] = str(exc)

    def settle(self) -> Served:
        """Return whom to serve now."""
        settled = settle_numbers(self._wanted, self.served.tenants)
        faults = dict(settled.refused) | self._broken
        self.served = Served(settled.tenants, self.served.app, faults)
        return self.served

    def known(self) -> Iterable[str]:
        """Return the keys of all tenants that there is anything of."""
        return self._wanted.keys() | self._broken.keys() - {APP}
