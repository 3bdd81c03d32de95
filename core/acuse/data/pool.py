"""Connections: one pool per program and role, and the transaction that sees one tenant."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from acuse.data.roles import Role, check_role
from acuse.errors import DatabaseUnavailable

Row = tuple[Any, ...]
Conn = AsyncConnection[Row]
Pool = AsyncConnectionPool[Conn]

# true: the setting ends with the transaction; a pooled connection never carries it on.
SET_TENANT = "SELECT set_config('acuse.tenant_id', %(tenant_id)s, true)"


@asynccontextmanager
async def open_pool(
    url: str, role: Role, *, size: int, name: str, wait: float = 30.0
) -> AsyncGenerator[Pool, None]:
    """Open a pool whose connections act as `role`; raise UnsafeRole or DatabaseUnavailable."""

    async def become(conn: Conn) -> None:
        """Make a new connection act as the role, with a limit to every wait."""
        await conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        # Waiting on a lock or a peer forever would hold a connection that others need.
        await conn.execute("SET statement_timeout = '60s'")
        await conn.execute("SET idle_in_transaction_session_timeout = '120s'")
        await conn.commit()

    pool = AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[Row],
        kwargs={"application_name": name, "connect_timeout": 10},
        configure=become,
        check=AsyncConnectionPool.check_connection,
        min_size=min(2, size),
        max_size=size,
        timeout=wait,
        # The library's default backs off for minutes; after an outage that is minutes of nothing.
        reconnect_timeout=8.0,
        open=False,
        name=name,
    )
    try:
        try:
            await pool.open(wait=True, timeout=wait)
        except PoolTimeout as exc:
            raise DatabaseUnavailable(f"no connection within {wait:.0f} s") from exc
        async with pool.connection() as conn:
            await check_role(conn)
        yield pool
    finally:
        await pool.close(timeout=5.0)


@asynccontextmanager
async def transaction(pool: Pool, *, tenant_id: UUID | None = None) -> AsyncGenerator[Conn, None]:
    """Run one transaction, seeing the rows of `tenant_id` only (of no tenant when it is None).

    Raises DatabaseUnavailable when the server cannot be reached or goes away.
    """
    try:
        async with pool.connection() as conn, conn.transaction():
            if tenant_id is not None:
                await conn.execute(SET_TENANT, {"tenant_id": str(tenant_id)})
            yield conn
    except (PoolTimeout, psycopg.OperationalError) as exc:
        raise DatabaseUnavailable("PostgreSQL did not answer", retry_after=2.0) from exc
