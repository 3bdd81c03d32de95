"""The tenants table: what the database knows of who is served, kept as the directory says."""

from __future__ import annotations

from collections.abc import Iterable

from acuse.data.pool import Conn
from acuse.tenants.tenant import Tenant

KEEP = """
    INSERT INTO acuse.tenants AS t (id, key, display_name)
    SELECT id, key, display_name
      FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(names)s::text[]) AS n (id, key, display_name)
     ORDER BY id
    ON CONFLICT (id) DO UPDATE SET display_name = EXCLUDED.display_name, updated_at = now()
     WHERE t.display_name <> EXCLUDED.display_name
"""


async def keep_tenants(conn: Conn, tenants: Iterable[Tenant]) -> None:
    """Keep each tenant's row; one that is served no more keeps its own, for what it refers to."""
    found = tuple(tenants)
    await conn.execute(
        KEEP,
        {
            "ids": [tenant.id for tenant in found],
            "keys": [tenant.key for tenant in found],
            "names": [tenant.display_name for tenant in found],
        },
    )
