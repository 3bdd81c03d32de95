"""What an issuer's earlier receipts were for is learned, and never from what was learned itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from acuse.data.pool import Pool, open_pool, transaction
from acuse.reading.calibration import whole
from acuse.reading.interpret import interpret
from acuse.reading.values import DocumentReading, Evidence, Kind, Reading, Source
from acuse.receipts.learning import with_learned
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
    pool: Pool,
    *categories: str | None,
    tenant: Tenant = ACME,
    source: str = "ocr",
    vendor: str | None = None,
) -> None:
    """Keep receipts of the issuer that were decided, with these categories."""
    evidence = {"evidence": {"source": source}}
    async with transaction(pool, tenant_id=tenant.id) as conn:
        for number, category in enumerate(categories):
            draft = replace(
                YPF,
                tax_id=ISSUER,
                number=f"00001-{number:08d}",
                category=category,
                vendor=vendor,
                readings={"category": evidence, "vendor": evidence},
            )
            receipt = await add_receipt(conn, tenant, draft)
            await conn.execute(
                "UPDATE acuse.receipts SET status = 'matched' WHERE id = %s", (receipt,)
            )


async def learned(
    pool: Pool, reading: DocumentReading = READING, *, tenant: Tenant = ACME
) -> Reading[str] | None:
    async with transaction(pool, tenant_id=tenant.id) as conn:
        return (await with_learned(conn, tenant.id, reading)).category


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


async def vendor_of(pool: Pool, reading: DocumentReading) -> DocumentReading:
    async with transaction(pool, tenant_id=ACME.id) as conn:
        return await with_learned(conn, ACME.id, reading)


async def test_an_issuer_is_called_what_its_earlier_receipts_call_it(pool: Pool) -> None:
    await have(pool, *["services"] * 4, vendor="MOLINOS DE VIENTO SOFTWARE S.A.")
    evidence = Evidence(page=1, box=None, text="MOL1N0S DE", source=Source.OCR)
    unsure = replace(READING, vendor=Reading("MOL1N0S DE", 0.3, evidence))

    found = await vendor_of(pool, unsure)

    assert found.vendor is not None
    assert found.vendor.value == "MOLINOS DE VIENTO SOFTWARE S.A."
    assert found.vendor.confidence == pytest.approx(5 / 6, abs=1e-4)
    assert found.vendor.evidence.source is Source.LEARNED
    assert found.document_confidence > whole(unsure).document_confidence


async def test_a_name_that_earlier_receipts_confirm_keeps_where_it_was_read(pool: Pool) -> None:
    await have(pool, *["services"] * 4, vendor="MOLINOS DE VIENTO S.A.")
    evidence = Evidence(page=1, box=None, text="MOLINOS DE VIENTO S.A.", source=Source.OCR)
    unsure = replace(READING, vendor=Reading("MOLINOS DE VIENTO S.A.", 0.3, evidence))
    sure = replace(unsure, vendor=Reading("MOLINOS S.A.", 0.95, evidence))

    found = await vendor_of(pool, unsure)

    assert found.vendor is not None
    assert found.vendor.evidence == evidence
    assert found.vendor.confidence == pytest.approx(5 / 6, abs=1e-4)
    assert (await vendor_of(pool, sure)).vendor == sure.vendor


async def test_a_voucher_learns_nothing(pool: Pool) -> None:
    await have(pool, "services", "services", vendor="MOLINOS DE VIENTO S.A.")
    kind = replace(READING.kind, value=Kind.TRANSFER)
    voucher = replace(READING, kind=kind, vendor=None)

    assert await vendor_of(pool, voucher) == voucher
