"""The database: migrations go forward once, and no program runs under a role that sees too much."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from acuse.data.migrate import migrate, migrations, pending
from acuse.data.pool import open_pool, transaction
from acuse.data.roles import ROLES, create_login
from acuse.errors import DatabaseUnavailable, MigrationConflict, UnsafeRole
from acuse_lab.postgres import PostgresServer
from support.databases import Database, with_login

TENANT, OTHER = uuid.uuid4(), uuid.uuid4()
ADD_SENDER = "INSERT INTO acuse.senders (tenant_id, user_id) VALUES (%s, 'AR.1') RETURNING id"


def test_migrating_again_changes_nothing(database: Database) -> None:
    assert migrate(database.owner_url) == []


def test_two_migrations_at_once_apply_each_step_once(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as conn:
        conn.execute("CREATE DATABASE race")
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [postgres.url("race")] * 4))

    assert max(applied, key=len) == [m.name for m in migrations()]
    assert sum(map(len, applied)) == len(migrations())


def test_a_changed_migration_is_refused(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        conn.execute("UPDATE public.acuse_migrations SET sha256 = 'changed' WHERE number = 1")

    with pytest.raises(MigrationConflict, match="another content"):
        migrate(database.owner_url)


def test_an_older_version_refuses_a_newer_database() -> None:
    known = migrations()
    applied = [(m.number, m.name, m.sha256) for m in known] + [(99, "0099_later.sql", "x")]

    with pytest.raises(MigrationConflict, match="going back"):
        pending(known, applied)


async def test_an_owner_or_superuser_is_refused_as_runtime_role(database: Database) -> None:
    with pytest.raises(UnsafeRole, match="superuser"):
        async with open_pool(database.owner_url, "acuse_worker", size=1, name="t"):
            pass


@pytest.mark.parametrize("danger", ["SUPERUSER", "BYPASSRLS"])
async def test_a_login_that_could_become_an_unsafe_role_is_refused(
    database: Database, danger: str
) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        create_login(conn, "acuse_risky", password="risky")
        conn.execute(f"CREATE ROLE unsafe {danger}".encode())
        conn.execute("GRANT unsafe TO acuse_risky")
    try:
        url = with_login(database.owner_url, user="acuse_risky", password="risky")
        with pytest.raises(UnsafeRole, match="acuse_risky"):
            async with open_pool(url, "acuse_worker", size=1, name="t"):
                pass
    finally:
        with psycopg.connect(database.owner_url, autocommit=True) as conn:
            conn.execute("DROP ROLE unsafe")
            conn.execute("DROP ROLE acuse_risky")


async def test_no_server_is_told_as_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        async with open_pool(
            "postgresql://x@127.0.0.1:1/x", "acuse_api", size=1, name="t", wait=1.0
        ):
            pass


async def test_a_tenant_sees_its_own_rows_only(database: Database) -> None:
    async with open_pool(database.url, "acuse_worker", size=2, name="t") as pool:
        async with transaction(pool, tenant_id=TENANT) as conn:
            await conn.execute(ADD_SENDER, [TENANT])
        seen = {}
        for tenant in (TENANT, OTHER, None):
            async with transaction(pool, tenant_id=tenant) as conn:
                cursor = await conn.execute("SELECT count(*) FROM acuse.senders")
                seen[tenant] = (await cursor.fetchall())[0][0]

        assert seen == {TENANT: 1, OTHER: 0, None: 0}
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            async with transaction(pool, tenant_id=OTHER) as conn:
                await conn.execute(ADD_SENDER, [TENANT])


async def test_the_intake_can_add_events_and_read_nothing_but_keys(database: Database) -> None:
    async with open_pool(database.url, "acuse_intake", size=1, name="t") as pool:
        for query in (
            "SELECT payload FROM acuse.webhook_events",
            "UPDATE acuse.webhook_events SET status = 'processed'",
            "SELECT * FROM acuse.receipts",
            "SELECT * FROM acuse.api_tokens",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with transaction(pool) as conn:
                    await conn.execute(query.encode())


def test_every_table_forces_row_security_and_no_role_bypasses_it(database: Database) -> None:
    with psycopg.connect(database.owner_url) as conn:
        tables = conn.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'acuse' AND relkind = 'r' AND NOT"
            " (relrowsecurity AND relforcerowsecurity)"
        ).fetchall()
        bypass = conn.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolbypassrls OR rolsuper)",
            [[*ROLES, "acuse_app"]],
        ).fetchall()

    assert (tables, bypass) == ([], [])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT payload FROM acuse.webhook_events",
        "SELECT lane FROM acuse.webhook_events",
        "SELECT * FROM acuse.webhook_events",
        "SELECT body FROM acuse.messages",
        "SELECT filename FROM acuse.media",
        "SELECT vendor FROM acuse.receipts",
        "SELECT readings FROM acuse.receipts",
        "SELECT candidates FROM acuse.reviews",
        "SELECT explanation FROM acuse.matches",
        "SELECT content FROM acuse.outbox",
        "SELECT 1 FROM acuse.senders",
        "SELECT 1 FROM acuse.transactions",
        "SELECT 1 FROM acuse.message_statuses",
        "SELECT 1 FROM acuse.receipt_items",
        "SELECT 1 FROM acuse.counterparties",
    ],
)
async def test_the_cli_sees_states_and_never_content(database: Database, query: str) -> None:
    async with open_pool(database.url, "acuse_admin", size=1, name="t") as pool:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with transaction(pool, tenant_id=TENANT) as conn:
                await conn.execute(query.encode())
