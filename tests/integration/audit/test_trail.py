"""The audit trail is appended to, once for each thing that happened, and never changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from acuse.audit.trail import Code, Entry, list_entries, record
from acuse.commands.audit import audit
from acuse.data.pool import Conn, open_pool, transaction
from acuse.data.roles import Role
from acuse.tenants.tenant import tenant_id
from support.databases import Database

ENTRY = Entry(
    region="ar-1",
    tenant_id=tenant_id("shops.acme"),
    code=Code.REMOVED,
    subject="a placement's uid",
    actor="acuse-region",
    occurred_at=datetime(2026, 11, 26, 12, 30, tzinfo=UTC),
    detail={"tenant": "shops.acme", "removed": ["Deployment acme"], "left": []},
)
OTHER = replace(ENTRY, tenant_id=tenant_id("shops.blue"), code=Code.LEFT_BEHIND, subject="another")


async def kept(database: Database, *entries: Entry, role: Role = "acuse_admin") -> None:
    async with (
        open_pool(database.url, role, size=1, name="t") as pool,
        transaction(pool) as conn,
    ):
        for entry in entries:
            await record(conn, entry)


async def test_what_is_told_twice_is_kept_once(database: Database) -> None:
    again = replace(ENTRY, occurred_at=datetime.now(UTC), detail={"removed": []})
    await kept(database, ENTRY, again)

    async with (
        open_pool(database.url, "acuse_admin", size=1, name="t") as pool,
        transaction(pool) as conn,
    ):
        [found] = await list_entries(conn, tenant_id=None, code=None, limit=10)
    assert (found.code, found.detail, found.occurred_at) == (
        "tenant.removed",
        ENTRY.detail,
        ENTRY.occurred_at,
    )
    assert found.recorded_at > found.occurred_at


@pytest.mark.parametrize("role", ["acuse_intake", "acuse_worker", "acuse_api"])
async def test_who_serves_tenants_writes_nothing_there(database: Database, role: Role) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await kept(database, ENTRY, role=role)


async def test_a_tenant_sees_its_own(database: Database) -> None:
    await kept(database, ENTRY, OTHER)

    async def seen(conn: Conn) -> Sequence[str]:
        return [e.code for e in await list_entries(conn, tenant_id=None, code=None, limit=9)]

    async with open_pool(database.url, "acuse_api", size=1, name="t") as pool:
        async with transaction(pool, tenant_id=ENTRY.tenant_id) as conn:
            assert await seen(conn) == ["tenant.removed"]
        async with transaction(pool, tenant_id=uuid4()) as conn:
            assert await seen(conn) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE acuse.audit_logs SET actor = 'nobody'",
        "DELETE FROM acuse.audit_logs",
        "TRUNCATE acuse.audit_logs",
    ],
)
async def test_nobody_changes_what_is_kept(database: Database, change: str) -> None:
    await kept(database, ENTRY)

    async with open_pool(database.url, "acuse_admin", size=1, name="t") as pool:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with transaction(pool) as conn:
                await conn.execute(change.encode())
    with (
        psycopg.connect(database.owner_url) as owner,
        pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="appended"),
    ):
        owner.execute(change.encode())


def test_it_is_listed_for_the_auditor(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(kept(database, ENTRY, OTHER))
    monkeypatch.setenv("ACUSE_DATABASE_URL", database.url)

    def listed(*words: str) -> list[str]:
        done = CliRunner().invoke(audit, ["list", *words], catch_exceptions=False)
        return done.output.splitlines()

    [line] = listed("--tenant", "shops.acme")
    assert line == (
        "2026-11-26T12:30:00Z tenant.removed acuse-region"
        ' left=[] removed=["Deployment acme"] tenant=shops.acme'
    )
    [said] = listed("--code", "tenant.left_behind", "--json")
    assert json.loads(said)["tenant_id"] == str(OTHER.tenant_id)
    assert len(listed()) == 2
    assert listed("--tenant", "shops.nobody") == []
