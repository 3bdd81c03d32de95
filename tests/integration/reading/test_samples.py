"""Every sample document, read by the real engines, says its truth."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from acuse.reading.wire import contract_of
from acuse.tenants.tenant import OcrPolicy
from acuse_lab.documents.catalogue import sample, samples
from acuse_lab.documents.typeface import typeface
from acuse_workers.reading.sandbox import Reader, open_reader

NAMES = [each.name for each in samples()]
POLICIES: tuple[OcrPolicy, ...] = ("Auto", "Tesseract")


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with open_reader() as opened:
        yield opened


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_says_its_truth(
    name: str, policy: OcrPolicy, reader: Reader, tmp_path: Path
) -> None:
    document = sample(name)
    path = tmp_path / "without-a-telling-name"
    path.write_bytes(document.data)

    found = contract_of(await reader.read(path, policy=policy))

    assert {field: found[field] for field in document.truth} == dict(document.truth)
    assert found["confidence"]["document"] > 0.8


def test_samples_are_the_same_in_every_run() -> None:
    again = samples.__wrapped__()

    assert [(s.name, s.data) for s in again] == [(s.name, s.data) for s in samples()]
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "turn",
    [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270],
    ids=lambda turn: turn.name,
)
async def test_a_photo_that_lies_on_its_side_or_upside_down_is_read(
    turn: Image.Transpose, policy: OcrPolicy, reader: Reader, tmp_path: Path
) -> None:
    document = sample("ticket")
    path = tmp_path / "turned.jpg"
    with Image.open(io.BytesIO(document.data)) as upright:
        upright.transpose(turn).save(path, quality=90)

    found = contract_of(await reader.read(path, policy=policy))

    assert {field: found[field] for field in document.truth} == dict(document.truth)


async def test_a_tilted_photo_is_read_row_by_row(reader: Reader, tmp_path: Path) -> None:
    document = sample("ticket")
    path = tmp_path / "tilted.jpg"
    with Image.open(io.BytesIO(document.data)) as level:
        level.rotate(9, Image.Resampling.BICUBIC, expand=True, fillcolor=90).save(path, quality=85)

    reading = await reader.read(path)

    found = contract_of(reading)
    assert {field: found[field] for field in document.truth} == dict(document.truth)
    assert sum(item.amount for item in reading.items) == Decimal(document.truth["amount"] or 0)


@pytest.mark.parametrize("policy", POLICIES)
async def test_accents_and_the_letter_of_spanish_survive(
    policy: OcrPolicy, reader: Reader, tmp_path: Path
) -> None:
    words = (
        "Peñaloza Ibáñez e Hijos S.R.L.",
        "Señor: María Núñez",
        "Corazón, pingüino, café, bebé",
    )
    paper = Image.new("L", (900, 520), 250)
    pen = ImageDraw.Draw(paper)
    for row, text in enumerate((*words, "CUIT: 30-99000001-4", "TOTAL $ 1.234,56")):
        pen.text((50, 50 + 80 * row), text, font=typeface(34), fill=20)
    path = tmp_path / "accents.png"
    paper.save(path)

    found = await reader.read(path, policy=policy)

    assert found.vendor is not None
    assert found.vendor.value == words[0]


async def test_of_a_long_scan_the_last_page_has_the_total(reader: Reader, tmp_path: Path) -> None:
    with Image.open(io.BytesIO(sample("ticket").data)) as ticket:
        blank = Image.new("L", ticket.size, 255)
        path = tmp_path / "long.pdf"
        blank.save(path, save_all=True, append_images=[*[blank] * 6, ticket], resolution=150.0)

    reading = await reader.read(path, policy="Tesseract")

    assert reading.amount is not None
    assert f"{reading.amount.value:.2f}" == sample("ticket").truth["amount"]
    assert reading.amount.evidence.page == 8
