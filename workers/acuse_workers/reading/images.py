"""Image files become one upright grey picture of bounded size."""

from __future__ import annotations

import struct
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from acuse.errors import DocumentBroken, DocumentTooBig
from acuse_workers.reading.media_type import MediaType

_PHOTO_SIDE = 4200
# Paper's tone is looked for in squares of this many pixels.
_PATCH = 16
_LIGHTEST = 65535.0
# Ink is the darkest few per cent; whatever is lighter than this share of its paper is white.
_INK_SHARE = 2.0
_PAPER_TONE = 0.95


def load_image(path: Path, media: MediaType, *, max_pixels: int, frame: int = 0) -> Image.Image:
    """Return one of the file's frames, upright and grey; its size is checked before decoding.

    Pillow's own bound (89 million pixels, here an error) stays above any larger `max_pixels`.
    """
    if media is MediaType.HEIF:
        _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Given a path, Pillow maps an uncompressed TIFF, which garbles one that is on its side.
            with path.open("rb") as file, Image.open(file, formats=[media.value]) as image:
                if frame:
                    image.seek(frame)
                return _decoded(image, max_pixels)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as exc:
        raise DocumentTooBig(f"the image has more than {max_pixels} pixels") from exc
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as exc:
        raise DocumentBroken(f"the image cannot be decoded: {type(exc).__name__}") from exc
    except (struct.error, TypeError, IndexError, KeyError, RuntimeError) as exc:
        # Pillow's plugins let these out for damaged headers.
        raise DocumentBroken(f"the image is damaged: {type(exc).__name__}") from exc


def grey_on_white(image: Image.Image) -> Image.Image:
    """Return the picture in grey, transparent parts white as a viewer shows them."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        image = Image.alpha_composite(white, coloured)
    return _eight_bits(image).convert("L")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of 16 bits or more in 256 tones; converting one cuts what is lighter."""
    if not image.mode.startswith(("I", "F")):
        return image
    tones = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    lightest = _LIGHTEST if image.mode.startswith("I;16") else max(float(tones.max()), 1e-6)
    return Image.fromarray((np.clip(tones / lightest, 0.0, 1.0) * 255.0).astype(np.uint8))


def levelled(image: Image.Image) -> Image.Image:
    """Return a copy with even, white paper and dark ink: faded and shaded print becomes legible."""
    size = (max(image.width // _PATCH, 1), max(image.height // _PATCH, 1))
    patches = image.resize(size, Image.Resampling.BOX)
    patches = patches.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(2))
    paper = np.asarray(patches.resize(image.size, Image.Resampling.BICUBIC), dtype=np.float32)
    tone = np.asarray(image, dtype=np.float32) / np.maximum(paper, 1.0)
    ink = float(np.percentile(tone, _INK_SHARE))
    stretched = (tone - ink) / max(_PAPER_TONE - ink, 0.1)
    return Image.fromarray((np.clip(stretched, 0.0, 1.0) * 255.0).astype(np.uint8))


def _decoded(image: Image.Image, max_pixels: int) -> Image.Image:
    if image.width * image.height > max_pixels:
        raise DocumentTooBig(f"the image has {image.width} x {image.height} pixels")
    # A JPEG decodes straight to a half or a quarter of its size, which is all that OCR needs.
    image.draft("L", (_PHOTO_SIDE, _PHOTO_SIDE))
    image.load()
    upright = ImageOps.exif_transpose(image)
    grey = grey_on_white(upright)
    grey.thumbnail((_PHOTO_SIDE, _PHOTO_SIDE), Image.Resampling.LANCZOS)
    return grey


def _register_heif() -> None:
    # Loads libheif, which only this type needs; its types are incomplete.
    import_module("pi_heif").register_heif_opener(thumbnails=False)
