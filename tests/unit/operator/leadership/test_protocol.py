"""Any number of operators, a network that loses and delays, clocks that differ: one leads at most.

The API server, the network and time are played here; what each operator decides is the real thing.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from acuse_cluster.kinds import Manifest
from acuse_operator.lease import Claim, Lookout, Seen, Terms, lease_of, read_lease

TERMS = Terms()
WHERE = lease_of("acuse-system")
LASTS = 300.0


@dataclass(slots=True)
class Term:
    """Somebody led: from when to when at most, and with which epoch."""

    who: str
    epoch: int
    began: float
    ended: float


@dataclass(slots=True)
class World:
    """An API server with one Lease, and everybody's time."""

    random: Random
    deletes: bool
    now: float = 0.0
    lease: Manifest | None = None
    terms: list[Term] = field(default_factory=list[Term])
    operators: list[Operator] = field(default_factory=list["Operator"])
    _versions: Any = field(default_factory=lambda: itertools.count(1))
    _todo: list[tuple[float, int, Callable[[], None]]] = field(
        default_factory=list[tuple[float, int, Callable[[], None]]]
    )

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._todo, (self.now + seconds, next(self._versions), act))

    def run(self) -> None:
        while self._todo and self.now < LASTS:
            self.now, _, act = heapq.heappop(self._todo)
            act()

    def leads(self) -> bool:
        return any(term.began <= self.now < term.ended for term in self.terms)

    def write(self, wanted: Manifest) -> Manifest | str:
        """Do as an API server does; return the object, or why not."""
        version = wanted["metadata"].get("resourceVersion")
        if self.lease is None and version is not None:
            return "missing"
        if self.lease is not None and version != self.lease["metadata"]["resourceVersion"]:
            return "conflict"
        before = self.lease["metadata"]["uid"] if self.lease else str(next(self._versions))
        metadata = {**wanted["metadata"], "uid": before}
        metadata["resourceVersion"] = str(next(self._versions))
        self.lease = {**wanted, "metadata": metadata}
        return self.lease

    def meddle(self) -> None:
        """Be a person: delete the Lease, take its holder out, or write another one."""
        what = self.random.choice(["delete", "empty", "other"])
        # What is not covered is left out: one that never saw the Lease, and it is gone.
        known = all(one.knows for one in self.operators)
        if what == "delete" and self.deletes and self.leads() and known:
            self.lease = None
        elif self.lease is not None and what != "delete":
            holder = "" if what == "empty" else "somebody"
            spec = {**self.lease["spec"], "holderIdentity": holder}
            self.write({**self.lease, "spec": spec})
        self.later(self.random.uniform(5, 60), self.meddle)


