"""The operator of the fleet's hub: a process of its own, seen from outside."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.program import Program
from bench.fleet_planes import Member
from bench.operator_program import Queues, read_queues
from bench.operator_watch import PATIENCE, within
from bench.processor import parse_stat
from bench.result import InvalidMeasurement

# Of no Region: the hub's own cluster is none.
HUB_REGION = "bench-hub"
# Who writes nothing for so many seconds, and uses no more than this share of a processor, rests.
_QUIET = 2.0
_AT_REST = 0.15
_LOOK_EVERY = 0.1
_PATIENCE = aiohttp.ClientTimeout(total=10.0)


@dataclass(frozen=True, slots=True)
class Rest:
    """An operator at rest: when it last worked, by `perf_counter`, and all its writes so far."""

    since: float
    writes: Counter[str]


@dataclass(frozen=True, slots=True)
class HubOperator:
    """`acuse operator run` with the hub role only; `members` are all clusters, the hub first."""

    program: Program
    members: Sequence[Member]

    async def start(self) -> None:
        """Start it and return once it is ready."""
        self.program.start()
        await asyncio.to_thread(self.program.wait_ready)

    async def stop(self) -> None:
        """End it in order."""
        await asyncio.to_thread(self.program.stop)

    def processor_seconds(self) -> float:
        """Return the processor time that it has used since its start."""
        return parse_stat(Path("/proc", str(self.program.pid), "stat").read_text()).seconds

    def resident_mib(self) -> float:
        """Return its resident memory now."""
        for line in Path("/proc", str(self.program.pid), "status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "VmRSS":
                return int(value.split()[0]) / 1024
        raise InvalidMeasurement("the kernel does not say how much memory the operator has")

    def writes(self) -> Counter[str]:
        """Return all its write requests so far, in all clusters, by kind of object."""
        total: Counter[str] = Counter()
        for member in self.members:
            total += member.written.count()
        return total

    async def queues(self) -> Queues:
        """Return what its queues say."""
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            try:
                async with session.get(f"{self.program.monitoring_url}/metrics") as answer:
                    return read_queues(await answer.text())
            except (aiohttp.ClientError, TimeoutError) as exc:
                raise InvalidMeasurement(f"the operator: {self.program.last_words()}") from exc

    async def rested(self, *, done: float = 0.0) -> Rest:
        """Return once it has come to rest, with so many Tenants reconciled since its start.

        It is asked for its metrics only when it rests: with many tenants, telling them is work.
        """
        what = f"an operator at rest with {done:.0f} Tenants reconciled"
        return await within(self._rested(done), what=what, seconds=PATIENCE + done * 0.1)

    async def _rested(self, done: float) -> Rest:
        while True:
            rest = await self._quiet()
            queues = await self.queues()
            if queues.done.get("tenant", 0.0) >= done and not queues.waiting:
                return rest

    async def _quiet(self) -> Rest:
        """Return once it has neither written nor worked to speak of for a while."""
        rest, spent = Rest(time.perf_counter(), self.writes()), self.processor_seconds()
        while time.perf_counter() - rest.since < _QUIET:
            await asyncio.sleep(_LOOK_EVERY)
            writes, seconds = self.writes(), self.processor_seconds()
            if writes != rest.writes or seconds - spent > _LOOK_EVERY * _AT_REST:
                rest = Rest(time.perf_counter(), writes)
            spent = seconds
        return rest


@dataclass(slots=True)
class Window:
    """What the operator and the clusters use and write while something is measured."""

    operator: HubOperator
    _began: float
    _processor: float
    _written: Counter[str]
    _clusters: float

    @classmethod
    def open(cls, operator: HubOperator) -> Window:
        """Begin now."""
        return cls(
            operator,
            time.perf_counter(),
            operator.processor_seconds(),
            operator.writes(),
            _clusters(operator.members),
        )

    def seconds(self) -> float:
        """Return how long ago it began."""
        return time.perf_counter() - self._began

    def processor(self) -> float:
        """Return the operator's processor seconds since."""
        return self.operator.processor_seconds() - self._processor

    def written(self) -> Counter[str]:
        """Return the operator's writes since."""
        return self.operator.writes() - self._written

    def clusters(self) -> float:
        """Return the processor seconds of all API servers and etcds since."""
        return _clusters(self.operator.members) - self._clusters


def _clusters(members: Sequence[Member]) -> float:
    return sum(member.processor_seconds() for member in members)


def hub_operator(members: Sequence[Member], folder: Path, **more: str) -> HubOperator:
    """Return the operator of the hub, which is the first of the clusters; it is not started."""
    environment: Mapping[str, str] = {
        "KUBECONFIG": str(members[0].kubeconfig),
        "ACUSE_OPERATOR_ROLE": "hub",
        "ACUSE_HUB_LOCAL": "false",
        "ACUSE_REGION": HUB_REGION,
        "ACUSE_META_REGISTRATION": "false",
        "ACUSE_RELEASE_NAMESPACE": NAMESPACE,
        "ACUSE_TENANTS_NAMESPACE": TENANTS_NAMESPACE,
        **more,
    }
    log = folder / "operator.log"
    return HubOperator(Program("operator", ("operator", "run"), environment, log), tuple(members))
