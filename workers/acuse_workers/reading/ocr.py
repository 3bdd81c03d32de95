"""Words in a picture, by Tesseract."""

from __future__ import annotations

from dataclasses import dataclass

import pytesseract
from PIL import Image
from pytesseract import Output, TesseractError, TesseractNotFoundError

from acuse.errors import DocumentBroken, EngineMissing, ReadingCrashed
from acuse.reading.values import Box, Word

LANGUAGES = "spa+eng"
INSTALL = (
    "install tesseract-ocr and tesseract-ocr-spa (apt-get install tesseract-ocr tesseract-ocr-spa)"
)
_RESAMPLING = Image.Resampling.BICUBIC


@dataclass(frozen=True, slots=True)
class Pass:
    """One way to run the engine: its page segmentation mode, and the width to enlarge to."""

    segmentation: int
    width: int


def recognise(image: Image.Image, way: Pass, *, page: int) -> list[Word]:
    """Return the picture's words in its own pixels; raise EngineMissing without Tesseract."""
    scale = _scale(image, way.width)
    picture = image
    if scale != 1.0:
        size = (round(image.width * scale), round(image.height * scale))
        picture = image.resize(size, _RESAMPLING)
    data = _run(picture, way)
    return _words(data, scale, page)


def _scale(image: Image.Image, width: int) -> float:
    """Enlarge narrow pictures to `width`; shrink only what is more than twice as wide."""
    if image.width < width:
        return min(width / image.width, 4.0)
    return 1.0 if image.width <= 2 * width else 2 * width / image.width


def _run(picture: Image.Image, way: Pass) -> dict[str, list[str]]:
    config = f"--oem 1 --psm {way.segmentation}"
    try:
        found: dict[str, list[str]] = pytesseract.image_to_data(
            picture, lang=LANGUAGES, config=config, output_type=Output.DICT
        )
    except TesseractNotFoundError as exc:
        raise EngineMissing(f"tesseract is not installed: {INSTALL}") from exc
    except TesseractError as exc:
        raise _translated(exc) from exc
    return found


def _translated(exc: TesseractError) -> Exception:
    """Say what the engine's failure means: a missing language, a kill, or a bad picture."""
    status, message = int(exc.status), str(exc.message)
    if "loading language" in message or "traineddata" in message:
        return EngineMissing(f"a language of {LANGUAGES} is not installed: {INSTALL}")
    if status < 0:
        return ReadingCrashed(f"tesseract was ended by signal {-status}")
    return DocumentBroken(f"tesseract refused the picture (exit {status})")


def _words(data: dict[str, list[str]], scale: float, page: int) -> list[Word]:
    words: list[Word] = []
    rows = zip(
        data.get("text", []),
        data.get("conf", []),
        data.get("left", []),
        data.get("top", []),
        data.get("width", []),
        data.get("height", []),
        strict=True,
    )
    for text, confidence, *place in rows:
        left, top, width, height = (int(value) / scale for value in place)
        if str(text).strip() and float(confidence) >= 0:
            box = Box(left=left, top=top, right=left + width, bottom=top + height)
            words.append(Word(str(text).strip(), box, float(confidence) / 100, page))
    return words
