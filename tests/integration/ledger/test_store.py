"""Importing a ledger: once, whole, and as the role that the API has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.ledger.csv_file import read_csv
from acuse.ledger.rows import LedgerRow, check_rows
from acuse.ledger.store import ImportResult, import_transactions
from acuse.matching.decide import match_receipt, rematch_open
from acuse.tenants.tenant import Tenant
from support.databases import Database
from support.receipts import ACME, BETA, YPF, add_receipt

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "ledger.csv"
ROW = LedgerRow("1", date(2026, 3, 11), Decimal("-1234.50"), "ARS", "COMPRA YPF", None, None, None)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_api", size=4, name="t") as opened:
        yield opened


async def put(pool: Pool, tenant: Tenant, *rows: LedgerRow) -> ImportResult:
    async with transaction(pool, tenant_id=tenant.id) as conn:
        return await import_transactions(conn, tenant.id, rows)


async def test_the_documented_example_is_imported_once(pool: Pool) -> None:
    rows = check_rows(read_csv(EXAMPLE.read_bytes()), currency="ARS")

    first = await put(pool, ACME, *rows)
    again = await put(pool, ACME, *rows)

    assert (first, again) == (ImportResult(3, 0), ImportResult(0, 3))
    async with transaction(pool, tenant_id=ACME.id) as conn:
        cursor = await conn.execute(
            "SELECT posted_on, amount, currency, description, counterparty_name, tax_id, reference"
            " FROM acuse.transactions ORDER BY external_id"
        )
        assert await cursor.fetchall() == [
            (date(2026, 3, 10), Decimal("-12100.00"), "ARS", "COMPRA PANADERIA LA UNION",
             "Panadería La Unión S.R.L.", "30712345671", "A 00003-00012345"),
            (date(2026, 3, 10), Decimal("-4500.50"), "ARS", "DEBITO YPF 1234", None, None, None),
            (date(2026, 3, 11), Decimal("35000.00"), "ARS", "TRANSFERENCIA RECIBIDA",
             "Juan Pérez", None, "op 89123456789"),
        ]  # fmt: skip


async def test_a_known_line_is_left_as_it_was(pool: Pool) -> None:
    await put(pool, ACME, ROW)

    result = await put(pool, ACME, replace(ROW, amount=Decimal(9)), replace(ROW, external_id="2"))

    assert result == ImportResult(added=1, known=1)


async def test_tenants_may_use_the_same_ids(pool: Pool) -> None:
    assert await put(pool, ACME, ROW) == await put(pool, BETA, ROW) == ImportResult(1, 0)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with transaction(pool, tenant_id=ACME.id) as conn:
            await import_transactions(conn, BETA.id, [replace(ROW, external_id="3")])


async def test_no_lines_are_no_import(pool: Pool) -> None:
    assert await put(pool, ACME) == ImportResult(0, 0)


async def test_overlapping_imports_at_once_add_each_line_once(pool: Pool) -> None:
    rows = [replace(ROW, external_id=str(n)) for n in range(50)]

    results = await asyncio.gather(
        put(pool, ACME, *rows), put(pool, ACME, *reversed(rows)), put(pool, ACME, *rows[20:])
    )

    assert sum(each.added for each in results) == 50


async def test_an_import_matches_the_receipts_that_waited_for_it(
    pool: Pool, database: Database
) -> None:
    async with (
        open_pool(database.url, "acuse_worker", size=2, name="t") as workers,
        transaction(workers, tenant_id=ACME.id) as conn,
    ):
        receipt = await add_receipt(conn, ACME, replace(YPF, tax_id="30712345671"))
        await match_receipt(conn, ACME, receipt)

    async with transaction(pool, tenant_id=ACME.id) as conn:
        await import_transactions(conn, ACME.id, [ROW])
        matched = await rematch_open(conn, ACME)

    assert matched == 1


async def test_a_receipt_decided_beside_an_import_sees_it_or_is_seen(
    pool: Pool, database: Database
) -> None:
    async with open_pool(database.url, "acuse_worker", size=8, name="t") as workers:
        drafts = [replace(YPF, amount=Decimal(n)) for n in range(100, 120)]
        async with transaction(workers, tenant_id=ACME.id) as conn:
            receipts = [await add_receipt(conn, ACME, draft) for draft in drafts]
        rows = [
            replace(ROW, external_id=str(n), amount=Decimal(-n), posted_on=date(2026, 3, 10))
            for n in range(100, 120)
        ]

        async def decide(receipt_id: UUID) -> None:
            async with transaction(workers, tenant_id=ACME.id) as conn:
                await match_receipt(conn, ACME, receipt_id)

        async def bring() -> None:
            async with transaction(pool, tenant_id=ACME.id) as conn:
                await import_transactions(conn, ACME.id, rows)
                await rematch_open(conn, ACME)

        await asyncio.gather(*map(decide, receipts[:10]), bring(), *map(decide, receipts[10:]))
        async with transaction(pool, tenant_id=ACME.id) as conn:
            cursor = await conn.execute("SELECT status, count(*) FROM acuse.receipts GROUP BY 1")
            assert await cursor.fetchall() == [("matched", 20)]
