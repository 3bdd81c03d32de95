"""Transactions in the database; the caller owns the connection and the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from acuse.data.pool import Conn
from acuse.ledger.rows import LedgerRow
from acuse.matching.queries import LEDGER_LOCK

# One statement however many lines; a known external_id changes nothing.
IMPORT: Final = """
    INSERT INTO acuse.transactions (tenant_id, external_id, posted_on, amount, currency,
                                    description, counterparty_name, tax_id, reference)
    SELECT %(tenant_id)s, line.*
      FROM unnest(%(external_id)s::text[], %(posted_on)s::date[], %(amount)s::numeric[],
                  %(currency)s::text[], %(description)s::text[], %(counterparty_name)s::text[],
                  %(tax_id)s::text[], %(reference)s::text[]) AS line
        ON CONFLICT (tenant_id, external_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many lines were new, and how many were there already."""

    added: int
    known: int


async def import_transactions(
    conn: Conn, tenant_id: UUID, rows: Sequence[LedgerRow]
) -> ImportResult:
    """Add the lines that are new; needs the tenant's scope.

    Imports of one tenant follow each other, and no receipt is matched beside them: call
    `acuse.matching.decide.rematch_open` in the same transaction to match what waited.
    """
    await conn.execute(LEDGER_LOCK, {"tenant_id": tenant_id})
    columns = {name: [getattr(row, name) for row in rows] for name in LedgerRow.__slots__}
    cursor = await conn.execute(IMPORT, {"tenant_id": tenant_id, **columns})
    return ImportResult(added=cursor.rowcount, known=len(rows) - cursor.rowcount)
