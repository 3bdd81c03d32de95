"""The operator's process, seen from outside: memory, processor time, queues, and its writes."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from acuse.errors import ApiUnavailable
from acuse_cluster.access import Access
from acuse_cluster.client import Api
from acuse_cluster.kinds import PODS
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.in_cluster import NAMESPACE
from bench.operator_audit import count_writes, read_audit
from bench.operator_watch import within
from bench.processor import spent_by
from bench.result import InvalidMeasurement

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:acuse-operator"
_LABEL = "app.kubernetes.io/component=operator"
# As its image starts it; before it stands an init, which names the command as well.
_COMMAND = b"/usr/local/bin/acuse\0operator\0run\0"
_INIT = b"/usr/bin/tini\0"
_LOOK_EVERY = 0.1
# What writes nothing for so long, and has nothing in its queues, has settled.
_QUIET = timedelta(seconds=3)
_OK = 200
_CONTROLLERS = ("tenant", "placement")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Queues:
    """What the operator's controllers did since its start, and what they have yet to do."""

    done: Mapping[str, float]
    waiting: float

    @property
    def least(self) -> float:
        """Return how many reconciles each controller has done at least."""
        return min(self.done.get(name, 0.0) for name in _CONTROLLERS)


def read_queues(exposition: str) -> Queues:
    """Read the operator's own metrics."""
    done: dict[str, float] = {}
    waiting = 0.0
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == "controller_runtime_reconcile_total":
                name = sample.labels["controller"]
                done[name] = done.get(name, 0.0) + sample.value
            elif sample.name in {"workqueue_depth", "controller_runtime_active_workers"}:
                waiting += sample.value
    return Queues(done, waiting)


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator of a region of the bench's own."""

    region: LabRegion
    api: Api
    access: Access

    def pid(self) -> int:
        """Return the id of its process; raise InvalidMeasurement unless there is exactly one."""
        found = [pid for pid in _processes() if self._is_ours(pid)]
        if len(found) != 1:
            raise InvalidMeasurement(f"{len(found)} processes of the operator run")
        return found[0]

    def _is_ours(self, pid: int) -> bool:
        assert self.region.region is not None
        folder = Path("/proc", str(pid))
        try:
            command = (folder / "cmdline").read_bytes()
            is_it = command.endswith(_COMMAND) and not command.startswith(_INIT)
            return is_it and self.region.region.cgroup in (folder / "cgroup").read_text()
        except OSError:
            return False

    def resident_mib(self) -> float:
        """Return its resident memory."""
        for line in Path("/proc", str(self.pid()), "status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "VmRSS":
                return int(value.split()[0]) / 1024
        raise InvalidMeasurement("the kernel does not say how much memory the operator has")

    def processor_seconds(self) -> float:
        """Return the processor time that it has used since its start."""
        return spent_by(self.pid())[0]

    def age(self) -> float:
        """Return the seconds since its process began."""
        fields = Path("/proc", str(self.pid()), "stat").read_text().rpartition(")")[2].split()
        ticks = float(fields[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / _TICKS

    def writes(self, since: datetime) -> Counter[str]:
        """Return its write requests since then, by kind of object."""
        return count_writes(read_audit(self.region.audit_log), user=ACCOUNT, since=since)

    async def queues(self) -> Queues | None:
        """Return what its queues say; None while it does not answer."""
        try:
            listed = await self.api.list(PODS, namespace=NAMESPACE, labels=_LABEL)
        except ApiUnavailable:
            return None
        there = [pod for pod in listed.items if "deletionTimestamp" not in pod["metadata"]]
        if len(there) != 1:
            return None
        pod = f"/api/v1/namespaces/{NAMESPACE}/pods/{there[0]['metadata']['name']}:9090"
        async with aiohttp.ClientSession(headers=await self.access.headers()) as session:
            address = f"{self.access.server}{pod}/proxy/metrics"
            try:
                async with session.get(address, ssl=self.access.tls or True) as answer:
                    return read_queues(await answer.text()) if answer.status == _OK else None
            except (aiohttp.ClientError, TimeoutError):
                return None

    async def reconciled(self, at_least: float) -> None:
        """Return once each controller has done so many reconciles and none is left to do."""
        await within(self._until(at_least), what=f"{at_least:.0f} reconciles")

    async def _until(self, at_least: float) -> None:
        while True:
            queues = await self.queues()
            if queues is not None and queues.least >= at_least and queues.waiting == 0:
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def replaced(self, pid: int) -> None:
        """Return once another process of the operator runs, and this one does no more."""
        await within(self._until_replaced(pid), what="another process of the operator")

    async def _until_replaced(self, pid: int) -> None:
        while True:
            running = [each for each in _processes() if self._is_ours(each)]
            if len(running) == 1 and running[0] != pid:
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def settled(self) -> None:
        """Return once it has nothing to do, and has written nothing for a while."""
        await within(self._until_settled(), what="an operator that has settled")

    async def _until_settled(self) -> None:
        while True:
            await asyncio.sleep(_QUIET.total_seconds())
            await self._until(0)
            if not self.writes(datetime.now(UTC) - _QUIET):
                return


def _processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
