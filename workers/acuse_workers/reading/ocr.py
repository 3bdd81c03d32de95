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
_LONG_WORD = 4
_SURE = 0.6
# Even a short receipt has this many letters in words that the engine is sure of.
_LEGIBLE = 40.0
_SAUVOLA = " -c thresholding_method=2"


@dataclass(frozen=True, slots=True)
class Pass:
    """One way to run the engine: its page segmentation mode, the width to enlarge to, whether it
    tells ink from paper in each place anew (Sauvola), and whether the picture is levelled first.
    """

    segmentation: int
    width: int
    adaptive: bool = False
    level: bool = False


@dataclass(frozen=True, slots=True)
class Recognised:
    """A picture and the words found in it, in the picture's own pixels."""

    picture: Image.Image
    words: tuple[Word, ...]

    @property
    def legible(self) -> float:
        """How much of it is surely text: the letters of long words, weighed by confidence."""
        words = (w for w in self.words if len(w.text) >= _LONG_WORD and w.confidence > _SURE)
        return sum(len(word.text) * word.confidence for word in words)


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
    if found.legible >= _LEGIBLE:
        return found
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180)
    others = [recognise(picture.transpose(turn), way, page=page) for turn in turns]
    best = max(others, key=lambda other: other.legible)
    # A picture without text is no better turned.
    return best if best.legible > max(2 * found.legible, _LEGIBLE) else found


def _scale(image: Image.Image, width: int) -> float:
    """Enlarge narrow pictures to `width`; shrink only what is more than twice as wide."""
    if image.width < width:
        return min(width / image.width, 4.0)
    return 1.0 if image.width <= 2 * width else 2 * width / image.width


def _run(picture: Image.Image, way: Pass) -> dict[str, list[str]]:
    config = f"--oem 1 --psm {way.segmentation}" + (_SAUVOLA if way.adaptive else "")
    # Written to the engine's input as it is; packing a PNG takes longer.
    picture.format = "PPM"
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
