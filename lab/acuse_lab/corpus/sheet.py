"""A sheet of paper, or a screen, that is written from the top down."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

# Typefaces under free licences, each from a package that holds nothing else; by split, so that
# what a reader was tuned on looks unlike what it is judged by.
FACES: Final = {
    "dev": (
        ("reportlab", "fonts/Vera.ttf", "fonts/VeraBd.ttf"),
        ("font_source_sans_pro", "files/SourceSansPro-Regular.ttf", "files/SourceSansPro-Bold.ttf"),
        ("font_caladea", "files/Caladea-Regular.ttf", "files/Caladea-Bold.ttf"),
    ),
    "test": (
        ("font_manrope", "files/Manrope-Regular.ttf", "files/Manrope-Bold.ttf"),
        ("font_hanken_grotesk", "files/HankenGrotesk-Regular.otf", "files/HankenGrotesk-Bold.otf"),
        ("ttf_opensans", "ttf/OpenSans-Regular.ttf", "ttf/OpenSans-Bold.ttf"),
    ),
}
Face = tuple[str, str, str]
# Pixels of the smallest letters, the width of a cell to its height, the share of tickets in cells.
_SMALLEST: Final = 8
_CELL: Final = 0.62
_MONOSPACED: Final = 0.6


@dataclass(frozen=True, slots=True)
class Style:
    """How a sheet is written: its typeface, size in pixels, and whether each letter is as wide."""

    face: Face
    size: int
    width: int
    # As a printer of tickets writes: every letter in a cell of its own.
    is_monospaced: bool = False
    ink: int = 25
    paper: int = 250
    spacing: float = 1.5

    @property
    def margin(self) -> int:
        """Pixels that are left free on each side."""
        return max(self.width // 20, 12)


@lru_cache(maxsize=64)
def _font(face: Face, size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    package, regular, heavy = face
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package} is not installed: install acuse[lab]")
    return ImageFont.truetype(str(Path(spec.origin).parent / (heavy if bold else regular)), size)


class Sheet:
    """Paper of a fixed width that grows as it is written on."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.top = float(style.margin)
        self._image = Image.new("L", (style.width, 6000), style.paper)
        self._pen = ImageDraw.Draw(self._image)

    def image(self) -> Image.Image:
        """Return what was written, cut below the last line."""
        height = min(int(self.top) + self.style.margin, self._image.height)
        return self._image.crop((0, 0, self.style.width, height))

    def line(
        self, left: str = "", right: str = "", *, bold: bool = False, scale: float = 1.0
    ) -> None:
        """Write one row: something at the left, something at the right."""
        size = self._size(scale)
        if left:
            self._write(self.style.margin, left, size, bold=bold)
        if right:
            wide = self.width_of(right, size, bold=bold)
            self._write(self.style.width - self.style.margin - wide, right, size, bold=bold)
        self.space(scale)

    def centre(self, text: str, *, bold: bool = False, scale: float = 1.0) -> None:
        """Write one row in the middle, smaller where it is too wide."""
        size = self._size(scale)
        room = self.style.width - 2 * self.style.margin
        while size > _SMALLEST and self.width_of(text, size, bold=bold) > room:
            size -= 1
        wide = self.width_of(text, size, bold=bold)
        self._write((self.style.width - wide) / 2, text, size, bold=bold)
        self.space(scale)

    def columns(
        self, cells: Sequence[tuple[float, str]], *, bold: bool = False, scale: float = 1.0
    ) -> None:
        """Write one row of cells, each at its share of the width; a negative one ends there."""
        size = self._size(scale)
        for share, text in cells:
            at = abs(share) * self.style.width
            if share < 0:
                at -= self.width_of(text, size, bold=bold)
            self._write(at, text, size, bold=bold)
        self.space(scale)

    def rule(self, *, dashed: bool = False) -> None:
        """Draw a line across."""
        y = int(self.top + self.style.size * 0.3)
        left, right = self.style.margin, self.style.width - self.style.margin
        step = 12 if dashed else right - left
        for x in range(left, right, step):
            end = min(x + (step * 2 // 3 if dashed else step), right)
            self._pen.line((x, y, end, y), fill=self.style.ink + 40, width=2)
        self.top += self.style.size * 0.8

    def space(self, lines: float = 1.0) -> None:
        """Go down by so many lines."""
        self.top += self.style.size * self.style.spacing * lines

    def box(self, text: str, *, scale: float = 2.0) -> None:
        """Write a letter in a box of its own in the middle."""
        size = self._size(scale)
        middle, top = self.style.width / 2, self.top
        self._pen.rectangle(
            (middle - size, top, middle + size, top + 1.6 * size), outline=self.style.ink, width=3
        )
        wide = self.width_of(text, size, bold=True)
        self._pen.text(
            (middle - wide / 2, top + 0.1 * size),
            text,
            font=_font(self.style.face, size, bold=True),
            fill=self.style.ink,
        )
        self.top += 2.0 * size

    def paste(self, picture: Image.Image, *, at: float = 0.5) -> None:
        """Put a picture there, its middle at a share of the width."""
        left = int(at * self.style.width - picture.width / 2)
        self._image.paste(picture, (max(left, 0), int(self.top)))
        self.top += picture.height + self.style.size

    def width_of(self, text: str, size: int, *, bold: bool) -> float:
        """Return how many pixels a text of a size takes."""
        if self.style.is_monospaced:
            return len(text) * size * _CELL
        return float(_font(self.style.face, size, bold=bold).getlength(text))

    def _size(self, scale: float) -> int:
        return max(int(self.style.size * scale), _SMALLEST)

    def _write(self, left: float, text: str, size: int, *, bold: bool) -> None:
        font = _font(self.style.face, size, bold=bold)
        if not self.style.is_monospaced:
            self._pen.text((left, self.top), text, font=font, fill=self.style.ink)
            return
        cell = size * _CELL
        for place, letter in enumerate(text):
            spare = (cell - font.getlength(letter)) / 2
            at = (left + cell * place + spare, self.top)
            self._pen.text(at, letter, font=font, fill=self.style.ink)


def style(chance: random.Random, split: str, *, width: int, size: int, is_ticket: bool) -> Style:
    """Return a style of a split, by chance; that of a ticket is monospaced more often than not."""
    faces: Sequence[Face] = FACES[split]
    return Style(
        face=chance.choice(faces),
        size=size,
        width=width,
        is_monospaced=is_ticket and chance.random() < _MONOSPACED,
        ink=chance.randrange(10, 60),
        paper=chance.randrange(238, 255),
        spacing=chance.uniform(1.3, 1.65),
    )
