"""The hub role as a whole: what it is told of, what it reconciles, and how the two meet."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from acuse.meta.graph import open_http
from acuse.meta.management import GraphManagement
from acuse.resources.names import split_key, tenant_key
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_operator import metrics
from acuse_operator.events import Events
from acuse_operator.floor import Mandate
from acuse_operator.handlers import GONE, VANISHED
from acuse_operator.hub.budget import Budgets
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.departure import Departure, DepartureMeans
from acuse_operator.hub.fleet import Fleet, FleetMeans
from acuse_operator.hub.handover import HandOver, Terms
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.placing.chooser import Chooser
from acuse_operator.hub.registration import Management, Registrar, Verifies
from acuse_operator.hub.role import HubMeans, HubRole
from acuse_operator.hub.secrets import SecretReader
from acuse_operator.hub.story import StatusWriter
from acuse_operator.hub.tenant import read_tenant
from acuse_operator.hub.unregistration import Unregistrar
from acuse_operator.hub.verification import open_verifier
from acuse_operator.queue import EDIT, NEWS, RESYNC, Priority, WorkQueue
from acuse_operator.settings import OperatorSettings
from acuse_operator.store import Store

log = structlog.get_logger()


class _Meta:
    """A tenant's turn at Meta: to be registered, or to be let go; never both at a time."""

    def __init__(self, registrar: Registrar, unregistrar: Unregistrar) -> None:
        self._registrar = registrar
        self._unregistrar = unregistrar

    async def reconcile(self, key: str) -> float | None:
        """Do what is due of one tenant's numbers."""
        again = await self._unregistrar.reconcile(key)
        if self._unregistrar.has(key):
            return again
        due = await self._registrar.reconcile(key)
        return min((wait for wait in (again, due) if wait is not None), default=None)


@dataclass(frozen=True, slots=True)
class Outside:
    """What the hub asks that is not the API server."""

    management: Management
    verifier: Verifies
    budgets: Budgets = field(default_factory=Budgets)


