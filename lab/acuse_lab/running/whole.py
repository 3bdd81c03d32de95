"""A whole Acuse with one tenant, started and stopped: what the demo and `make dev` run."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from acuse.errors import AcuseError
from acuse_lab.graph.client import LabClient
from acuse_lab.postgres import embedded_programs, temporary_server
from acuse_lab.running.installation import Installation, graph_process, prepare_database
from acuse_lab.running.stage import SCOPES, Stage, api_client
from acuse_lab.running.tenants import LabTenant, write_app_secret

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that runs, and the stage it makes."""

    installation: Installation
    stage: Stage
    token: str


@contextmanager
def _database(say: Say) -> Generator[str, None, None]:
    """Yield the owner's URL of a database: the user's, or an embedded server's."""
    given = os.environ.get("DATABASE_URL")
    if given:
        say("PostgreSQL: yours, from DATABASE_URL")
        yield given
        return
    with temporary_server(embedded_programs()) as server:
        say(f"PostgreSQL 18, embedded, on port {server.port}")
        yield server.url()


@contextmanager
def _folder() -> Generator[Path, None, None]:
    """Yield a folder for logs and media; it is kept, and named, when the block fails by itself."""
    folder = Path(tempfile.mkdtemp(prefix="acuse-"))
    kept = False
    try:
        yield folder
    except (AcuseError, httpx.HTTPError) as exc:
        exc.add_note(f"logs are kept in {folder / 'logs'}")
        kept = True
        raise
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def running_whole(say: Say) -> AsyncGenerator[Whole, None]:
    """Start everything, say each step, and stop it all afterwards."""
    tenant = LabTenant(name=f"espiga-{secrets.token_hex(3)}", display_name="Panadería La Espiga")
    with _folder() as folder, _database(say) as owner_url:
        runtime_url = await asyncio.to_thread(prepare_database, owner_url)
        say("database migrated; programs connect as a login that owns nothing")
        with graph_process(folder) as graph_url:
            say(f"strict fake of Meta's Graph API at {graph_url}")
            installation = Installation(folder, runtime_url, graph_url)
            write_app_secret(
                folder / "tenants",
                app_secret=secrets.token_hex(16),
                verify_token=secrets.token_hex(16),
            )
            tenant.write(folder / "tenants")
            try:
                # Not in the thread: a Ctrl-C between the two would leave a process behind.
                installation.launch()
                await asyncio.to_thread(installation.wait_ready)
                say(f"intake at {installation.intake_url}, a worker, API at {installation.api_url}")
                async with _clients(installation, tenant) as whole:
                    say("Meta verified the tenant's webhook address (GET with hub.challenge)")
                    yield whole
            finally:
                await asyncio.to_thread(installation.stop)


@asynccontextmanager
async def _clients(installation: Installation, tenant: LabTenant) -> AsyncGenerator[Whole, None]:
    token = await asyncio.to_thread(installation.token, tenant, *SCOPES)
    async with (
        LabClient(installation.graph_url) as lab,
        api_client(installation.api_url, token) as api,
    ):
        await lab.register(tenant.number())
        await lab.set_callback(
            tenant.phone_number_id,
            url=installation.webhook_url(tenant),
            verify_token=tenant.verify_token,
        )
        yield Whole(installation, Stage(tenant, lab, api), token)
