"""Every sample document, read by the real engines, says its truth."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from acuse.reading.wire import contract_of
from acuse_lab.documents.catalogue import sample, samples
from acuse_workers.reading.sandbox import Reader

NAMES = [each.name for each in samples()]


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_says_its_truth(name: str, tmp_path: Path) -> None:
    document = sample(name)
    path = tmp_path / "without-a-telling-name"
    path.write_bytes(document.data)

    found = contract_of(await Reader().read(path))

    assert {field: found[field] for field in document.truth} == dict(document.truth)
    assert found["confidence"]["document"] > 0.8


def test_samples_are_the_same_in_every_run() -> None:
    again = samples.__wrapped__()

    assert [(s.name, s.data) for s in again] == [(s.name, s.data) for s in samples()]
    assert len(set(NAMES)) == len(NAMES)


async def test_a_photo_lying_on_its_side_is_read(tmp_path: Path) -> None:
    document = sample("ticket")
    path = tmp_path / "turned.jpg"
    with Image.open(io.BytesIO(document.data)) as upright:
        upright.transpose(Image.Transpose.ROTATE_90).save(path, quality=90)

    found = contract_of(await Reader().read(path))

    assert (found["amount"], found["date"]) == (document.truth["amount"], document.truth["date"])


async def test_of_a_long_scan_the_last_page_has_the_total(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(sample("ticket").data)) as ticket:
        blank = Image.new("L", ticket.size, 255)
        path = tmp_path / "long.pdf"
        blank.save(path, save_all=True, append_images=[*[blank] * 6, ticket], resolution=150.0)

    reading = await Reader().read(path)

    assert reading.amount is not None
    assert f"{reading.amount.value:.2f}" == sample("ticket").truth["amount"]
    assert reading.amount.evidence.page == 8
