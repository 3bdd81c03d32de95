"""The regions' part, played as far as a scenario needs it: each says that it is there.

Nothing takes placements up: what is measured ends where they are applied.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from acuse.errors import AcuseError
from acuse_cluster.kinds import Manifest
from acuse_lab.running.in_cluster import TENANTS_NAMESPACE
from bench.fleet_planes import Member

# As the region role's operator does it.
LEASE = "acuse-region"
_EVERY = 10.0
_MANAGER = "acuse-region"


@asynccontextmanager
async def heartbeats(regions: Sequence[Member]) -> AsyncGenerator[None, None]:
    """Renew the Lease of every region while the block runs; one that is dead misses it."""
    tasks = [asyncio.create_task(_beat(region)) for region in regions]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _beat(region: Member) -> None:
    while True:
        # A region whose API server is down or paused is what some scenarios are about.
        with suppress(AcuseError):
            await region.api.apply(_lease(datetime.now(UTC)), manager=_MANAGER)
        await asyncio.sleep(_EVERY)


def _lease(now: datetime) -> Manifest:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE, "namespace": TENANTS_NAMESPACE},
        "spec": {
            "holderIdentity": "bench",
            "leaseDurationSeconds": 30,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }
