"""`acuse operator run` as a process of its own, beside a world that a test made."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from acuse_lab.running.program import Program
from support.hub_world import HubWorld


@asynccontextmanager
async def operator_process(
    world: HubWorld, folder: Path, **settings: str
) -> AsyncGenerator[Program, None]:
    """Run the operator as a process while the block runs."""
    chosen = world.settings
    environment = {
        "KUBECONFIG": str(world.plane.kubeconfig(world.user)),
        "ACUSE_REGION": world.region,
        "ACUSE_OPERATOR_ROLE": chosen.operator_role,
        "ACUSE_HUB_LOCAL": str(chosen.hub_local).lower(),
        "ACUSE_META_REGISTRATION": str(chosen.meta_registration).lower(),
        "ACUSE_REGION_POLL": str(chosen.region_poll),
        "ACUSE_TENANTS_NAMESPACE": chosen.tenants_namespace,
        "ACUSE_RELEASE_NAMESPACE": chosen.release_namespace,
        "ACUSE_GRAPH_URL": world.graph.url,
        "ACUSE_SECRET_POLL": "0.5",
        "ACUSE_WORKER_IMAGE": "registry.example/acuse-workers:1.0.0",
        **settings,
    }
    started = Program("operator", ("operator", "run"), environment, folder / "operator.log")
    started.start()
    try:
        yield started
    finally:
        await asyncio.to_thread(started.stop)
        sys.stdout.write((folder / "operator.log").read_text()[-4000:])
