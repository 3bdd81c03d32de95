"""Bitstream Vera, which comes with reportlab: no system font is needed."""

from __future__ import annotations

from pathlib import Path

import reportlab
from PIL import ImageFont


def typeface(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the typeface at a size in pixels."""
    folder = Path(reportlab.__file__).parent / "fonts"
    return ImageFont.truetype(str(folder / ("VeraBd.ttf" if bold else "Vera.ttf")), size)
