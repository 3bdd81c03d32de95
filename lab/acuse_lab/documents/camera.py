"""A flat drawing becomes a photo as WhatsApp passes it on; the same seed gives the same photo."""

from __future__ import annotations

import io
import random
import time
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageOps

# WhatsApp's longest side for a photo that is not sent as a document.
_LONGEST_SIDE = 1600
_TABLE = 96
_FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}


def photograph(drawing: Image.Image, *, seed: int) -> Image.Image:
    """Return the drawing on a table: a little turned, blurred, unevenly lit and noisy."""
    chance = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    paper = ImageOps.expand(drawing.convert("L"), border=drawing.width // 12, fill=_TABLE)
    turned = paper.rotate(
        chance.uniform(-1.8, 1.8), Image.Resampling.BICUBIC, expand=True, fillcolor=_TABLE
    )
    turned.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    lit = ImageChops.multiply(turned, _light(turned.size, chance))
    soft = lit.filter(ImageFilter.GaussianBlur(chance.uniform(0.4, 0.7)))
    return _noisy(soft, chance)


def encode(image: Image.Image, mime: str) -> bytes:
    """Return the image's bytes in the format of `mime`, without any metadata."""
    buffer = io.BytesIO()
    picture = image.convert("L" if mime == "image/gif" else "RGB")
    options = {"quality": 78} if mime in {"image/jpeg", "image/webp"} else {}
    picture.save(buffer, format=_FORMATS[mime], **options)
    return buffer.getvalue()


def scanned_pdf(image: Image.Image) -> bytes:
    """Return a PDF whose only page is a picture: no text layer."""
    buffer = io.BytesIO()
    drawn = time.gmtime(0)
    image.convert("L").save(
        buffer, format="PDF", resolution=150.0, creationDate=drawn, modDate=drawn
    )
    return buffer.getvalue()


def scanned_tiff(image: Image.Image) -> bytes:
    """Return a TIFF of one page, compressed as a scanner does without loss."""
    buffer = io.BytesIO()
    image.convert("L").save(buffer, format="TIFF", compression="tiff_lzw", dpi=(150, 150))
    return buffer.getvalue()


def _light(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Return a shade that falls off to one side, as a hand or a lamp makes it."""
    shade = Image.linear_gradient("L").point([175 + tone * 80 // 255 for tone in range(256)])
    return shade.rotate(90 * chance.randrange(4)).resize(size, Image.Resampling.BILINEAR)


def _noisy(image: Image.Image, chance: random.Random) -> Image.Image:
    grain = Image.frombytes("L", image.size, chance.randbytes(image.width * image.height))
    return Image.blend(image, grain.filter(ImageFilter.BoxBlur(1)), 0.05)
