"""Made-up documents as an engine saw them: words, QR codes and labels, without pictures.

`PYTHONPATH=tests python -m support.recognised` writes tests/fixtures/recognised anew: it takes some
minutes, and what an engine sees may differ in the last digit from one processor to another.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from PIL import Image

from acuse.reading.agreement import agreed, is_settled
from acuse.reading.interpret import interpret
from acuse.reading.labels import Label, read_label
from acuse.reading.rows import page_of
from acuse.reading.values import Box, DocumentReading, Source, Word
from acuse_lab.corpus.layouts import Split
from acuse_lab.corpus.making import write
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.engines.asking import RecogniserLine
from acuse_workers.reading.engines.pixels import Spotted
from acuse_workers.reading.engines.ppocr import SETTING, PpOcr, Setting
from acuse_workers.reading.engines.recognised import Recognised
from acuse_workers.reading.images import load_image
from acuse_workers.reading.looking import WAYS, by_way
from acuse_workers.reading.media_type import MediaType

FOLDER: Final = Path(__file__).parent.parent / "fixtures" / "recognised"
TODAY: Final = date(2026, 11, 27)
_MAX_PIXELS: Final = 40_000_000
# A word: its text, how sure the engine is, and left, top, right, bottom in pixels.
_Word: TypeAlias = tuple[str, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How many documents are made, worn ones and others, and which engine sees them."""

    name: str
    engine: str
    worn: int
    plain: int
    seed: int


# Of the split that the reader's rules are not tuned on; nothing is fitted on `check`.
_SPLIT: Final[Split] = "test"
RECIPES: Final = (
    Recipe("fit", "ppocr", 160, 80, 72),
    Recipe("check", "ppocr", 100, 60, 74),
    Recipe("fit", "tesseract", 40, 60, 72),
    Recipe("check", "tesseract", 20, 40, 74),
)


class Seen(msgspec.Struct, frozen=True):
    """One document: each of the engine's looks at it, its QR codes, and its label."""

    name: str
    looks: tuple[tuple[int, int, tuple[_Word, ...]], ...]
    codes: tuple[str, ...]
    label: dict[str, Any]

    def known(self) -> Label:
        """Return the label as `acuse eval` understands it."""
        return read_label(msgspec.json.encode(self.label))

    def reading(self, engine: str) -> DocumentReading:
        """Return what the document says, looked at as often as a worker would, not calibrated."""
        readings: list[DocumentReading] = []
        for width, height, words in self.looks:
            found = [
                Word(text, Box(left, top, right, bottom), sure, 1)
                for text, sure, left, top, right, bottom in words
            ]
            page = page_of(found, 1, width=width, height=height, source=Source.OCR)
            readings.append(interpret([page], self.codes, today=TODAY, engine=engine))
            if is_settled(agreed(readings)):
                break
        return agreed(readings)


def documents(name: str, engine: str) -> Iterator[Seen]:
    """Yield the documents of one recipe, as they were kept."""
    with gzip.open(_file(name, engine), "rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Seen)


def _file(name: str, engine: str) -> Path:
    return FOLDER / f"{name}-{engine}.jsonl.gz"


class Here(RecogniserLine):
    """PP-OCR in this process."""

    def __init__(self, setting: Setting = SETTING) -> None:
        self._engine = PpOcr(threads=1, setting=setting)

    def spot(self, picture: Image.Image) -> tuple[Spotted, ...]:
        """Return the lines of text in a picture as it stands."""
        return self._engine.spot(np.asarray(picture))


def _looks(picture: Image.Image, line: Here | None) -> Iterator[Recognised]:
    if line is not None:
        yield line.upright(picture, page=1)
        return
    for way in WAYS:
        found = by_way(picture, way, page=1)
        picture = found.picture
        yield found


def _kept(found: Recognised) -> tuple[int, int, tuple[_Word, ...]]:
    def plain(word: Word) -> _Word:
        box = word.box
        sides = (round(side, 1) for side in (box.left, box.top, box.right, box.bottom))
        left, top, right, bottom = sides
        return word.text, round(word.confidence, 3), left, top, right, bottom

    return found.picture.width, found.picture.height, tuple(plain(each) for each in found.words)


def _record(recipe: Recipe) -> Iterator[Seen]:
    line = Here() if recipe.engine == "ppocr" else None
    with tempfile.TemporaryDirectory(prefix="acuse-recognised-") as folder:
        worn = write(Path(folder), _SPLIT, recipe.worn, seed=recipe.seed, is_worn=True)
        plain = write(Path(folder), _SPLIT, recipe.plain, seed=recipe.seed + 1)
        for path in chain(worn, plain):
            picture = load_image(path, MediaType.JPEG, max_pixels=_MAX_PIXELS)
            looks = tuple(map(_kept, _looks(picture, line)))
            label = msgspec.json.decode(path.with_suffix(".json").read_bytes())
            yield Seen(path.stem, looks, tuple(read_codes(picture)), label)


def record(recipes: Sequence[Recipe]) -> None:
    """Make the documents of the recipes, let the engines see them, and keep what they saw."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for recipe in recipes:
        lines = bytearray()
        for number, seen in enumerate(_record(recipe), start=1):
            lines += msgspec.json.encode(seen) + b"\n"
            sys.stderr.write(f"\r{recipe.name} {recipe.engine}: {number} documents")
        sys.stderr.write("\n")
        # No time of day in it: the same documents are the same file.
        _file(recipe.name, recipe.engine).write_bytes(gzip.compress(bytes(lines), mtime=0))


if __name__ == "__main__":
    record(RECIPES)
