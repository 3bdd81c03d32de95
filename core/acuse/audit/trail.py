"""Rows of the audit trail: written once however often they are told, and listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec
from psycopg.rows import class_row

from acuse.data.pool import Conn


class Code(StrEnum):
    """What can have happened. A code never changes its meaning."""

    # Everything of a tenant in a region was taken down, and the lists of every kind were empty.
    REMOVED = "tenant.removed"
    # Not all of it could be: somebody else's finalizer holds some.
    LEFT_BEHIND = "tenant.left_behind"


_RECORD: Final = """
    INSERT INTO acuse.audit_logs (region, tenant_id, id, code, actor, occurred_at, detail)
    VALUES (%(region)s, %(tenant_id)s, %(id)s, %(code)s, %(actor)s, %(occurred_at)s, %(detail)s)
    ON CONFLICT DO NOTHING
"""
_LIST: Final = """
    SELECT region, tenant_id, id, code, actor, occurred_at, recorded_at, detail
      FROM acuse.audit_logs
     WHERE (%(tenant_id)s::uuid IS NULL OR tenant_id = %(tenant_id)s)
       AND (%(code)s::text IS NULL OR code = %(code)s)
     ORDER BY recorded_at DESC, id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened; `subject` tells it from all else of its code.

    `occurred_at` is aware; `detail` is JSON, without content and without anything about a person.
    """

    region: str
    tenant_id: UUID
    code: Code
    subject: str
    actor: str
    occurred_at: datetime
    detail: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        """Return its id: the same whenever, and by whomever, it is told."""
        return uuid5(NAMESPACE_OID, f"acuse/{self.code}/{self.subject}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the trail."""

    region: str
    tenant_id: UUID
    id: UUID
    code: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    detail: dict[str, Any]


async def record(conn: Conn, entry: Entry) -> None:
    """Append an entry unless it is there; the role in force must be acuse_admin."""
    row = {
        "region": entry.region,
        "tenant_id": entry.tenant_id,
        "id": entry.id,
        "code": entry.code,
        "actor": entry.actor,
        "occurred_at": entry.occurred_at,
        "detail": msgspec.json.encode(entry.detail).decode(),
    }
    await conn.execute(_RECORD, row)


async def list_entries(
    conn: Conn, *, tenant_id: UUID | None, code: str | None, limit: int
) -> Sequence[Kept]:
    """Return what was recorded last, the newest first."""
    asked = {"tenant_id": tenant_id, "code": code, "limit": limit}
    async with conn.cursor(row_factory=class_row(Kept)) as cursor:
        return await (await cursor.execute(_LIST, asked)).fetchall()
