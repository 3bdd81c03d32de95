"""Floors on public receipts, when they are there: what the engine must not fall below."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuse_workers.commands.evaluate import evaluation, labelled

RECEIPTS = Path(__file__).resolve().parents[4] / "shared" / "receipts"

present = pytest.mark.skipif(not RECEIPTS.is_dir(), reason="the public receipts are not here")


@present
async def test_invoices_with_a_text_layer_say_total_and_day() -> None:
    found = await evaluation(list(labelled(RECEIPTS / "pdf_invoice2data")), jobs=2)

    assert found.fields["amount"].value == 1.0, found.misses
    assert found.fields["date"].value == 1.0, found.misses


@present
async def test_photographed_receipts_say_total_and_day_often_enough() -> None:
    # Every tenth, so that it takes seconds; the bench reads them all.
    documents = list(labelled(RECEIPTS / "sroie_dev"))[::10]

    found = await evaluation(documents, jobs=2)

    assert found.fields["amount"].value >= 0.9, found.misses
    assert found.fields["date"].value >= 0.9, found.misses
