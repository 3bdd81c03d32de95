"""What an issuer's earlier receipts were for and called it, where this one says it less surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, LiteralString
from uuid import UUID

from acuse.data.pool import Conn
from acuse.reading.calibration import whole
from acuse.reading.values import DocumentReading, Evidence, Kind, Reading, Source

_FEWEST: Final = 2


def earlier(field: Literal["category", "vendor"]) -> LiteralString:
    """Return the query for what most of an issuer's latest receipts have in a field.

    It gives one row at most: the value, how many have it, and how many have any.
    """
    # Uses receipts_fiscal (tenant_id, tax_id, kind, number). What was learned teaches nothing.
    return f"""
        SELECT r.{field}, count(*), sum(count(*)) OVER ()
          FROM (SELECT {field}
                  FROM acuse.receipts
                 WHERE tenant_id = %(tenant_id)s AND tax_id = %(tax_id)s AND number IS NOT NULL
                   AND status IN ('matched', 'review') AND duplicate_of IS NULL
                   AND {field} IS NOT NULL
                   AND readings -> '{field}' -> 'evidence' ->> 'source' <> %(learned)s
                 ORDER BY created_at DESC
                 LIMIT 50) AS r
         GROUP BY r.{field}
         ORDER BY count(*) DESC, r.{field}
         LIMIT 1
    """  # noqa: S608 - one of two names


async def with_learned(conn: Conn, tenant_id: UUID, reading: DocumentReading) -> DocumentReading:
    """Return the reading with the category and the vendor that the issuer's earlier receipts have.

    Of n receipts of which k agree a value is right with (k + 1) / (n + 2), Laplace's rule of
    succession; it is taken where that is more than what the receipt's own words come to. Needs the
    tenant's scope.
    """
    tax_id, kind = reading.tax_id, reading.kind.value
    if tax_id is None or kind in {Kind.TRANSFER, Kind.NONE}:
        # A voucher's party is who was paid, which may be the business itself.
        return reading
    learned = Source.LEARNED.value
    values: dict[str, str | UUID]
    values = {"tenant_id": tenant_id, "tax_id": tax_id.value, "learned": learned}
    category = await _surer(conn, earlier("category"), values, reading.category)
    vendor = await _surer(conn, earlier("vendor"), values, reading.vendor)
    return whole(replace(reading, category=category, vendor=vendor))


async def _surer(
    conn: Conn, query: LiteralString, values: Mapping[str, str | UUID], own: Reading[str] | None
) -> Reading[str] | None:
    row = await (await conn.execute(query, values)).fetchone()
    if row is None or row[1] < _FEWEST:
        return own
    value, same, count = str(row[0]), int(row[1]), int(row[2])
    sure = round((same + 1) / (count + 2), 4)
    if own is not None and own.confidence >= sure:
        return own
    if own is not None and own.value == value:
        return replace(own, confidence=sure)
    text = f"{same} of {count} earlier receipts of {values['tax_id']}"
    return Reading(value, sure, Evidence(page=1, box=None, text=text, source=Source.LEARNED))
