"""Two receipts on one photo, or in one PDF, are both read; never a mixture of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from acuse.reading.values import Kind, Source
from acuse.reading.wire import contract_of
from acuse.tenants.tenant import OcrPolicy
from acuse_lab.corpus.pairs import pair
from acuse_lab.documents.catalogue import sample
from acuse_workers.reading.sandbox import open_reader

POLICIES: tuple[OcrPolicy, ...] = ("Auto", "Tesseract")
TOLD_BY = ("date", "amount", "tax_id")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("is_below", [False, True], ids=["side by side", "one above the other"])
async def test_both_receipts_are_read(policy: OcrPolicy, tmp_path: Path, *, is_below: bool) -> None:
    photo = pair("dev", seed=0, is_below=is_below)
    path = tmp_path / "two.jpg"
    path.write_bytes(photo.data)

    async with open_reader() as reader:
        found = contract_of(await reader.read(path, policy=policy))

    assert found["slips"] == 2
    told = [{name: one[name] for name in TOLD_BY} for one in (found, *found["others"])]
    assert len(told) == len(photo.truths)
    for truth in photo.truths:
        [one] = [each for each in told if each["tax_id"] == truth["tax_id"]]
        # Tesseract may miss a field; nobody takes one from the other receipt.
        missed = {name for name in TOLD_BY if one[name] is None and policy == "Tesseract"}
        assert one == {name: None if name in missed else truth[name] for name in TOLD_BY}


async def test_each_invoice_of_a_pdf_is_read_with_its_own_qr(tmp_path: Path) -> None:
    samples = {name: sample(name) for name in ("factura-b", "factura-a")}
    # It has no types.
    pdfium: Any = import_module("pypdfium2")
    together = pdfium.PdfDocument.new()
    for each in samples.values():
        together.import_pages(pdfium.PdfDocument(each.data))
    path = tmp_path / "two.pdf"
    together.save(path)

    async with open_reader() as reader:
        reading = await reader.read(path)

    assert {one.kind.value: one.kind.evidence.source for one in reading.apart()} == {
        Kind.FACTURA_A: Source.QR,
        Kind.FACTURA_B: Source.QR,
    }
    for one in map(contract_of, reading.apart()):
        truth = samples[one["kind"].replace("_", "-")].truth
        assert {name: one[name] for name in truth} == truth
