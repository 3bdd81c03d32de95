"""Programs of the release before keep one receipt for each media, on the schema as it is now."""

from __future__ import annotations

from acuse.data.pool import open_pool, transaction
from support.databases import Database
from support.receipts import ACME, YPF, add_receipt

# As that release wrote it, but for the columns that are not about it.
KEEP = """
    INSERT INTO acuse.receipts AS r (tenant_id, message_id, sender_id, media_id, status)
    SELECT tenant_id, message_id, sender_id, media_id, 'read' FROM acuse.receipts WHERE id = %s
        ON CONFLICT (tenant_id, media_id) DO UPDATE SET vendor = 'read again'
    RETURNING id, vendor, slip, file_id = media_id
"""


async def test_a_reading_is_kept_and_kept_again_by_a_program_that_knows_no_slips(
    database: Database,
) -> None:
    async with (
        open_pool(database.url, "acuse_worker", size=1, name="t") as pool,
        transaction(pool, tenant_id=ACME.id) as conn,
    ):
        receipt = await add_receipt(conn, ACME, YPF)
        again = await (await conn.execute(KEEP, (receipt,))).fetchone()

    assert again == (receipt, "read again", 1, True)
