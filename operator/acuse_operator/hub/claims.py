"""Whose a number is when two Tenants list it: the older Tenant's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from acuse.resources.names import tenant_key


class Claims:
    """Who lists which number, kept as Tenants come and go."""

    def __init__(self) -> None:
        self._claims: dict[str, dict[str, str]] = {}
        self._listed: dict[str, frozenset[str]] = {}

    def put(self, tenant: Mapping[str, Any]) -> frozenset[str]:
        """Note a Tenant's numbers; return the other Tenants that this may matter to."""
        metadata = tenant["metadata"]
        key = tenant_key(metadata["namespace"], metadata["name"])
        age = str(metadata.get("creationTimestamp", ""))
        listed = frozenset(_numbers(tenant))
        before = self._listed.get(key, frozenset())
        self._listed[key] = listed
        for number in before - listed:
            self._claims[number].pop(key, None)
        for number in listed:
            self._claims.setdefault(number, {})[key] = age
        return self._others(key, before ^ listed)

    def drop(self, key: str) -> frozenset[str]:
        """Forget a Tenant; return the others that list one of its numbers."""
        listed = self._listed.pop(key, frozenset())
        for number in listed:
            self._claims[number].pop(key, None)
        return self._others(key, listed)

    def owner(self, phone_number_id: str) -> str | None:
        """Return the key of the Tenant that has a number."""
        claims = self._claims.get(phone_number_id)
        return min(claims, key=lambda key: (claims[key], key)) if claims else None

    def _others(self, key: str, numbers: frozenset[str]) -> frozenset[str]:
        return frozenset(k for number in numbers for k in self._claims[number]) - {key}


def _numbers(tenant: Mapping[str, Any]) -> list[str]:
    """Return the numbers of a Tenant, also of one whose spec cannot be used otherwise."""
    spec: dict[str, Any] = tenant.get("spec") or {}
    whatsapp: dict[str, Any] = spec.get("whatsapp") or {}
    listed: list[object] = whatsapp.get("numbers") or []
    entries = [cast("dict[str, object]", entry) for entry in listed if isinstance(entry, dict)]
    found = (entry.get("phoneNumberId") for entry in entries)
    return [number for number in found if isinstance(number, str)]
