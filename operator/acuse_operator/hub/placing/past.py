"""Where a tenant was before, as its status and its regions tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from acuse.resources.tenant_status import Role

# The region has, or had, what it was given.
_GIVEN: Final = frozenset({"Applied", "Ready", "Degraded"})


@dataclass(frozen=True, slots=True)
class Past:
    """What is kept of a tenant's regions, whatever would be chosen today."""

    # Every region in question and its place there, in the order of the status.
    roles: Mapping[str, Role]
    # Those that the hub chose, home first.
    chosen: tuple[str, ...] = ()
    # Those that have the tenant, or have had it.
    there: frozenset[str] = frozenset()
    # Those that are letting it go already.
    going: frozenset[str] = frozenset()
    # Those that serve it as it is.
    ready: frozenset[str] = frozenset()
    # The one that the tenant's webhooks go to.
    active: str | None = None

    def is_new(self, name: str) -> bool:
        """Tell whether the tenant would be new in a region."""
        return name not in self.there and name not in self.chosen


def read_past(
    status: Mapping[str, Any], placed: Mapping[str, Role], *, listed: Collection[str] = ()
) -> Past:
    """Return where a tenant was, by its status and by what regions have.

    `placed` is its role in each region that is seen to have it; what of the `listed` ones is not
    in there does not have it, whatever the status says.
    """
    states: list[Mapping[str, Any]] = list(status.get("regions") or ())
    active: str | None = status.get("active")
    roles: dict[str, Role] = {state["name"]: state["role"] for state in states}
    for name, role in placed.items():
        roles.setdefault(name, role)
    given = (state["name"] for state in states if _was_given(state))
    there = {*placed, *(name for name in given if name not in listed)}
    if active is not None:
        roles.setdefault(active, "Home")
        there.add(active)
    chosen = [state for state in states if state.get("chosen") is True]
    chosen.sort(key=lambda state: state["role"] != "Home")
    return Past(
        roles,
        chosen=tuple(state["name"] for state in chosen),
        there=frozenset(there),
        going=frozenset(state["name"] for state in states if state["phase"] == "Deleting"),
        ready=frozenset(state["name"] for state in states if state["phase"] == "Ready"),
        active=active,
    )


def _was_given(state: Mapping[str, Any]) -> bool:
    return state["phase"] in _GIVEN or bool(state.get("hash"))
