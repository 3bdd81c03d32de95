"""The Secrets that Tenants name, as far as the caller may read them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acuse.errors import ApiRefused
from acuse.resources.tenant import TenantSpec
from acuse_cluster.client import Api
from acuse_cluster.kinds import SECRETS, Manifest, Ref
from acuse_operator.hub.claims import Claims
from acuse_operator.hub.sealing import Credentials, Found, Sealed, SecretFault, read_secret


@dataclass(frozen=True, slots=True)
class Known:
    """What the numbers' Secrets say; `unread` names those that the caller may not read."""

    found: Mapping[str, Found]
    unread: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether every Secret could be read, be it that one is missing."""
        return not self.unread

    @property
    def faults(self) -> dict[str, SecretFault]:
        """Return what is wrong with the Secrets that could be read, by number."""
        return {n: said for n, said in self.found.items() if isinstance(said, SecretFault)}


@dataclass(slots=True)
class SecretsAtHand:
    """Reads each Secret once; those of the file that is planned go before the cluster's."""

    api: Api
    is_app_shared: bool
    given: Mapping[tuple[str, str], Manifest] = field(
        default_factory=dict[tuple[str, str], Manifest]
    )

    async def read(self, namespace: str, spec: TenantSpec, *, key: str, claims: Claims) -> Known:
        """Return the credentials of a tenant's numbers, as the hub would read them."""
        found: dict[str, Found] = {}
        unread: dict[str, None] = {}
        for number in spec.whatsapp.numbers:
            name = number.secret_ref.name
            try:
                secret = await self._secret(namespace, name)
            except ApiRefused:
                unread[name] = None
                continue
            said = read_secret(secret, name=name, is_app_shared=self.is_app_shared)
            owner = claims.owner(number.phone_number_id)
            if owner not in {None, key}:
                text = f"Number {number.phone_number_id} belongs to the Tenant {owner}."
                said = SecretFault("NumberTaken", text)
            found[number.phone_number_id] = said
        return Known(found, tuple(unread))

    async def _secret(self, namespace: str, name: str) -> Manifest | None:
        given = self.given.get((namespace, name))
        if given is not None:
            return given
        return await self.api.get(Ref(SECRETS, name, namespace))


def with_stand_ins(known: Known, spec: TenantSpec, before: Sealed) -> dict[str, Found]:
    """Return credentials for all numbers: of those not read what the region has, or a stand-in.

    What is made of them says right which numbers are served, and nothing right of hashes.
    """
    found = dict(known.found)
    for number in spec.whatsapp.numbers:
        if number.phone_number_id not in found:
            last = before.credentials(number.phone_number_id)
            found[number.phone_number_id] = last or Credentials(b"?", None, b"?", b"?")
    return found


def secret_in_file(document: Mapping[str, Any]) -> Manifest:
    """Return a Secret of a file as the API server would keep it: all of it as `data`."""
    plain: Mapping[str, str] = document.get("stringData") or {}
    data = {name: base64.b64encode(str(text).encode()).decode() for name, text in plain.items()}
    metadata: Mapping[str, Any] = document.get("metadata") or {}
    return {
        "metadata": dict(metadata),
        "data": {**(document.get("data") or {}), **data},
    }
