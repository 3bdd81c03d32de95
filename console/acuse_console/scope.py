"""What routes need, and the transaction in which a caller sees its tenant's rows alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from psycopg.rows import class_row

from acuse.data.pool import Conn, Pool, transaction
from acuse.media.objects import Objects
from acuse.tenants.tenant import Tenant, TenantDirectory
from acuse_console.bodies import ApiRequest

R = TypeVar("R")

_TENANT = "SELECT key, display_name FROM acuse.tenants WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class Means:
    """What the API works with: the database, the region's tenants, the stored files."""

    pool: Pool
    directory: TenantDirectory
    objects: Objects
    region: str


Needed = NamedDependency[SkipValidation[Means]]


@asynccontextmanager
async def scoped(request: ApiRequest, means: Means) -> AsyncGenerator[Conn, None]:
    """Run one transaction that sees the caller's tenant, and no other's."""
    async with transaction(means.pool, tenant_id=request.auth.tenant_id) as conn:
        yield conn


async def rows(conn: Conn, query: LiteralString, kind: type[R], values: dict[str, Any]) -> list[R]:
    """Return the query's rows as values of `kind`."""
    async with conn.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def caller(request: ApiRequest, conn: Conn, means: Means) -> Tenant:
    """Return the caller's tenant; one that has no manifest here has the defaults."""
    tenant_id: UUID = request.auth.tenant_id
    known = means.directory.by_id(tenant_id)
    if known is not None:
        return known
    row = await (await conn.execute(_TENANT, {"id": tenant_id})).fetchone()
    key, name = row or ("", "")
    return Tenant(key=key, id=tenant_id, display_name=name, numbers=())
