"""How many tenants each region has or is about to have: what is placed, and what is wished for."""

from __future__ import annotations

from collections.abc import Iterable


class Ledger:
    """Which regions each tenant takes a place in, by its key.

    A place is taken the moment it is chosen, long before the region has it: two tenants that are
    placed at the same time see each other here.
    """

    def __init__(self) -> None:
        self._held: dict[str, frozenset[str]] = {}
        self._there: dict[str, set[str]] = {}

    def hold(self, key: str, regions: Iterable[str]) -> None:
        """Note all the regions that a tenant takes a place in; with none, it is forgotten."""
        now, before = frozenset(regions), self._held.pop(key, frozenset())
        for name in before - now:
            self._there[name].discard(key)
            if not self._there[name]:
                del self._there[name]
        for name in now - before:
            self._there.setdefault(name, set()).add(key)
        if now:
            self._held[key] = now

    def knows(self, key: str) -> bool:
        """Tell whether a tenant takes a place anywhere."""
        return key in self._held

    def beside(self, key: str, region: str) -> int:
        """Return how many tenants other than this one take a place in a region."""
        there = self._there.get(region, ())
        return len(there) - (key in there)
