"""Brings one Tenant at a time to where it should be: its regions, its numbers, its status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import InvalidManifest
from acuse.resources.names import split_key
from acuse.resources.region import Region
from acuse_operator import metrics
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.departure import Departure
from acuse_operator.hub.findings import Findings
from acuse_operator.hub.handover import HandOver, Load, Outcome
from acuse_operator.hub.numbers import NumberReport, Wish
from acuse_operator.hub.placing.chooser import Chooser
from acuse_operator.hub.regions import is_open, webhook_url
from acuse_operator.hub.registration import Registrar
from acuse_operator.hub.sealing import Sealed, SecretFault
from acuse_operator.hub.secrets import SecretReader
from acuse_operator.hub.status import invalid_status, tenant_status
from acuse_operator.hub.story import StatusWriter
from acuse_operator.hub.tenant import read_tenant
from acuse_operator.queue import EDIT, RESYNC
from acuse_operator.store import Store

log = structlog.get_logger()

_SWEEP_AGAIN: Final = 5.0
_EARLY: Final = 1.0
# What does not fit anywhere is looked at again, for places get free.
_WAITING: Final = 30.0
_READ: Final = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class HubMeans:
    """What the hub role works with."""

    tenants: Store
    regions: Store
    chooser: Chooser
    handover: HandOver
    secrets: SecretReader
    registrar: Registrar
    departure: Departure
    writer: StatusWriter


class HubRole:
    """Reconciles Tenants by key; level-based: it looks at all there is and writes what differs."""

    def __init__(
        self,
        means: HubMeans,
        *,
        is_registering: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._means = means
        self._is_registering = is_registering
        self._now = now
        self._deleted: dict[str, str] = {}
        self._edited: set[str] = set()

    def tenant_deleted(self, key: str, uid: str) -> None:
        """Hear that a Tenant is gone: seen to go, not just missing."""
        self._deleted[key] = uid

    def tenant_edited(self, key: str) -> None:
        """Hear that somebody waits for what becomes of a Tenant."""
        self._edited.add(key)

    async def reconcile(self, key: str) -> float | None:
        """Bring one Tenant to what it asks for; return when to look again."""
        tenant = self._means.tenants.get(*split_key(key))
        if tenant is None:
            return self._forget(key)
        self._deleted.pop(key, None)
        view = read_tenant(tenant)
        if view.is_leaving:
            return await self._means.departure.go(view)
        # One of the same name may have left just before, or this one was about to.
        self._means.departure.forget(key)
        if view.spec is None:
            await self._means.writer.write(view, invalid_status(view, now=self._now()))
            return None
        self._means.departure.part(view, view.spec)
        found, again = await self._means.secrets.read(view, view.spec)
        priority = EDIT if key in self._edited else RESYNC
        self._edited.discard(key)
        return min(again, await self._serve(Load(view, view.spec, found, priority)))

    async def _serve(self, load: Load) -> float:
        means, view = self._means, load.view
        choice = means.chooser.choose(view, load.spec, self._regions())
        if choice is None:
            return _EARLY
        if choice.is_news:
            # A hub that starts anew would choose again, and another region perhaps.
            written = await means.chooser.write_down(view, choice, now=self._now())
            if written is None:
                return _EARLY
            view = written
            load = replace(load, view=view)
        outcome = await means.handover.carry_out(load, choice)
        if outcome.is_early:
            # A hub that has just begun says nothing of regions that it has not heard yet.
            return _EARLY
        target = _target(choice, outcome)
        url = None
        if target is not None and target.region is not None:
            url = webhook_url(target.region, view.key)
        findings = Findings(
            view=view,
            spec=load.spec,
            choice=choice,
            regions=tuple(outcome.reports),
            numbers=self._numbers(load, target, outcome, url=url),
            secrets={n: said for n, said in load.found.items() if isinstance(said, SecretFault)},
            webhook_url=url,
            is_registering=self._is_registering,
            now=self._now(),
        )
        status = tenant_status(findings)
        await means.writer.write(view, status)
        if choice.is_waiting:
            outcome.look_in(_WAITING)
            if status.status.get("active") != view.status.get("active"):
                # What it moved away from can be left now.
                outcome.look_in(_EARLY)
        return outcome.again

    def _regions(self) -> dict[str, Region]:
        found: dict[str, Region] = {}
        for obj in self._means.regions:
            name: str = obj["metadata"]["name"]
            try:
                found[name] = Region.parse_once({part: obj.get(part) for part in _READ})
            except InvalidManifest as exc:
                log.warning("region_refused", region=name, code=exc.code)
        return found

    def _numbers(
        self, load: Load, target: Wanted | None, outcome: Outcome, *, url: str | None
    ) -> tuple[NumberReport, ...]:
        """Say what is wanted of the numbers at Meta and return what is known of them."""
        report = None if target is None else outcome.report(target.name)
        sealed = Sealed() if target is None else outcome.sealed.get(target.name, Sealed())
        wishes = _wishes(load, sealed, url=url if is_open(report) else None)
        if not self._is_registering:
            text = "This operator does not ask Meta."
            return tuple(NumberReport(wish.phone_number_id, message=text) for wish in wishes)
        # A tenant that is placed anew was let go in between, and its webhooks with it.
        is_known = report is not None and report.placement is not None
        known = load.view.status.get("numbers") or () if is_known else ()
        return self._means.registrar.want(load.view.key, wishes, known=known)

    def _forget(self, key: str) -> float | None:
        """Drop what is known of a Tenant that is gone; take down what it left, if it was forced."""
        self._means.registrar.forget(key)
        self._means.departure.forget(key)
        self._means.secrets.forget(key)
        self._means.chooser.forget(key)
        self._means.writer.forget(key)
        namespace, name = split_key(key)
        metrics.forget_tenant(namespace, name)
        self._edited.discard(key)
        uid = self._deleted.get(key)
        if uid is None:
            self._means.departure.leave_be(key)
            return None
        if self._means.departure.sweep(key, uid):
            self._deleted.pop(key, None)
            return None
        return _SWEEP_AGAIN


def _target(choice: Choice, outcome: Outcome) -> Wanted | None:
    """Return the region that webhooks are to go to: where they go, until the new one is open."""
    home = choice.home
    if home is not None and is_open(outcome.report(home.name)):
        return home
    return choice.serving


def _wishes(load: Load, sealed: Sealed, *, url: str | None) -> list[Wish]:
    wishes: list[Wish] = []
    for number in load.spec.whatsapp.numbers:
        credentials = sealed.credentials(number.phone_number_id)
        if credentials is not None:
            wishes.append(
                Wish(
                    phone_number_id=number.phone_number_id,
                    waba_id=number.waba_id,
                    graph_version=number.graph_version,
                    url=url,
                    verify_token=credentials.verify_token.decode(),
                    access_token=credentials.access_token.decode(),
                )
            )
    return wishes
