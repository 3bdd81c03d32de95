"""Keeps each number's webhook override at Meta as the hub wants it, within Meta's hourly budget.

It has a queue of its own: a Meta that answers slowly, or not at all, delays no Tenant. What it
knows is in memory and, across a restart, in the Tenant's status.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import structlog

from acuse.errors import AcuseError, GraphRefused, GraphUnavailable
from acuse.meta.management import NumberState, is_credentials_problem, is_unverified
from acuse_operator import metrics
from acuse_operator.hub.budget import Budgets
from acuse_operator.hub.numbers import (
    NumberReport,
    Webhook,
    Wish,
    registered,
    restore,
    spread,
)

log = structlog.get_logger()

# A fault that somebody is about to mend is looked at again soon, then less and less often.
_FIRST_RETRY: Final = 5.0
# Asking our own address costs nothing of Meta's budget; a Gateway takes up a new route in its time.
_FIRST_VERIFY_PAUSE: Final = 0.25
_LONGEST_VERIFY_PAUSE: Final = 30.0
# So many questions in vain, within about four seconds, are no fault of the route yet.
_TAKING_UP: Final = 5
# A number's webhooks were not ours yet.
_NOT_SERVED_YET: Final = frozenset({"NotChecked", "Registering", "RouteNotReady"})


class Management(Protocol):
    """Meta's management calls, as far as a number needs them."""

    async def number(
        self, phone_number_id: str, *, access_token: str, graph_version: str
    ) -> NumberState:
        """Return what Meta knows of a number."""
        ...

    async def set_override(
        self,
        phone_number_id: str,
        *,
        access_token: str,
        graph_version: str,
        uri: str,
        verify_token: str,
    ) -> None:
        """Send the number's webhooks to an address."""
        ...

    async def remove_override(
        self, phone_number_id: str, *, access_token: str, graph_version: str
    ) -> None:
        """Send the number's webhooks where its account or app says."""
        ...


@dataclass(slots=True)
class _Known:
    """What is remembered of one number."""

    wish: Wish
    report: NumberReport
    # On the monotonic clock: when to ask Meta again, and when to try again to set the address.
    next_look: float
    next_set: float = 0.0
    failures: int = 0
    # How often in a row the address did not answer.
    unanswered: int = 0


class Verifies(Protocol):
    """Asks an address for its challenge, as Meta is about to."""

    async def fault(self, url: str, *, verify_token: str) -> str | None:
        """Return why Meta would refuse the address; None when it would not."""
        ...


class Listener(Protocol):
    """Who hears of a tenant's numbers."""

    def numbers_changed(self, key: str) -> None:
        """Hear that something else is known of a tenant's numbers."""
        ...

    def numbers_wanted(self, key: str) -> None:
        """Hear that it is a tenant's turn to be reconciled here."""
        ...

    def override_restored(self, key: str, message: str) -> None:
        """Hear that somebody had changed an override of ours, and that it was set again."""
        ...


