"""What an issuer's earlier receipts were for is learned, and never from what was learned itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.reading.interpret import interpret
from acuse.reading.values import DocumentReading, Evidence, Reading, Source
from acuse.receipts.learning import with_learned_category
from acuse.tenants.tenant import Tenant
from support.databases import Database
from support.reading_pages import page_of_text
from support.receipts import ACME, BETA, YPF, add_receipt

ISSUER = "33990000048"
READING = interpret(
    page_of_text(
        """
        MOLINOS DE VIENTO S.A.   A   FACTURA
        Cod. 01   Nº 0005-00012877
        Fecha: 02/10/2026
        C.U.I.T.: 33-99000004-8
        Importe Total: $   242.000,00
        """
    ),
    [],
    today=date(2026, 11, 23),
    engine="test",
)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.url, "acuse_worker", size=2, name="t") as opened:
        yield opened


async def have(
    pool: Pool, *categories: str | None, tenant: Tenant = ACME, source: str = "ocr"
) -> None:
    """Keep receipts of the issuer that were decided, with these categories."""
    async with transaction(pool, tenant_id=tenant.id) as conn:
        for number, category in enumerate(categories):
            draft = replace(
                YPF,
                tax_id=ISSUER,
                number=f"00001-{number:08d}",
                category=category,
                readings={"category": {"evidence": {"source": source}}},
            )
            receipt = await add_receipt(conn, tenant, draft)
            await conn.execute(
                "UPDATE acuse.receipts SET status = 'matched' WHERE id = %s", (receipt,)
            )


async def learned(
    pool: Pool, reading: DocumentReading = READING, *, tenant: Tenant = ACME
) -> Reading[str] | None:
    async with transaction(pool, tenant_id=tenant.id) as conn:
        return (await with_learned_category(conn, tenant.id, reading)).category


async def test_most_of_an_issuers_receipts_say_what_the_next_one_is_for(pool: Pool) -> None:
    assert READING.tax_id is not None
    assert READING.tax_id.value == ISSUER
    assert READING.category is None
    await have(pool, "services", "services", "office", "services", None)

    found = await learned(pool)

    assert found is not None
    assert found.value == "services"
    assert found.confidence == pytest.approx(4 / 6, abs=1e-4)
    assert found.evidence.source is Source.LEARNED
    assert found.evidence.text == "3 of 4 earlier receipts of 33990000048"


async def test_a_receipts_own_words_stand_where_they_are_surer(pool: Pool) -> None:
    await have(pool, "services", "services")
    evidence = Evidence(page=1, box=None, text="Resmas", source=Source.OCR)
    sure = replace(READING, category=Reading("office", 0.8, evidence))
    unsure = replace(READING, category=Reading("office", 0.4, evidence))

    assert await learned(pool, sure) == sure.category
    found = await learned(pool, unsure)
    assert found is not None
    assert found.value == "services"


async def test_one_receipt_another_tenants_or_what_was_learned_teaches_nothing(pool: Pool) -> None:
    await have(pool, "services")
    await have(pool, "office", "office", "office", tenant=BETA)
    await have(pool, "fuel", "fuel", "fuel", source="learned")

    assert await learned(pool) is None
    assert await learned(pool, replace(READING, tax_id=None)) is None