class Operator:
    """One process: stands by, leads, stops, crashes; its clock is its own."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.skew = world.random.uniform(-1e6, 1e6)
        self.drift = world.random.uniform(0.99, 1.01)
        self.lives, self.life = itertools.count(), -1
        self.start()

    @property
    def knows(self) -> bool:
        """Whether it has seen the Lease, or is not there to see anything."""
        return self.life < 0 or self.lookout.lease is not None

    def clock(self) -> float:
        return self.world.now * self.drift + self.skew

    def today(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.skew + self.world.now)

    def start(self) -> None:
        """Begin a new life. A Lease is never missed by one that begins while another leads."""
        world = self.world
        if world.lease is None and world.leads():
            world.later(1.0, self.start)
            return
        self.life = next(self.lives)
        self.lookout = Lookout(f"{self.name}_{self.life}", TERMS)
        self.term: Term | None = None
        self.claim: Claim | None = None
        self.seen: Seen | None = None
        self.alive(self.look)
        self.alive(self.end, after=world.random.uniform(1, 120))
        # From then on its network is cut; what it has sent may yet arrive.
        self.cut = world.now + world.random.uniform(1, 120)

    def alive(self, act: Callable[[], None], *, after: float = 0.0) -> None:
        """Do something later unless this life has ended by then."""
        life = self.life
        self.world.later(after, lambda: act() if life == self.life else None)

    def call(self, act: Callable[[], Any], answered: Callable[[Any], None]) -> None:
        """Ask the API server; `answered` gets None when no answer came in time."""
        random, told, life = self.world.random, [False], self.life
        fate = random.choice(["good"] * 6 + ["slow", "slow", "lost", "unanswered"])
        fate = "lost" if self.world.now > self.cut else fate
        there, back = (random.uniform(0, 5 if fate == "slow" else 0.3) for _ in "ab")

        def tell(answer: Any) -> None:
            """Give an answer, or none, but one of both."""
            if not told[0] and life == self.life:
                told[0] = True
                answered(answer)

        def arrive() -> None:
            """Be at the API server, whoever asked may be dead by now."""
            answer = act()
            if fate != "unanswered":
                self.world.later(back, lambda: tell(answer))

        if fate != "lost":
            self.world.later(there, arrive)
        self.alive(lambda: tell(None), after=TERMS.call / self.drift)

    # --- standing by ----------------------------------------------------------------------------

    def look(self) -> None:
        self.call(lambda: (self.world.lease,), self.looked)

    def looked(self, answer: tuple[Manifest | None] | None) -> None:
        if answer is not None:
            seen = None if answer[0] is None else read_lease(answer[0])
            self.lookout.see(seen, now=self.clock())
            if self.lookout.may_take(now=self.clock()):
                self.take(seen)
                return
        self.alive(self.look, after=TERMS.look_every)

    def take(self, seen: Seen | None) -> None:
        claim = Claim(WHERE, self.lookout.identity, TERMS, self.lookout.transitions(), self.today())
        sent, wanted = self.clock(), claim.held(seen, now=self.today())

        def taken(answer: Manifest | str | None) -> None:
            """Lead, or look again."""
            if isinstance(answer, dict):
                self.claim, self.seen = claim, read_lease(answer)
                until = self.true(sent + TERMS.renew_deadline)
                if until > self.world.now:
                    self.term = Term(self.name, claim.transitions + 1, self.world.now, until)
                    self.world.terms.append(self.term)
                    self.alive(self.renew, after=TERMS.renew_every)
                    return
            self.alive(self.look, after=TERMS.look_every)

        self.call(lambda: self.world.write(wanted), taken)

    def true(self, mine: float) -> float:
        """Return the true time of a moment of this one's clock."""
        return (mine - self.skew) / self.drift

    # --- leading --------------------------------------------------------------------------------

    def renew(self) -> None:
        assert self.term is not None
        assert self.claim is not None
        if self.world.now >= self.term.ended:
            self.end()
            return
        sent, wanted = self.clock(), self.claim.held(self.seen, now=self.today())

        def renewed(answer: Manifest | str | None) -> None:
            """Go on, or see why not."""
            assert self.term is not None
            if self.world.now >= self.term.ended:
                self.end()
            elif isinstance(answer, dict):
                self.seen = read_lease(answer)
                self.term.ended = self.true(sent + TERMS.renew_deadline)
                self.alive(self.renew, after=TERMS.renew_every)
            elif answer == "missing":
                self.seen = None
                self.alive(self.renew)
            elif answer == "conflict":
                self.call(lambda: (self.world.lease,), self.found)
            else:
                self.alive(self.renew, after=0.5)

        self.call(lambda: self.world.write(wanted), renewed)

    def found(self, answer: tuple[Manifest | None] | None) -> None:
        if answer is not None:
            self.seen = None if answer[0] is None else read_lease(answer[0])
            if self.seen is not None and self.seen.holder != self.lookout.identity:
                self.end()
                return
        self.alive(self.renew, after=0.0 if answer else 0.5)

    def end(self) -> None:
        """End this life, by a crash or because the lead is lost; now and then in order."""
        world = self.world
        if self.term is not None:
            self.term.ended = min(self.term.ended, world.now)
            if self.claim is not None and self.seen is not None and world.random.random() < 0.3:
                world.write(self.claim.released(self.seen, now=self.today()))
        self.life = -1
        world.later(world.random.uniform(0, 5), self.start)


def play(seed: int, *, operators: int, deletes: bool) -> list[Term]:
    world = World(Random(seed), deletes)
    world.operators = [Operator(world, f"operator-{number}") for number in range(operators)]
    world.later(20.0, world.meddle)
    world.run()
    return sorted(world.terms, key=lambda term: term.began)


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), operators=st.integers(2, 4), deletes=st.booleans())
# Released, seen so by one, taken by another, and deleted before the first one looked again.
@example(seed=201150, operators=2, deletes=True)
def test_never_do_two_lead(seed: int, operators: int, deletes: bool) -> None:
    terms = play(seed, operators=operators, deletes=deletes)

    for before, after in itertools.pairwise(terms):
        assert before.ended <= after.began, (before, after)


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 2**32), operators=st.integers(2, 4))
def test_each_who_leads_has_a_higher_epoch_than_the_one_before(seed: int, operators: int) -> None:
    epochs = [term.epoch for term in play(seed, operators=operators, deletes=False)]

    assert min(epochs, default=1) >= 1
    assert all(before < after for before, after in itertools.pairwise(epochs))
