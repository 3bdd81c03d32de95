"""Operators that would lead, each with a network of its own to a real API server."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import NAMESPACES, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.leadership import Candidate
from acuse_operator.lease import Terms, lease_of
from support.cluster_tenants import kubeconfig_through
from support.eventually import until
from support.tcp_proxy import Proxy, proxy_to

QUICK: Final = Terms(duration=8, renew_every=1.0, renew_deadline=5.0, look_every=0.5)


@dataclass(slots=True)
class Term:
    """Somebody led: since when and until when, by the monotonic clock of this process."""

    who: str
    epoch: int
    began: float
    ended: float | None = None
    why: str = ""


@dataclass(slots=True)
class Member:
    """One operator: it stands by, leads, and once it lost the lead comes back as another holder."""

    name: str
    proxy: Proxy
    candidate: Candidate
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Have it stop in order, as on SIGTERM."""
        self.asked.set()

    def black_hole(self) -> None:
        """Have its connections stay, and nothing come or go."""
        self.proxy.silence()

    def refuse(self) -> None:
        """Have nobody answer at the API server's address."""
        self.proxy.refusing = True
        self.proxy.cut()


@dataclass(slots=True)
class Leadership:
    """One Lease in a namespace of its own, and who leads by it when."""

    plane: ControlPlane
    api: Api
    namespace: str
    folder: Path
    terms: list[Term] = field(default_factory=list[Term])

    @property
    def where(self) -> Ref:
        """Return which Lease it is about."""
        return lease_of(self.namespace)

    @asynccontextmanager
    async def member(
        self, name: str, *, user: str = "admin", terms: Terms = QUICK
    ) -> AsyncGenerator[Member, None]:
        """Run an operator while the block runs."""
        async with proxy_to(self.plane.place.ports.api) as proxy:
            config = kubeconfig_through(self.plane, proxy.port, self.folder, user=user)
            async with Api(await load_access(kubeconfig=config)) as api:
                member = Member(name, proxy, self._candidate(api, name, terms))
                task = asyncio.create_task(self._lives(member, api, terms))
                try:
                    yield member
                finally:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

    def _candidate(self, api: Api, name: str, terms: Terms) -> Candidate:
        return Candidate(api, self.where, identity=f"{name}_{uuid4()}", terms=terms)

    async def _lives(self, member: Member, api: Api, terms: Terms) -> None:
        stopped = asyncio.create_task(member.asked.wait())
        while not stopped.done():
            async with member.candidate.leading() as leader:
                term = Term(member.name, leader.epoch, time.monotonic())
                self.terms.append(term)
                try:
                    either: set[asyncio.Future[Any]] = {leader.lost, stopped}
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    term.ended = time.monotonic()
                    term.why = leader.lost.result() if leader.lost.done() else "stopped"
            member.candidate = self._candidate(api, member.name, terms)

    # --- looking ----------------------------------------------------------------------------------

    def leader(self) -> str:
        """Return who leads now; empty when nobody does."""
        return next((term.who for term in self.terms if term.ended is None), "")

    async def until_leads(self, name: str) -> Term:
        """Return the term of the one with this name once it leads."""
        await until(lambda: self.leader() == name)
        return self.terms[-1]

    async def until_stands_by(self, *members: Member) -> None:
        """Return once these see another one lead."""
        await until(lambda: all(one.candidate.doubt() is None for one in members))

    async def lease(self) -> Manifest | None:
        """Return the Lease."""
        return await self.api.get(self.where)

    async def until_renewed(self) -> None:
        """Return once the Lease was renewed after now."""
        before = await self.lease()
        spec = None if before is None else before["spec"].get("renewTime")

        async def is_later() -> bool:
            now = await self.lease()
            return now is not None and now["spec"].get("renewTime") not in {None, spec}

        await until(is_later)

    def assert_one_at_a_time(self) -> None:
        """See that no two led at once, and that each had a higher epoch than the one before."""
        for before, after in itertools.pairwise(self.terms):
            assert before.ended is not None, (before, after)
            assert before.ended <= after.began, (before, after)
            assert before.epoch < after.epoch, (before, after)


@asynccontextmanager
async def leadership_world(plane: ControlPlane, folder: Path) -> AsyncGenerator[Leadership, None]:
    """Make a namespace; at the end, see that never two led."""
    namespace = f"lead-{secrets.token_hex(4)}"
    async with Api(await load_access(kubeconfig=str(plane.kubeconfig()))) as api:
        await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        world = Leadership(plane, api, namespace, folder)
        yield world
        world.assert_one_at_a_time()
        await api.delete(Ref(NAMESPACES, namespace))
