"""Which cluster and namespace a command is about, as kubectl's own flags say it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from acuse.errors import ApiUnavailable, KubeconfigRefused
from acuse_cluster.access import Access, access_of, kubeconfig_files, load_access
from acuse_cluster.client import Api
from acuse_cluster.kubeconfig import Chosen, choose_from_files

# A person waits for the answer.
PATIENCE: Final = 15.0
AGENT: Final = "kubectl-acuse"


@dataclass(frozen=True, slots=True)
class Target:
    """What was said by flags; None is what kubectl takes without them."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    # Where the operator runs, and where its placements are if that cannot be read there.
    release_namespace: str = "acuse-system"
    tenants_namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """The cluster that is asked, and the namespace that a name without one is in."""

    api: Api
    namespace: str
    target: Target


@asynccontextmanager
async def opened(target: Target) -> AsyncGenerator[Here, None]:
    """Open the cluster of the flags. Raises KubeconfigRefused or ApiUnavailable."""
    access, namespace = await _access(target)
    async with Api(access, deadline=PATIENCE, agent=AGENT) as api:
        yield Here(api, target.namespace or namespace or "default", target)


async def _access(target: Target) -> tuple[Access, str | None]:
    files = kubeconfig_files(target.kubeconfig)
    is_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    if is_pod and target.kubeconfig is None and not any(file.exists() for file in files):
        return await load_access(), None
    chosen: Chosen = await asyncio.to_thread(
        choose_from_files, files, context=target.context, runs_plugins=True
    )
    return await access_of(chosen), chosen.namespace


def said(exc: KubeconfigRefused | ApiUnavailable) -> str:
    """Return why a cluster cannot be asked, in a sentence's part."""
    return str(exc).strip().rstrip(".")
