"""Whom money went to or came from: found by tax id, else by folded name, else created."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from acuse.data.pool import Conn
from acuse.matching.names import name_key
from acuse.matching.score import Claim, Transaction

# Uses counterparties_tax_id.
BY_TAX_ID: Final = """
    SELECT id FROM acuse.counterparties WHERE tenant_id = %(tenant_id)s AND tax_id = %(tax_id)s
"""
# Uses counterparties_name. Someone whose tax id we know is told apart by that alone.
BY_NAME: Final = """
    SELECT id FROM acuse.counterparties
     WHERE tenant_id = %(tenant_id)s AND name_key = %(name_key)s AND tax_id IS NULL
"""
CREATE: Final = """
    INSERT INTO acuse.counterparties (tenant_id, name, name_key, tax_id)
    VALUES (%(tenant_id)s, %(name)s, %(name_key)s, %(tax_id)s)
        ON CONFLICT DO NOTHING
"""


def party_of(claim: Claim, transaction: Transaction) -> tuple[str, str | None] | None:
    """Return the other side's name and tax id, as far as receipt and ledger tell them.

    A transfer names its recipient. Of money that came in, that is the business itself: the other
    side is then known from the ledger alone.
    """
    incoming = transaction.amount > 0 and claim.kind == "transfer"
    said = (None, None) if incoming else (claim.vendor, claim.tax_id)
    tax_id = said[1] or transaction.tax_id
    name = said[0] or transaction.counterparty_name or tax_id
    if name is None or not name_key(name):
        return None
    return name, tax_id


async def find_or_create(
    conn: Conn, tenant_id: UUID, *, name: str, tax_id: str | None
) -> UUID | None:
    """Return the counterparty's id, creating it if it is new."""
    values = {
        "tenant_id": tenant_id,
        "name": name,
        "name_key": name_key(name),
        "tax_id": tax_id,
    }
    for attempt in ("find", "create", "find"):
        if attempt == "create":
            await conn.execute(CREATE, values)
            continue
        cursor = await conn.execute(BY_TAX_ID if tax_id else BY_NAME, values)
        row = await cursor.fetchone()
        if row is not None:
            found: UUID = row[0]
            return found
    return None
