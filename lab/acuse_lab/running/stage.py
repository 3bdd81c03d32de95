"""Where the main job is played: a tenant, the fake of Meta, and Acuse's API for that tenant."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from acuse_lab.graph.client import LabClient
from acuse_lab.running.tenants import LabTenant

SCOPES = ("ledger:read", "ledger:write", "receipts:read", "events:read", "replies:write")


@dataclass(frozen=True, slots=True)
class Stage:
    """A tenant that is served, and the two clients to play with it."""

    tenant: LabTenant
    lab: LabClient
    api: httpx.AsyncClient


@asynccontextmanager
async def api_client(url: str, token: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Yield a client of the API at `url` with a tenant's token."""
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60.0,
        trust_env=False,
    ) as api:
        yield api