class Registrar:
    """What is known at Meta of every tenant's numbers; reconciles a tenant's key at a time."""

    def __init__(
        self,
        management: Management,
        verifier: Verifies,
        *,
        budgets: Budgets,
        listener: Listener,
        look_every: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._management = management
        self._verifier = verifier
        self._budgets = budgets
        self._listener = listener
        self._look_every = look_every
        self._clock = clock
        self._tenants: dict[str, dict[str, _Known]] = {}

    def want(
        self, key: str, wishes: Sequence[Wish], *, known: Sequence[Mapping[str, Any]]
    ) -> tuple[NumberReport, ...]:
        """Note what is wanted of a tenant's numbers and return what is known of them.

        `known` is what the Tenant's status says of them, for the first time after a start.
        """
        before = self._tenants.get(key, {})
        said = {number["phoneNumberId"]: number for number in known}
        now: dict[str, _Known] = {}
        is_new = False
        for wish in wishes:
            entry = before.get(wish.phone_number_id)
            if entry is None:
                entry = self._first(wish, said.get(wish.phone_number_id))
                is_new = True
            elif entry.wish != wish:
                self._renew(entry, wish)
                is_new = True
            now[wish.phone_number_id] = entry
        self._tenants[key] = now
        if is_new:
            self._listener.numbers_wanted(key)
        return tuple(entry.report for entry in now.values())

    def forget(self, key: str) -> None:
        """Drop what is known of a tenant."""
        self._tenants.pop(key, None)

    def _first(self, wish: Wish, said: Mapping[str, Any] | None) -> _Known:
        now = self._clock()
        report = NumberReport(wish.phone_number_id) if said is None else restore(said)
        if report.credentials == "Valid" and report.override_url == wish.url is not None:
            # All was well before the restart: it is looked at in its own time, not all at once.
            look = now + spread(wish.phone_number_id, self._look_every)
            return _Known(wish, report, look)
        if wish.url is not None and report.override_url not in {None, wish.url}:
            # Whose address that is, the status does not say; ours as it is now it is not.
            report = replace(report, webhook=_registering(wish.url))
        return _Known(wish, report, now)

    def _renew(self, entry: _Known, wish: Wish) -> None:
        now = self._clock()
        # Meta may have the address from before the route was away: then there is nothing to set,
        # and only a look says so.
        is_there = wish.url is not None and wish.url == entry.report.override_url
        is_unsaid = is_there and entry.report.webhook.status != "True"
        if wish.credentials_hash != entry.wish.credentials_hash or is_unsaid:
            entry.next_look = now
        entry.next_set = now
        entry.failures = entry.unanswered = 0
        entry.wish = wish

    async def reconcile(self, key: str) -> float | None:
        """Ask and set what is due of a tenant's numbers; return when the next is."""
        for entry in tuple(self._tenants.get(key, {}).values()):
            before = entry.report
            await self._bring(key, entry)
            if entry.report != before:
                self._listener.numbers_changed(key)
        entries = self._tenants.get(key, {}).values()
        if not entries:
            return None
        return max(0.05, min(self._due(entry) for entry in entries) - self._clock())

    def _due(self, entry: _Known) -> float:
        if _to_set(entry) is not None:
            return min(entry.next_look, entry.next_set)
        return entry.next_look

    async def _bring(self, key: str, entry: _Known) -> None:
        if entry.next_look <= self._clock() and not await self._look(entry):
            return
        url = _to_set(entry)
        if url is not None and entry.next_set <= self._clock():
            lost = entry.report.webhook
            if await self._set(entry, url) and lost.reason == "Overridden":
                self._listener.override_restored(key, lost.message)

    async def _look(self, entry: _Known) -> bool:
        """Ask Meta about a number; False when there was no answer to go on with."""
        wish = entry.wish
        wait = self._budgets.spend_look(wish.waba_id)
        if wait:
            entry.next_look = self._clock() + wait
            self._put_off(entry)
            return False
        try:
            state = await self._ask(wish)
        except (GraphRefused, GraphUnavailable) as exc:
            self._not_answered(entry, exc)
            return False
        self._answered(entry, wish, state)
        return True

    async def _ask(self, wish: Wish) -> NumberState:
        return await self._management.number(
            wish.phone_number_id,
            access_token=wish.access_token,
            graph_version=wish.graph_version,
        )

    def _answered(self, entry: _Known, wish: Wish, state: NumberState) -> None:
        report = entry.report
        changed = replace(
            report,
            credentials="Valid",
            credentials_reason="Valid",
            message="Meta knows the number by this token.",
            override_url=state.override_callback_uri,
            webhook=_webhook(report, wish, state),
        )
        # Other credentials may have come while Meta was asked about these.
        is_current = entry.wish.credentials_hash == wish.credentials_hash
        entry.next_look = self._clock() + (self._look_every if is_current else 0.0)
        entry.failures = 0
        self._report(entry, changed)

    def _not_answered(self, entry: _Known, exc: AcuseError) -> None:
        report = entry.report
        if is_credentials_problem(exc):
            text = f"Meta refuses the access token for number {entry.wish.phone_number_id}: {exc}."
            changed = replace(
                report,
                credentials="Invalid",
                credentials_reason="TokenRejected",
                message=text,
                webhook=_unless_registered(report, Webhook("Unknown", "TokenRejected", text)),
            )
        else:
            reason = "GraphUnavailable" if isinstance(exc, GraphUnavailable) else "GraphRefused"
            text = f"Meta did not answer about number {entry.wish.phone_number_id}: {exc}."
            changed = replace(
                report,
                credentials="Unknown",
                credentials_reason=reason,
                message=text,
                webhook=_unless_registered(report, Webhook("Unknown", reason, text)),
            )
        entry.next_look = self._clock() + self._pause(entry, exc)
        self._report(entry, changed)

    async def _set(self, entry: _Known, url: str) -> bool:
        """Have the number's webhooks sent to us; False when the report says why they are not."""
        wish = entry.wish
        fault = await self._verifier.fault(url, verify_token=wish.verify_token)
        if fault is not None:
            self._not_verified(entry, fault)
            return False
        entry.unanswered = 0
        # One call sets it, one reads it back.
        wait = self._budgets.spend(wish.waba_id, calls=2)
        if wait:
            text = f"Meta's hourly budget of account {wish.waba_id} is used up."
            self._not_set(entry, "RateLimited", text, wait)
            return False
        try:
            state = await self._point(wish, url)
        except (GraphRefused, GraphUnavailable) as exc:
            self._set_refused(entry, exc)
            return False
        action = "reset" if entry.report.webhook.reason == "Overridden" else "set"
        metrics.OVERRIDES.labels(action).inc()
        log.info("webhook_registered", reason=action)
        self._answered(entry, wish, state)
        is_set = state.override_callback_uri == url
        if not is_set:
            entry.next_set = self._clock() + self._pause(entry, None)
        return is_set

    def _not_verified(self, entry: _Known, fault: str) -> None:
        """Take that the address does not answer: that a new one does not yet is no fault."""
        entry.unanswered += 1
        grown = _FIRST_VERIFY_PAUSE * 2.0 ** min(entry.unanswered - 1, 10)
        is_new = entry.report.webhook.reason in _NOT_SERVED_YET and entry.unanswered < _TAKING_UP
        reason = "Registering" if is_new else "RouteNotReachable"
        text = f"It is not taken up yet: {fault}." if is_new else f"{fault}."
        self._not_set(entry, reason, text, min(grown, _LONGEST_VERIFY_PAUSE))

    async def _point(self, wish: Wish, url: str) -> NumberState:
        await self._management.set_override(
            wish.phone_number_id,
            access_token=wish.access_token,
            graph_version=wish.graph_version,
            uri=url,
            verify_token=wish.verify_token,
        )
        return await self._ask(wish)

    def _set_refused(self, entry: _Known, exc: AcuseError) -> None:
        if is_credentials_problem(exc):
            self._not_answered(entry, exc)
            return
        reason = "GraphUnavailable" if isinstance(exc, GraphUnavailable) else "GraphRefused"
        if is_unverified(exc):
            reason = "RouteNotReachable"
        text = f"Meta did not take the address {entry.wish.url}: {exc}."
        self._not_set(entry, reason, text, self._pause(entry, exc))
        if isinstance(exc, GraphUnavailable):
            # It may have been taken all the same: that is looked at before it is set again.
            entry.next_look = min(entry.next_look, entry.next_set)

    def _not_set(self, entry: _Known, reason: str, text: str, pause: float) -> None:
        entry.next_set = self._clock() + pause
        self._report(entry, replace(entry.report, webhook=Webhook("False", reason, text)))

    def _put_off(self, entry: _Known) -> None:
        if entry.report.credentials_reason == "NotChecked":
            text = f"Meta's hourly budget of account {entry.wish.waba_id} is used up for now."
            webhook = _unless_registered(entry.report, Webhook("Unknown", "RateLimited", text))
            self._report(entry, replace(entry.report, message=text, webhook=webhook))

    def _report(self, entry: _Known, changed: NumberReport) -> None:
        if changed != entry.report:
            if changed.credentials != entry.report.credentials:
                changed = replace(changed, checked_at=datetime.now(UTC))
            entry.report = changed

    def _pause(self, entry: _Known, exc: AcuseError | None) -> float:
        entry.failures += 1
        grown = min(_FIRST_RETRY * 2.0 ** min(entry.failures - 1, 10), self._look_every)
        if isinstance(exc, GraphUnavailable) and not exc.pauses:
            return max(grown, exc.retry_after)
        return grown


def _to_set(entry: _Known) -> str | None:
    """Return the address that Meta has yet to be given; None when there is none, or no way to."""
    if entry.report.credentials != "Valid" or entry.report.override_url == entry.wish.url:
        return None
    return entry.wish.url


def _webhook(before: NumberReport, wish: Wish, state: NumberState) -> Webhook:
    """Return what an answer of Meta's says about where a number's webhooks go."""
    url, last = state.override_callback_uri, before.webhook
    if wish.url is not None and url == wish.url:
        return registered(wish.url)
    if wish.url is None:
        is_held = url is not None and url == before.override_url and last.status == "True"
        text = "The route is not ready in the tenant's region yet."
        return last if is_held else Webhook("False", "RouteNotReady", text)
    if last.reason == "Registered" and url != before.override_url:
        said = f"to {url}" if url else "nowhere of its own"
        text = f"Somebody changed the override: Meta sends this number's webhooks {said}."
        return Webhook("False", "Overridden", text)
    if last.status == "False" and last.reason != "RouteNotReady":
        return last
    return _registering(wish.url)


def _registering(url: str) -> Webhook:
    return Webhook("False", "Registering", f"Meta is about to be given {url}.")


def _unless_registered(report: NumberReport, webhook: Webhook) -> Webhook:
    """Return the new verdict, but keep that a number is registered: nobody said otherwise."""
    return report.webhook if report.webhook.status == "True" else webhook
