"""What a phone, a pocket and WhatsApp do to a document, each by chance and within bounds."""

from __future__ import annotations

import io
import random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

# WhatsApp's longer side, and the quality that its JPEGs have about.
_LONGEST: Final = 1600
_QUALITY: Final = (58, 82)
_Grey = NDArray[np.float32]


def photographed(drawing: Image.Image, chance: random.Random) -> Image.Image:
    """Return the document as somebody's photo of it."""
    paper = _worn(drawing, chance)
    placed = _placed(paper, chance)
    placed.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    lit = _lit(np.asarray(placed, dtype=np.float32), chance)
    soft = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(chance.triangular(0.2, 1.3, 0.5))
    )
    grain = np.random.default_rng(chance.randrange(2**32)).normal(
        0, chance.uniform(1, 7), lit.shape
    )
    noisy = np.asarray(soft, dtype=np.float32) + grain.astype(np.float32)
    return _turned(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)), chance)


def screenshot(drawing: Image.Image, chance: random.Random) -> Image.Image:
    """Return a screen as it is passed on: whole, and sometimes smaller."""
    picture = drawing.copy()
    side = chance.choice((_LONGEST, 1280, 1000))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def passed_on(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Return it as it comes after others have passed it on: smaller, softer, compressed before."""
    worn = picture.convert("L")
    side = round(_LONGEST * chance.triangular(0.25, 0.8, 0.4))
    worn.thumbnail((side, side), Image.Resampling.BILINEAR)
    worn = worn.filter(ImageFilter.GaussianBlur(chance.uniform(0.0, 1.6)))
    buffer = io.BytesIO()
    worn.save(buffer, format="JPEG", quality=chance.randint(10, 40))
    return Image.open(buffer).convert("L")


def as_jpeg(picture: Image.Image, chance: random.Random) -> bytes:
    """Return it compressed as WhatsApp does."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, format="JPEG", quality=chance.randint(*_QUALITY))
    return buffer.getvalue()


def _worn(drawing: Image.Image, chance: random.Random) -> Image.Image:
    """Fade the print in bands, and crease the paper."""
    tones: _Grey = np.array(drawing, dtype=np.float32)
    paper = float(np.percentile(tones, 95))
    if _happens(chance, 0.35):
        # A thermal head prints some columns less, and light takes the rest.
        shades = Image.fromarray(
            np.array([[chance.uniform(0.0, 0.55) for _ in range(7)]], dtype=np.float32)
        )
        across: _Grey = np.asarray(
            shades.resize((tones.shape[1], 1), Image.Resampling.BILINEAR), dtype=np.float32
        )
        tones += (np.float32(paper) - tones) * across
    worn = Image.fromarray(np.clip(tones, 0, 255).astype(np.uint8))
    for _ in range(chance.choice((0, 0, 1, 2))):
        _crease(worn, chance)
    return worn


def _crease(paper: Image.Image, chance: random.Random) -> None:
    pen = ImageDraw.Draw(paper)
    y = chance.randrange(paper.height)
    ends = (0, y, paper.width, y + chance.randrange(-60, 60))
    pen.line(ends, fill=chance.randrange(185, 225), width=chance.randrange(2, 5))


def _placed(paper: Image.Image, chance: random.Random) -> Image.Image:
    """Lay the paper on a table, seen a little from the side."""
    width, height = paper.size
    border = int(max(width, height) * chance.uniform(0.03, 0.12))
    table = Image.new("L", (width + 2 * border, height + 2 * border), chance.randrange(40, 140))
    table.paste(paper, (border, border))
    table = table.rotate(
        chance.triangular(-7, 7, 0), Image.Resampling.BICUBIC, expand=True, fillcolor=80
    )
    return table.transform(
        table.size, Image.Transform.PERSPECTIVE, _seen_from(table.size, chance),
        Image.Resampling.BICUBIC, fillcolor=80,
    )  # fmt: skip


def _seen_from(size: tuple[int, int], chance: random.Random) -> list[float]:
    """Return the eight coefficients that Pillow's perspective takes, for corners moved a little."""
    width, height = size
    most = 0.045

    def moved(x: float, y: float) -> tuple[float, float]:
        return (
            x + width * chance.uniform(-most, most) * (1 if _happens(chance, 0.7) else 0),
            y + height * chance.uniform(-most, most) * 0.5,
        )

    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    rows: list[list[float]] = []
    right: list[float] = []
    for (x, y), (u, v) in ((corner, moved(*corner)) for corner in corners):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    solved: NDArray[np.float64] = np.linalg.solve(np.array(rows), np.array(right))
    return [float(value) for value in solved]


def _lit(tones: _Grey, chance: random.Random) -> _Grey:
    """Light it from one side, with a shadow's edge, or with too little light."""
    height, width = tones.shape
    x, y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    slope = chance.uniform(0, 0.35) * (
        chance.uniform(-1, 1) * x[np.newaxis, :] + chance.uniform(-1, 1) * y[:, np.newaxis]
    )
    light = 0.9 + slope
    if _happens(chance, 0.3):
        edge = chance.uniform(-0.5, 0.5) + chance.uniform(-0.6, 0.6) * y[:, np.newaxis]
        light = light * (
            1 - chance.uniform(0.2, 0.5) / (1 + np.exp((x[np.newaxis, :] - edge) * 18))
        )
    dark = chance.uniform(0.45, 0.7) if _happens(chance, 0.2) else 1.0
    return (tones * light * dark).astype(np.float32)


def _turned(picture: Image.Image, chance: random.Random) -> Image.Image:
    turn = chance.choices(
        (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270),
        weights=(82, 7, 4, 7),
    )[0]
    return picture if turn is None else picture.transpose(turn)


def _happens(chance: random.Random, share: float) -> bool:
    return chance.random() < share
