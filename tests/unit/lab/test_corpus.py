"""Made-up documents are the same from the same seed, and their labels are sound."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from PIL import Image
from stdnum.ar import cbu, cuit

from acuse.reading.labels import read_label
from acuse_lab.corpus.layouts import LAYOUTS, Split
from acuse_lab.corpus.making import Made, make
from acuse_lab.corpus.sheet import FACES

SPLITS: tuple[Split, ...] = ("dev", "test")


def made(split: Split, count: int = 25) -> list[Made]:
    return list(make(split, count, seed=3))


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_seed_gives_the_same_documents(split: Split) -> None:
    assert made(split, 3) == made(split, 3)
    assert [m.data for m in make(split, 2, seed=4)] != [m.data for m in made(split, 2)]


@pytest.mark.parametrize("split", SPLITS)
def test_labels_say_what_can_be_right(split: Split) -> None:
    for document in made(split):
        label = document.label
        if label["kind"] == "none":
            assert label["amount"] is None
            continue
        assert cuit.is_valid(label["tax_id"])
        assert date.fromisoformat(label["date"]).year in {2025, 2026}
        if label["cae"]:
            assert len(label["cae"]) == 14
            assert label["cae_expires"] > label["date"]
        assert label["receiver_tax_id"] is None or cuit.is_valid(label["receiver_tax_id"])
        assert ("transfer" in label) == (label["kind"] == "transfer")
        for party in ("payer", "payee") if "transfer" in label else ():
            account = label["transfer"][party]["cbu"]
            assert account is None or cbu.is_valid(account)
        if "items" in label:
            assert sum(Decimal(item["amount"]) for item in label["items"]) == Decimal(
                label["amount"]
            )


@pytest.mark.parametrize("split", SPLITS)
def test_labels_can_be_read_and_pictures_are_as_large_as_whatsapps(split: Split) -> None:
    for document in made(split, 12):
        assert read_label(msgspec.json.encode(document.label)).fields["kind"] is not None
        with Image.open(io.BytesIO(document.data)) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= 1600


def test_no_look_and_no_typeface_is_in_both_splits() -> None:
    made("dev", 1)
    looks = {split: {each.name for each in LAYOUTS if each.split == split} for split in SPLITS}
    faces = {split: {face[0] for face in FACES[split]} for split in SPLITS}

    assert not looks["dev"] & looks["test"]
    assert not faces["dev"] & faces["test"]
    assert min(len(each) for each in looks.values()) >= 6
