"""Takes webhook overrides away at Meta: of tenants that leave, and of numbers that one gave up.

It has its turn in the queue for Meta, which delays no Tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from acuse.errors import GraphRefused, GraphUnavailable
from acuse_operator import metrics
from acuse_operator.hub.budget import Budgets
from acuse_operator.hub.numbers import Wish
from acuse_operator.hub.registration import Listener, Management

log = structlog.get_logger()

_FIRST_RETRY: Final = 2.0
_LONGEST_RETRY: Final = 30.0
# Of one number's two calls, however slowly Meta answers.
_DEADLINE: Final = 20.0
# Tries for a number that nobody waits for: about four minutes.
_TRIES: Final = 12


@dataclass(slots=True)
class _Leaving:
    """What is left to take away of one tenant."""

    wishes: list[Wish]
    failures: int = 0
    fault: str = "Meta was not asked yet"


async def remove_override(management: Management, budgets: Budgets, wish: Wish) -> str | None:
    """Take a number's override away if it is still `wish.url`; return why it could not be done."""
    if budgets.spend(wish.waba_id, calls=2):
        return f"Meta's hourly budget of account {wish.waba_id} is used up"
    try:
        async with asyncio.timeout(_DEADLINE):
            state = await management.number(
                wish.phone_number_id,
                access_token=wish.access_token,
                graph_version=wish.graph_version,
            )
            if state.override_callback_uri != wish.url:
                return None
            await management.remove_override(
                wish.phone_number_id,
                access_token=wish.access_token,
                graph_version=wish.graph_version,
            )
    except (GraphRefused, GraphUnavailable) as exc:
        return str(exc)
    except TimeoutError:
        return "the Graph API did not answer"
    metrics.OVERRIDES.labels("removed").inc()
    log.info("webhook_unregistered")
    return None


class Unregistrar:
    """The overrides that are to go; reconciles a tenant's key at a time."""

    def __init__(
        self,
        management: Management,
        *,
        budgets: Budgets,
        listener: Listener,
    ) -> None:
        self._management = management
        self._budgets = budgets
        self._listener = listener
        self._leaving: dict[str, _Leaving] = {}
        self._parted: dict[str, _Leaving] = {}

    def leave(self, key: str, wishes: Sequence[Wish]) -> str | None:
        """Have a tenant's overrides taken away; return what is in the way, None once they are."""
        entry = self._leaving.get(key)
        if entry is None:
            parted = self._parted.pop(key, None)
            wishes = [*wishes, *(parted.wishes if parted else ())]
            if not wishes:
                return None
            entry = self._leaving[key] = _Leaving(wishes)
            self._listener.numbers_wanted(key)
        return entry.fault if entry.wishes else None

    def part(self, key: str, wishes: Sequence[Wish], *, listed: Collection[str]) -> None:
        """Have the overrides of numbers that a tenant gave up taken away, but of none it lists."""
        entry = self._parted.setdefault(key, _Leaving([]))
        entry.wishes = [wish for wish in entry.wishes if wish.phone_number_id not in listed]
        known = {wish.phone_number_id for wish in entry.wishes}
        new = [wish for wish in wishes if wish.phone_number_id not in {*known, *listed}]
        entry.wishes += new
        if not entry.wishes:
            del self._parted[key]
        elif new:
            self._listener.numbers_wanted(key)

    def has(self, key: str) -> bool:
        """Tell whether a tenant is about to leave."""
        return key in self._leaving

    def forget(self, key: str) -> None:
        """Drop a tenant's departure, done or not; a number given up is still let go."""
        self._leaving.pop(key, None)

    async def reconcile(self, key: str) -> float | None:
        """Take away what is left; return when to try again."""
        leaving, parted = self._leaving.get(key), self._parted.get(key)
        entry = leaving or parted
        if entry is None:
            return None
        again = await self._take_away(entry)
        if leaving is not None:
            self._listener.numbers_changed(key)
        elif again is None or entry.failures >= _TRIES:
            self._end(key, entry)
            return None
        return again

    def _end(self, key: str, parted: _Leaving) -> None:
        if self._parted.get(key) is parted:
            del self._parted[key]
        for _ in parted.wishes:
            metrics.OVERRIDES.labels("given_up").inc()
            log.warning("webhook_left", tenant=key, reason=parted.fault)

    async def _take_away(self, entry: _Leaving) -> float | None:
        for wish in tuple(entry.wishes):
            fault = await remove_override(self._management, self._budgets, wish)
            if fault is not None:
                entry.fault = f"number {wish.phone_number_id}: {fault}"
            elif wish in entry.wishes:
                entry.wishes.remove(wish)
        if not entry.wishes:
            return None
        entry.failures += 1
        return min(_FIRST_RETRY * 2.0 ** min(entry.failures - 1, 8), _LONGEST_RETRY)
