"""Whose is a number that two tenants claim? Who had it keeps it, else the first by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acuse.tenants.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Settled:
    """The tenants to serve, and why one is not served as it would be: key and reason, in order."""

    tenants: dict[str, Tenant]
    refused: tuple[tuple[str, str], ...]


def settle_numbers(wanted: Mapping[str, Tenant], before: Mapping[str, Tenant]) -> Settled:
    """Give each number to one tenant; who may not have all of its numbers stays as before."""
    had = {n.phone_number_id: t.key for t in before.values() for n in t.numbers}
    owner = {
        number: key
        for number, key in had.items()
        if key in wanted and wanted[key].number(number) is not None
    }
    settled: dict[str, Tenant] = {}
    refused: list[tuple[str, str]] = []
    for key in sorted(wanted):
        for tenant in (wanted[key], before.get(key)):
            if tenant is None:
                break
            ids = [n.phone_number_id for n in tenant.numbers]
            taken = next((i for i in ids if owner.get(i, key) != key), None)
            if taken is None:
                owner.update(dict.fromkeys(ids, key))
                settled[key] = tenant
                break
            refused.append((key, f"number {taken} belongs to {owner[taken]}"))
    return Settled(settled, tuple(refused))
