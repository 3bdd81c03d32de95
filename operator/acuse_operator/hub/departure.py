"""Takes a Tenant down: its overrides at Meta, its placements, and our finalizer last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from acuse.errors import ApiRefused
from acuse.resources.names import HUB_FINALIZER, webhook_path
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import TENANTS, Ref
from acuse_operator import metrics
from acuse_operator.conditions import Condition, set_conditions, shorten, timestamp
from acuse_operator.events import Events
from acuse_operator.hub.link import RegionLink
from acuse_operator.hub.numbers import Wish
from acuse_operator.hub.registration import Registrar
from acuse_operator.hub.sealing import Sealed, read_sealed
from acuse_operator.hub.status import NewStatus
from acuse_operator.hub.story import StatusWriter
from acuse_operator.hub.tenant import TenantView
from acuse_operator.hub.unregistration import Unregistrar

log = structlog.get_logger()

_LOOK_AGAIN: Final = 5.0
# With force-delete one try is enough.
_FORCED_PATIENCE: Final = 10.0
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class DepartureMeans:
    """What it takes to let a Tenant go."""

    api: Api
    links: Mapping[str, RegionLink]
    registrar: Registrar
    unregistrar: Unregistrar
    events: Events
    writer: StatusWriter


class Departure:
    """Lets Tenants go in order, and never waits for ever on Meta."""

    def __init__(
        self,
        means: DepartureMeans,
        *,
        patience: float,
        is_registering: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._means = means
        self._patience = patience
        self._is_registering = is_registering
        self._now = now

    def forget(self, key: str) -> None:
        """Drop what is known of a departure: it is over, or it is none."""
        self._means.unregistrar.forget(key)

    def part(self, view: TenantView, spec: TenantSpec) -> None:
        """Have numbers that the Tenant lists no more let go, while their credentials are there."""
        if self._is_registering:
            listed = {number.phone_number_id for number in spec.whatsapp.numbers}
            self._means.unregistrar.part(view.key, self._wishes(view), listed=listed)

    async def go(self, view: TenantView) -> float | None:
        """Take the next steps of a Tenant's end; return when to go on."""
        if not view.is_held:
            self._means.registrar.forget(view.key)
            return None
        obstacle = self._webhooks(view) or self._placements(view)
        if obstacle is not None and not (view.is_forced and self._elapsed(view) > _FORCED_PATIENCE):
            await self._means.writer.write(view, leaving_status(view, obstacle, now=self._now()))
            return _LOOK_AGAIN
        if obstacle is not None:
            self._means.events.emit(
                view.reference,
                type="Warning",
                reason="ForceDeleted",
                message=f"Let go by {view.key}'s force-delete annotation, though: {obstacle}",
            )
        await self._let_go(view)
        return None

    def _elapsed(self, view: TenantView) -> float:
        since = view.deleting_since or self._now()
        return (self._now() - since).total_seconds()

    def _webhooks(self, view: TenantView) -> str | None:
        """Have the overrides removed at Meta; return what is in the way, for a bounded time."""
        self._means.registrar.forget(view.key)
        if not self._is_registering:
            return None
        fault = self._means.unregistrar.leave(view.key, self._wishes(view))
        if fault is None:
            return None
        patience = _FORCED_PATIENCE if view.is_forced else self._patience
        if self._elapsed(view) <= patience:
            return f"Removing the webhooks at Meta: {fault}."
        metrics.OVERRIDES.labels("given_up").inc()
        self._means.events.emit(
            view.reference,
            type="Warning",
            reason="WebhookLeft",
            message=f"Gave up removing a webhook override at Meta ({fault}); remove it there.",
        )
        return None

    def _wishes(self, view: TenantView) -> list[Wish]:
        """Return the numbers whose override may be ours, with the credentials their region has."""
        url: object = view.status.get("webhookURL")
        if not isinstance(url, str) or not url.endswith(webhook_path(view.key)):
            return []
        for link in self._means.links.values():
            seen = link.observed(view.key)
            if seen.placement is not None:
                return wishes_of(seen.placement, read_sealed(seen.sealed), url=url)
        return []

    def _placements(self, view: TenantView) -> str | None:
        """Have the placements taken away, all at once; return which region is in the way."""
        waits: str | None = None
        given = {state["name"] for state in view.status.get("regions") or () if state.get("hash")}
        for name, link in tuple(self._means.links.items()):
            obstacle = link.unwant(view.key)
            # Of one that was never listed it is only known whether it was ever given the tenant.
            is_there = not link.observed(view.key).is_gone if link.is_known else name in given
            if not is_there or waits is not None:
                continue
            since = timestamp(view.deleting_since or self._now())
            waits = f"Waiting since {since} for region {name} to take the placement down."
            if obstacle is not None:
                waits = f"Region {name} cannot be told to let go: {obstacle.message}"
        return waits

    def sweep(self, key: str, uid: str) -> bool:
        """Take down what a Tenant left that went without us; True once nothing is left of it."""
        is_gone = True
        for link in tuple(self._means.links.values()):
            seen = link.observed(key)
            # Credentials that a placement left behind are its Tenant's: there is no other.
            is_its = seen.placement is None or seen.placement["spec"]["tenant"]["uid"] == uid
            if not seen.is_gone and is_its:
                link.unwant(key)
                is_gone = is_gone and link.observed(key).is_gone
        return is_gone

    def leave_be(self, key: str) -> None:
        """Wish for nothing of a Tenant that is missing: what is there stays."""
        for link in self._means.links.values():
            link.forget(key)

    async def _let_go(self, view: TenantView) -> None:
        rest = [finalizer for finalizer in view.finalizers if finalizer != HUB_FINALIZER]
        metadata = {"resourceVersion": view.resource_version, "finalizers": rest}
        try:
            await self._means.api.merge_patch(
                Ref(TENANTS, view.name, view.namespace), {"metadata": metadata}
            )
        except ApiRefused as exc:
            if exc.status != _NOT_FOUND:
                raise
        log.info("tenant_let_go", tenant=view.key)


def wishes_of(placement: Mapping[str, Any], sealed: Sealed, *, url: str) -> list[Wish]:
    """Return the numbers of a placement whose override may be `url`."""
    wishes: list[Wish] = []
    for number in placement["spec"]["bundle"]["numbers"]:
        credentials = sealed.credentials(number["phoneNumberId"])
        if credentials is not None:
            wishes.append(
                Wish(
                    phone_number_id=number["phoneNumberId"],
                    waba_id=number["wabaId"],
                    graph_version=number["graphVersion"],
                    url=url,
                    verify_token=credentials.verify_token.decode(),
                    access_token=credentials.access_token.decode(),
                )
            )
    return wishes


def leaving_status(view: TenantView, obstacle: str, *, now: datetime) -> NewStatus:
    """Return the status of a Tenant that cannot go yet, and why."""
    said = (
        Condition("Ready", "False", "Deleting", obstacle),
        Condition("Progressing", "True", "Deleting", obstacle),
    )
    before, obstacle = view.status.get("conditions") or (), shorten(obstacle)
    status = dict(view.status)
    status["observedGeneration"] = view.generation
    status["conditions"] = set_conditions(before, said, generation=view.generation, now=now)
    status["regions"] = [
        {**state, "phase": "Deleting", "message": obstacle}
        if state["phase"] == "Deleting"
        else {**state, "phase": "Deleting", "message": obstacle, "since": timestamp(now)}
        for state in view.status.get("regions") or ()
    ]
    return NewStatus(status)
