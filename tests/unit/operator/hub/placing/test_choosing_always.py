"""Whatever happens to regions and tenants: what a choice never does."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.placing.fitting import is_inside
from support.hub_fleet import FleetModel

# Each under one law for ever.
LAWS = {"r1": "AR", "r2": "AR", "r3": "UY", "r4": "US-CA", "own": "US-CA"}
KEYS = ("a", "b", "c", "d")

Part = dict[str, Any]


def _named(regions: list[str]) -> Part:
    return {"home": regions[0], "standby": regions[1:]}


def _bound(laws: list[str]) -> Part | None:
    return {"jurisdictions": laws} if laws else None


names = st.sampled_from(list(LAWS))
keys = st.sampled_from(KEYS)
left_to_the_hub: st.SearchStrategy[Part] = st.fixed_dictionaries(
    {"standbys": st.integers(0, 2)}, optional={"spread": st.just("Jurisdiction")}
)
home_named: st.SearchStrategy[Part] = st.fixed_dictionaries(
    {"home": names, "standbys": st.integers(0, 2)}
)
placements = st.one_of(
    left_to_the_hub,
    left_to_the_hub,
    left_to_the_hub,
    home_named,
    st.lists(names, min_size=1, max_size=3, unique=True).map(_named),
    st.none(),
)
residencies = st.lists(st.sampled_from(["AR", "UY", "US", "US-NY"]), max_size=2, unique=True).map(
    _bound
)
capacities = st.none() | st.integers(0, 3)


class Placing(RuleBasedStateMachine):
    """A fleet that lives: what is checked after each choice holds for all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = FleetModel()

    @initialize(
        sizes=st.lists(capacities, min_size=5, max_size=5),
        asked=st.lists(left_to_the_hub, min_size=3, max_size=3),
    )
    def begin(self, sizes: list[int | None], asked: list[dict[str, Any]]) -> None:
        """Register the regions, and let some tenants in."""
        for name, capacity in zip(LAWS, sizes, strict=True):
            self.resize(name, capacity)
        for key, placement in zip(KEYS, asked, strict=False):
            self.put_tenant(key, placement, None)

    @rule(name=names, capacity=capacities)
    def resize(self, name: str, capacity: int | None) -> None:
        """Register a region, open to all, or change how many it takes."""
        size = {} if capacity is None else {"capacity": capacity}
        self.fleet.put_region(name, jurisdiction=LAWS[name], **size)

    @rule(name=names, change=st.sampled_from(["draining", "cordoned"]), on=st.booleans())
    def change(self, name: str, change: str, *, on: bool) -> None:
        """Have a region drained or cordoned, or no more."""
        if name in self.fleet.regions:
            self.fleet.edit_region(name, **{change: on})

    @rule(key=keys, is_slow=st.booleans())
    def drain(self, key: str, *, is_slow: bool) -> None:
        """Have the very region drained that serves a tenant, whoever else is there."""
        active = self.fleet.active(key)
        if active in self.fleet.regions:
            self.fleet.slow = set(LAWS) - {active} if is_slow else set()
            self.fleet.edit_region(active, draining=True)
            self.all_at_once(list(KEYS))
            for each in self.fleet.specs:
                self.reconcile(each)

    @rule(name=names)
    def unregister(self, name: str) -> None:
        """Take a Region away; what is there stays there."""
        self.fleet.regions.pop(name, None)

    @rule(name=names)
    def turn(self, name: str) -> None:
        """Have a region get ready no more, or again."""
        self.fleet.slow ^= {name}

    @rule(key=keys, placement=placements, residency=residencies)
    def put_tenant(
        self, key: str, placement: dict[str, Any] | None, residency: dict[str, Any] | None
    ) -> None:
        """Make a tenant, or change it."""
        self.fleet.put_tenant(key, placement=placement, residency=residency)
        self._chosen(key, carry_out=True)

    @rule(key=keys)
    def reconcile(self, key: str) -> None:
        """Choose for a tenant and carry it out; nobody moves without a reason."""
        if key not in self.fleet.specs:
            return
        before, has_reason = self.fleet.where(key), self._has_reason(key)
        self._chosen(key, carry_out=True)
        if before and not has_reason and self.fleet.active(key) == before[0]:
            assert self.fleet.where(key)[: len(before)] == before

    @rule(some=st.permutations(KEYS))
    def all_at_once(self, some: list[str]) -> None:
        """Choose for all before anything is carried out for one."""
        there = [key for key in some if key in self.fleet.specs]
        choices = {key: self._chosen(key) for key in there}
        for key, choice in choices.items():
            self.fleet.carry_out(key, choice)

    @rule(order=st.permutations(KEYS))
    def restart(self, order: list[str]) -> None:
        """Have the hub forget all but what is written; the same is chosen afterwards."""
        for key in self.fleet.specs:
            self.reconcile(key)
        before = {key: self.fleet.where(key) for key in self.fleet.specs}
        self.fleet.restart(order)
        self.the_order_of_regions_does_not_matter()
        for key in order:
            if key not in self.fleet.specs:
                continue
            again = self.fleet.ask(key)
            kept = [w.name for w in again.wanted if w.origin == "Chosen"]
            assert [name for name in before[key] if name in kept] == before[key] or (
                self._has_reason(key)
            )

    @invariant()
    def the_order_of_regions_does_not_matter(self) -> None:
        """Ask with the regions the other way round, also for one who is nowhere yet."""
        turned = list(reversed(self.fleet.regions))
        self.fleet.put_tenant("new", placement={"standbys": 1})
        for key in self.fleet.specs:
            assert self.fleet.ask(key) == self.fleet.ask(key, order=turned)
        del self.fleet.specs["new"]

    def _has_reason(self, key: str) -> bool:
        """Tell whether a region of the tenant is drained, forbidden or against its spread."""
        spec = self.fleet.specs[key]
        residency, placement = spec.get("residency"), _placement(spec)
        found = [self.fleet.regions.get(name) for name in self.fleet.where(key)]
        regions = [region for region in found if region is not None]
        laws = [region.spec.jurisdiction for region in regions]
        is_close = placement.get("spread") == "Jurisdiction" and len(set(laws)) < len(laws)
        return is_close or any(
            region.spec.draining
            or (
                residency is not None
                and not is_inside(region.spec.jurisdiction, residency["jurisdictions"])
            )
            for region in regions
        )

    def _chosen(self, key: str, *, carry_out: bool = False) -> Choice:
        fleet = self.fleet
        past, active = fleet.past(key), fleet.active(key)
        beside = {name: fleet.ledger.beside(key, name) for name in fleet.regions}
        choice = fleet.choose(key)
        served = [wanted for wanted in choice.wanted if wanted.is_served]
        for wanted in served:
            self._is_allowed(key, wanted)
            if past.is_new(wanted.name):
                self._is_open(wanted, beside[wanted.name])
        assert len({wanted.name for wanted in choice.wanted}) == len(choice.wanted)
        placement = _placement(fleet.specs[key])
        if fleet.specs[key].get("placement") is not None and not placement.get("standby"):
            self._is_whole(choice, placement)
        self._is_not_left_unserved(active, choice, key)
        if carry_out:
            fleet.carry_out(key, choice)
        return choice

    def _is_allowed(self, key: str, wanted: Wanted) -> None:
        residency = self.fleet.specs[key].get("residency")
        assert wanted.region is not None
        law = wanted.region.spec.jurisdiction
        assert residency is None or is_inside(law, residency["jurisdictions"])

    def _is_open(self, wanted: Wanted, beside: int) -> None:
        assert wanted.region is not None
        spec = wanted.region.spec
        assert not spec.cordoned
        assert not spec.draining
        assert spec.capacity is None or beside < spec.capacity

    def _is_whole(self, choice: Choice, placement: dict[str, Any]) -> None:
        """Ask that all is found that was asked for, or said for every region why not."""
        stays = [wanted for wanted in choice.wanted if wanted.origin != "Leaving"]
        asked = 1 + placement.get("standbys", 0)
        if choice.lacking is None:
            assert len(stays) == asked
        else:
            assert len(stays) < asked
            taken = {wanted.name for wanted in stays}
            for name in self.fleet.regions.keys() - taken:
                assert f"{name}: " in choice.lacking.message
        if placement.get("spread") == "Jurisdiction":
            laws = [w.region.spec.jurisdiction for w in stays if w.region is not None]
            assert len(set(laws)) == len(laws)

    def _is_not_left_unserved(self, active: str | None, choice: Choice, key: str) -> None:
        """Ask that what serves a tenant goes on, unless its residency or its spec forbids it."""
        region = self.fleet.regions.get(active or "")
        placement = self.fleet.specs[key].get("placement")
        if active is None or region is None or placement is None or "home" in placement:
            return
        residency = self.fleet.specs[key].get("residency")
        law = region.spec.jurisdiction
        if residency is None or is_inside(law, residency["jurisdictions"]):
            assert choice.serving is not None
            assert choice.serving.name == active
            assert choice.serving.is_served


def _placement(spec: Part) -> Part:
    said: Part | None = spec.get("placement")
    return said or {}


def test_whatever_happens_a_choice_is_lawful_has_room_and_moves_nobody_for_nothing() -> None:
    run_state_machine_as_test(
        Placing,
        settings=settings(
            max_examples=100, stateful_step_count=20, deadline=None, derandomize=True, database=None
        ),
    )