class Hub:
    """Keeps all Tenants; `tenants` and `meta` are its queues, to be run by the program."""

    def __init__(
        self,
        api: Api,
        settings: OperatorSettings,
        *,
        events: Events,
        outside: Outside,
        mandate: Mandate,
    ) -> None:
        self._events = events
        self._claims = Claims()
        self._tenants, self._regions = Store(is_packed=True), Store()
        self._tenants.overtaken = self._changed
        self.fleet = Fleet(FleetMeans(api, settings, self._regions, events, self, mandate))
        links = self.fleet.links
        budgets = outside.budgets
        registrar = Registrar(
            outside.management,
            outside.verifier,
            budgets=budgets,
            listener=self,
            look_every=settings.meta_look_every,
        )
        unregistrar = Unregistrar(outside.management, budgets=budgets, listener=self)
        writer = StatusWriter(api, self._tenants, events, knows=self.fleet.knows, look=self._look)
        departure = Departure(
            DepartureMeans(api, links, registrar, unregistrar, events, writer),
            patience=settings.delete_timeout,
            is_registering=settings.meta_registration,
        )
        self._chooser = Chooser(api, self._tenants, links, own=settings.region)
        means = HubMeans(
            tenants=self._tenants,
            regions=self._regions,
            chooser=self._chooser,
            handover=_handover(api, settings, self._tenants, links, epoch=mandate.epoch),
            secrets=SecretReader(
                api,
                self._claims,
                poll=settings.secret_poll,
                is_app_shared=bool(settings.app_secret_ref),
            ),
            registrar=registrar,
            departure=departure,
            writer=writer,
        )
        self._role = HubRole(means, is_registering=settings.meta_registration)
        self.tenants = WorkQueue("tenant", self._role, concurrency=settings.operator_concurrency)
        self.meta = WorkQueue(
            "meta", _Meta(registrar, unregistrar), concurrency=settings.operator_concurrency
        )

    # --- what the watches tell ------------------------------------------------------------------

    def tenant_seen(self, change: str, obj: Manifest) -> None:
        """Take a Tenant as the watch tells of it."""
        metadata = obj["metadata"]
        key = tenant_key(metadata["namespace"], metadata["name"])
        if change in GONE:
            self._tenant_gone(change, key, obj)
            return
        if self._tenants.put(obj):
            self._changed(obj, priority=RESYNC if change == "LISTED" else EDIT)

    def _tenant_gone(self, change: str, key: str, obj: Manifest) -> None:
        if change == VANISHED:
            # One that is merely missing may be missing from a hub that was set back in time:
            # nothing of it is taken down.
            self._tenants.drop(*split_key(key))
        elif self._tenants.end(obj):
            self._role.tenant_deleted(key, obj["metadata"]["uid"])
        else:
            return
        self._again(self._claims.drop(key))
        self.tenants.add(key)

    def _changed(self, tenant: Manifest, *, priority: Priority = EDIT) -> None:
        metadata = tenant["metadata"]
        key = tenant_key(metadata["namespace"], metadata["name"])
        self._again(self._claims.put(tenant))
        self._chooser.seen(tenant)
        if priority == EDIT:
            self._role.tenant_edited(key)
        self.tenants.add(key, priority=priority)

    def _look(self, key: str) -> None:
        """Have a Tenant looked at that time has something new for."""
        self.tenants.add(key, priority=NEWS)

    def region_seen(self, change: str, obj: Manifest) -> None:
        """Take a Region as the watch tells of it; its status concerns no tenant."""
        name: str = obj["metadata"]["name"]
        before = self._regions.get(None, name)
        if change in GONE:
            self._regions.drop(None, name)
        elif not self._regions.put(obj) or (before and before["spec"] == obj["spec"]):
            return
        self.fleet.region_changed(name)
        self.region_heard(name)

    def tenant_heard(self, key: str, priority: Priority) -> None:
        """Hear that a region has something new of a tenant."""
        self.tenants.add(key, priority=priority)

    def region_heard(self, name: str) -> None:
        """Hear that a region as a whole is not as it was: all tenants are looked at."""
        del name
        for tenant in self._tenants:
            metadata = tenant["metadata"]
            key = tenant_key(metadata["namespace"], metadata["name"])
            self.tenants.add(key, priority=RESYNC)

    def placement_seen(self, change: str, obj: Manifest) -> None:
        """Take a placement of this cluster as the watch tells of it."""
        if self.fleet.local is not None:
            self.fleet.local.placement_seen(change, obj)

    def sealed_seen(self, change: str, obj: Manifest, _before: Manifest | None = None) -> None:
        """Take a sealed Secret of this cluster as the watch tells of it."""
        if self.fleet.local is not None:
            self.fleet.local.sealed_seen(change, obj)

    def all_told(self) -> None:
        """Hear that all there is in this cluster was told: what was not is not there."""
        local = self.fleet.local
        if local is not None:
            local.knows_all()

    def _again(self, keys: frozenset[str]) -> None:
        for key in keys:
            self.tenants.add(key)

    def count_orphans(self) -> None:
        """Show how many placements have no Tenant: something took it away behind our back."""
        orphans = [
            placement
            for link in self.fleet.links.values()
            for placement in link.placements()
            if self._tenants.get(*split_key(placement["metadata"]["name"])) is None
        ]
        metrics.ORPHANS.set(len(orphans))
        if orphans:
            log.warning("orphan_placements", count=len(orphans))

    # --- what is known of numbers ---------------------------------------------------------------

    def numbers_changed(self, key: str) -> None:
        """Hear that something else is known of a tenant's numbers."""
        self.tenants.add(key, priority=NEWS)

    def numbers_wanted(self, key: str) -> None:
        """Hear that it is a tenant's turn at Meta."""
        self.meta.add(key)

    def override_restored(self, key: str, message: str) -> None:
        """Hear that an override which somebody had changed was set again."""
        tenant = self._tenants.get(*split_key(key))
        if tenant is not None:
            self._events.emit(
                read_tenant(tenant).reference,
                type="Warning",
                reason="WebhookRestored",
                message=f"{message} It was set back.",
            )


def _handover(
    api: Api,
    settings: OperatorSettings,
    tenants: Store,
    links: Mapping[str, RegionLink],
    *,
    epoch: int,
) -> HandOver:
    overlap = timedelta(seconds=settings.secret_overlap)
    terms = Terms(settings.tenants_namespace, overlap, epoch)
    return HandOver(api, tenants, links, terms=terms, now=lambda: datetime.now(UTC))


@asynccontextmanager
async def open_outside(settings: OperatorSettings) -> AsyncGenerator[Outside, None]:
    """Open the way to Meta and to the intake's public address."""
    async with open_http(settings) as http, open_verifier(settings.intake_ca_file) as verifier:
        yield Outside(GraphManagement(http, settings), verifier)
