"""Words in a picture, by Tesseract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from tempfile import NamedTemporaryFile
from typing import Any

from PIL import Image

from acuse.errors import AcuseError, DocumentBroken, EngineMissing, ReadingCrashed
from acuse.reading.values import Box, Word
from acuse_workers.reading.engines.recognised import Recognised, best_turned

# It has no types; _run says what it returns.
_TESSERACT: Any = import_module("pytesseract")
# Tesseract's TSV, column by column.
Columns = Mapping[str, list[str | int]]
LANGUAGES = "spa+eng"
INSTALL = (
    "install tesseract-ocr and tesseract-ocr-spa (apt-get install tesseract-ocr tesseract-ocr-spa)"
)
_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180)
# Letters that are upside down look like others, of which the engine is not sure.
_UPRIGHT = 0.6
_SAUVOLA = " -c thresholding_method=2"


@dataclass(frozen=True, slots=True)
class Pass:
    """One way to run the engine: its page segmentation mode and the width to enlarge to.

    `adaptive` tells ink from paper in each place anew (Sauvola); `level` evens the picture first.
    """

    segmentation: int
    width: int
    adaptive: bool = False
    level: bool = False


def recognise(picture: Image.Image, way: Pass, *, page: int) -> Recognised:
    """Return the picture's words; raise EngineMissing without Tesseract."""
    scale = _scale(picture, way.width)
    shown = picture
    if scale != 1.0:
        size = (round(picture.width * scale), round(picture.height * scale))
        shown = picture.resize(size, Image.Resampling.BICUBIC)
    return Recognised(picture, tuple(_words(_run(shown, way), scale, page)))


def upright(picture: Image.Image, way: Pass, *, page: int) -> Recognised:
    """Return the picture's words, turned by quarters if it makes no sense as it stands."""
    found = recognise(picture, way, page=page)
    if found.is_legible and found.sureness >= _UPRIGHT:
        return found
    return best_turned(found, lambda turned: recognise(turned, way, page=page), _TURNS)


def _scale(image: Image.Image, width: int) -> float:
    """Enlarge narrow pictures to `width`; shrink only what is more than twice as wide."""
    if image.width < width:
        return min(width / image.width, 4.0)
    return 1.0 if image.width <= 2 * width else 2 * width / image.width


def _run(picture: Image.Image, way: Pass) -> Columns:
    config = f"--oem 1 --psm {way.segmentation}" + (_SAUVOLA if way.adaptive else "")
    # Left to itself, pytesseract packs a PNG, which takes longer.
    with NamedTemporaryFile(suffix=".pgm") as file:
        picture.save(file, format="PPM")
        file.flush()
        try:
            columns: Columns = _TESSERACT.image_to_data(
                file.name, lang=LANGUAGES, config=config, output_type="dict"
            )
        except _TESSERACT.TesseractNotFoundError as exc:
            raise EngineMissing(f"tesseract is not installed: {INSTALL}") from exc
        except _TESSERACT.TesseractError as exc:
            raise _translated(exc) from exc
    return columns


def _translated(exc: Exception) -> AcuseError:
    """Say what the engine's failure means: a missing language, a kill, or a bad picture."""
    status, message = exc.args
    if "loading language" in message or "traineddata" in message:
        return EngineMissing(f"a language of {LANGUAGES} is not installed: {INSTALL}")
    if status < 0:
        return ReadingCrashed(f"tesseract was ended by signal {-status}")
    return DocumentBroken(f"tesseract refused the picture (exit {status})")


def _words(columns: Columns, scale: float, page: int) -> Iterator[Word]:
    names = ("text", "conf", "left", "top", "width", "height")
    rows = zip(*(columns.get(name, []) for name in names), strict=True)
    for text, sureness, *place in rows:
        left, top, width, height = (float(value) / scale for value in place)
        word, confidence = str(text).strip(), float(sureness) / 100
        if word and confidence >= 0:
            box = Box(left=left, top=top, right=left + width, bottom=top + height)
            yield Word(word, box, confidence, page)
