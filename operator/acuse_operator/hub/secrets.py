"""Reads the Secrets that a Tenant names, by name, and not more often than need be."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from acuse.errors import ApiRefused
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import SECRETS, Manifest, Ref
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.sealing import Found, SecretFault, read_secret
from acuse_operator.hub.tenant import TenantView

# Somebody is probably about to make it.
_MISSING_POLL: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a Tenant's Secrets said, of which generation of it, and when to ask again."""

    uid: str
    generation: int
    found: Mapping[str, Found]
    next_at: float


class SecretReader:
    """The credentials of each Tenant's numbers."""

    def __init__(
        self,
        api: Api,
        claims: Claims,
        *,
        poll: float,
        is_app_shared: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._claims = claims
        self._poll = poll
        self._is_app_shared = is_app_shared
        self._clock = clock
        self._readings: dict[str, Reading] = {}

    async def read(self, view: TenantView, spec: TenantSpec) -> tuple[dict[str, Found], float]:
        """Return what each number's Secret says, and the seconds until it is asked again.

        Asked anew when the Tenant changed or its time is up; in between the last answer holds.
        """
        now = self._clock()
        last = self._readings.get(view.key)
        if last is None or (last.uid, last.generation) != (view.uid, view.generation):
            last = None
        if last is None or last.next_at <= now:
            last = await self._ask(view, spec)
            self._readings[view.key] = last
        found = {
            number: self._unless_taken(view.key, number, f) for number, f in last.found.items()
        }
        return found, max(0.05, last.next_at - now)

    def forget(self, key: str) -> None:
        """Drop what a Tenant's Secrets said."""
        self._readings.pop(key, None)

    async def _ask(self, view: TenantView, spec: TenantSpec) -> Reading:
        names = dict.fromkeys(number.secret_ref.name for number in spec.whatsapp.numbers)
        secrets = {name: await self._get(view.namespace, name) for name in names}
        found: dict[str, Found] = {}
        for number in spec.whatsapp.numbers:
            name = number.secret_ref.name
            secret = secrets[name]
            found[number.phone_number_id] = (
                secret
                if isinstance(secret, SecretFault)
                else read_secret(secret, name=name, is_app_shared=self._is_app_shared)
            )
        is_whole = not any(isinstance(f, SecretFault) for f in found.values())
        pause = self._poll if is_whole else min(self._poll, _MISSING_POLL)
        return Reading(view.uid, view.generation, found, self._clock() + pause)

    async def _get(self, namespace: str, name: str) -> Manifest | SecretFault | None:
        try:
            return await self._api.get(Ref(SECRETS, name, namespace))
        except ApiRefused as exc:
            if exc.status != 403:  # noqa: PLR2004 - HTTP's own number
                raise
            text = f"Secret {name} cannot be read: the operator has no right to."
            return SecretFault("SecretInvalid", text)

    def _unless_taken(self, key: str, number: str, found: Found) -> Found:
        owner = self._claims.owner(number)
        if owner is None or owner == key:
            return found
        return SecretFault("NumberTaken", f"Number {number} belongs to the Tenant {owner}.")
