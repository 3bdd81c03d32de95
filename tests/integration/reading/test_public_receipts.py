"""Floors on public receipts, when they are there: what the engine must not fall below."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.reading import invoices, measure, sroie

RECEIPTS = Path(__file__).resolve().parents[4] / "shared" / "receipts"

present = pytest.mark.skipif(not RECEIPTS.is_dir(), reason="the public receipts are not here")


@present
async def test_invoices_with_a_text_layer_say_total_and_day() -> None:
    found = await measure(list(invoices(RECEIPTS / "pdf_invoice2data")), jobs=2, misses=False)

    assert found["amount"] == 1.0
    assert found["date"] == 1.0


@present
async def test_photographed_receipts_say_total_and_day_often_enough() -> None:
    # Every tenth, so that it takes seconds; the bench reads them all.
    documents = list(sroie(RECEIPTS / "sroie_dev"))[::10]

    found = await measure(documents, jobs=2, misses=False)

    assert found["amount"] >= 0.7
    assert found["date"] >= 0.8
