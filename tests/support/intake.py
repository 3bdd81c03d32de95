"""The intake as a test runs it: the real program in this process, on a free port."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from acuse.meta.signature import sign
from acuse.monitoring import Health
from acuse_webhook.app import APP_PATH
from acuse_webhook.run import running
from acuse_webhook.settings import IntakeSettings
from support.databases import Database
from support.tenant_folder import TenantFolder

ACME = f"{APP_PATH}/shops.acme"
BODEGA = f"{APP_PATH}/shops.bodega"


def message(
    wamid: str, *, phone: str = "111", waba: str = "222", text: str = "¡hola!", **more: Any
) -> bytes:
    """Return a body with one text message, escaped as Meta escapes it."""
    content = {"from": "5491155550101", "id": wamid, "timestamp": "1795000000", "type": "text"}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5491150000001", "phone_number_id": phone},
        "messages": [content | {"text": {"body": text}} | more],
    }
    entry = {"id": waba, "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]})
    return body.replace("/", "\\/").encode()


@dataclass(slots=True)
class Intake:
    """A running intake: how to speak to it, and what it has stored."""

    port: int
    monitoring_port: int
    http: httpx.AsyncClient
    database: Database

    async def post(
        self, body: bytes, *, path: str = ACME, secret: str = "secret-acme", **headers: str
    ) -> tuple[int, str]:
        """Post a signed body; return the status and the answer's code, `ok` when it has none."""
        signed = {"X-Hub-Signature-256": sign(body, secret.encode()).decode()}
        answer = await self.http.post(path, content=body, headers=signed | headers)
        return answer.status_code, answer.json()["code"] if answer.content else "ok"

    def rows(self, columns: str = "event_id") -> list[tuple[Any, ...]]:
        """Return columns of every stored event, in the order of its id."""
        with psycopg.connect(self.database.owner_url) as conn:
            query = f"SELECT {columns} FROM acuse.webhook_events ORDER BY event_id"
            return conn.execute(query.encode()).fetchall()

    async def metric(self, name: str) -> str:
        """Return the lines of one metric."""
        answer = await self.http.get(f"http://127.0.0.1:{self.monitoring_port}/metrics")
        return "\n".join(line for line in answer.text.splitlines() if line.startswith(name))

    async def ready(self) -> bool:
        """Return whether the intake says that it is ready."""
        answer = await self.http.get(f"http://127.0.0.1:{self.monitoring_port}/readyz")
        return answer.status_code == 200


def two_tenants(path: Path) -> TenantFolder:
    """Write acme (number 111, account 222), bodega (333, 444, the platform's app) and the app.

    Acme also has the number of tests/fixtures/meta.
    """
    folder = TenantFolder(path)
    folder.tenant("acme", ("111", "222"), ("100000000000001", "200000000000001"))
    folder.tenant("bodega", ("333", "444"), app_secret=None)
    folder.secret("meta-app", appSecret="platform", verifyToken="verify-app")
    return folder


@asynccontextmanager
async def intake(
    database: Database, folder: TenantFolder, **settings: Any
) -> AsyncGenerator[Intake, None]:
    """Run the intake for the tenants of `folder`; `settings` are fields of IntakeSettings."""
    chosen = IntakeSettings(
        database_url=database.url,
        tenants_dir=folder.path,
        app_secret_ref="shops/meta-app",
        intake_port=0,
        **settings,
    )
    async with running(chosen, Health()) as started:
        address = f"http://127.0.0.1:{started.port}"
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            yield Intake(started.port, started.monitoring_port, http, database)
