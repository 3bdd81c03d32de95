"""Of two receipts on one photo one is read and both are seen; never a mixture of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuse.reading.wire import contract_of
from acuse.tenants.tenant import OcrPolicy
from acuse_lab.corpus.pairs import pair
from acuse_workers.reading.sandbox import open_reader

POLICIES: tuple[OcrPolicy, ...] = ("Auto", "Tesseract")
TOLD_BY = ("date", "amount", "tax_id")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("is_below", [False, True], ids=["side by side", "one above the other"])
async def test_one_of_two_receipts_is_read(
    policy: OcrPolicy, tmp_path: Path, *, is_below: bool
) -> None:
    photo = pair("dev", seed=0, is_below=is_below)
    path = tmp_path / "two.jpg"
    path.write_bytes(photo.data)

    async with open_reader() as reader:
        found = contract_of(await reader.read(path, policy=policy))

    assert found["slips"] == 2
    assert [found[name] for name in TOLD_BY] in [
        [truth[name] for name in TOLD_BY] for truth in photo.truths
    ]
