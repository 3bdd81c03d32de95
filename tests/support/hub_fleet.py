"""A hub's choices over time, without a cluster: regions fill, drain and go, and it restarts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from acuse.resources.region import Region
from acuse.resources.tenant_status import Role
from acuse_operator.hub.choosing import Choice, choose
from acuse_operator.hub.placing.ledger import Ledger
from acuse_operator.hub.placing.past import Past, read_past
from acuse_operator.hub.placing.picking import Fleet
from support.hub_values import region, spec


@dataclass(slots=True)
class FleetModel:
    """Regions that do at once what they are given, and a hub that keeps what it wrote."""

    regions: dict[str, Region] = field(default_factory=dict[str, Region])
    specs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    # What each region has: the tenants, with their roles.
    placed: dict[str, dict[str, Role]] = field(default_factory=dict[str, dict[str, Role]])
    # Regions in which nothing gets ready now.
    slow: set[str] = field(default_factory=set[str])
    ledger: Ledger = field(default_factory=Ledger)

    def put_region(self, name: str, **spec: Any) -> None:
        """Register a region, or change it."""
        self.regions[name] = region(name, **spec)

    def edit_region(self, name: str, **spec: Any) -> None:
        """Change some of a region's spec."""
        said = self.regions[name].spec.to_object() | spec
        self.put_region(name, **{key: v for key, v in said.items() if key != "intakeURL"})

    def put_tenant(self, key: str, **spec: Any) -> None:
        """Make a tenant, or change it."""
        self.specs[key] = {"placement": {}, **spec}

    def past(self, key: str) -> Past:
        """Return what the hub knows of where a tenant was."""
        there: dict[str, Role] = {name: has[key] for name, has in self.placed.items() if key in has}
        return read_past(self.statuses.get(key, {}), there, listed=self.placed)

    def ask(self, key: str, *, order: Sequence[str] | None = None) -> Choice:
        """Return what would be chosen now; nothing is done."""
        names = self.regions if order is None else order
        fleet = Fleet(
            {name: self.regions[name] for name in names},
            lambda name: self.ledger.beside(key, name),
        )
        return choose(spec(**self.specs[key]), self.past(key), fleet, own="own")

    def choose(self, key: str) -> Choice:
        """Choose, and take the places that were chosen; nothing is carried out yet."""
        past, choice = self.past(key), self.ask(key)
        served = [wanted.name for wanted in choice.wanted if wanted.is_served]
        self.ledger.hold(key, {*served, *past.there})
        return choice

    def carry_out(self, key: str, choice: Choice) -> None:
        """Write a choice down, give it to the regions, and hear what they say."""
        for name in self.regions:
            self.placed.setdefault(name, {}).pop(key, None)
        for wanted in choice.wanted:
            if wanted.is_served:
                self.placed[wanted.name][key] = wanted.role
        self.statuses[key] = self._status(key, choice)
        self.ledger.hold(key, [w.name for w in choice.wanted if w.is_served])

    def _status(self, key: str, choice: Choice) -> dict[str, Any]:
        states: list[dict[str, Any]] = []
        for wanted in choice.wanted:
            state: dict[str, Any] = {"name": wanted.name, "role": wanted.role, "phase": "Pending"}
            if wanted.is_served:
                state["phase"] = "Applied" if wanted.name in self.slow else "Ready"
            if wanted.origin == "Chosen":
                state["chosen"] = True
            states.append(state)
        status: dict[str, Any] = {"regions": states}
        ready = {state["name"] for state in states if state["phase"] == "Ready"}
        home, serving = choice.home, choice.serving
        if home is not None and home.name in ready:
            status["active"] = home.name
        elif serving is not None and self.active(key) == serving.name:
            status["active"] = serving.name
        return status

    def reconcile(self, key: str) -> Choice:
        """Choose for a tenant and carry it out."""
        choice = self.choose(key)
        self.carry_out(key, choice)
        return choice

    def settle(self) -> None:
        """Reconcile everybody until nothing moves."""
        for _ in range(4):
            for key in self.specs:
                self.reconcile(key)

    def restart(self, order: Sequence[str]) -> None:
        """Forget all but what is written; learn it in any order."""
        self.ledger = Ledger()
        for key in order:
            past = self.past(key)
            self.ledger.hold(key, {*past.chosen, *past.there})

    def active(self, key: str) -> str | None:
        """Return the region that serves a tenant."""
        return self.statuses.get(key, {}).get("active")

    def where(self, key: str) -> list[str]:
        """Return the regions that the hub chose for a tenant, home first."""
        states: list[Mapping[str, Any]] = self.statuses.get(key, {}).get("regions", [])
        return [state["name"] for state in states if state.get("chosen")]

    def count(self, name: str) -> int:
        """Return how many tenants a region has."""
        return len(self.placed.get(name, {}))
