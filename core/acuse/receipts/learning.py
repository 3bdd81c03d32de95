"""What an issuer's earlier receipts were for, where a receipt's words do not say it as surely."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from acuse.data.pool import Conn
from acuse.reading.values import DocumentReading, Evidence, Kind, Reading, Source

# Uses receipts_fiscal (tenant_id, tax_id, kind, number). What was itself learned teaches nothing.
EARLIER: Final = """
    SELECT r.category, count(*), sum(count(*)) OVER ()
      FROM (SELECT category
              FROM acuse.receipts
             WHERE tenant_id = %(tenant_id)s AND tax_id = %(tax_id)s AND number IS NOT NULL
               AND status IN ('matched', 'review') AND duplicate_of IS NULL
               AND category IS NOT NULL
               AND readings -> 'category' -> 'evidence' ->> 'source' <> %(learned)s
             ORDER BY created_at DESC
             LIMIT 50) AS r
     GROUP BY r.category
     ORDER BY count(*) DESC, r.category
     LIMIT 1
"""
_FEWEST: Final = 2


async def with_learned_category(
    conn: Conn, tenant_id: UUID, reading: DocumentReading
) -> DocumentReading:
    """Return the reading with the category that most of the issuer's earlier receipts have.

    Of n receipts of which k agree it is right with (k + 1) / (n + 2), Laplace's rule of succession;
    it is taken where that is more than what the receipt's own words come to. Needs the tenant's
    scope.
    """
    tax_id, kind = reading.tax_id, reading.kind.value
    if tax_id is None or kind in {Kind.TRANSFER, Kind.NONE}:
        # A voucher's party is who was paid, which may be the business itself.
        return reading
    values = {"tenant_id": tenant_id, "tax_id": tax_id.value, "learned": Source.LEARNED.value}
    row = await (await conn.execute(EARLIER, values)).fetchone()
    if row is None or row[1] < _FEWEST:
        return reading
    category, same, count = str(row[0]), int(row[1]), int(row[2])
    sure = (same + 1) / (count + 2)
    if reading.category is not None and reading.category.confidence >= sure:
        return reading
    text = f"{same} of {count} earlier receipts of {tax_id.value}"
    evidence = Evidence(page=1, box=None, text=text, source=Source.LEARNED)
    return replace(reading, category=Reading(category, round(sure, 4), evidence))
