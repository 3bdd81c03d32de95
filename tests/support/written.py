"""What the corpus' layouts say, with the place of each word: what a perfect engine would find."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

from acuse.reading.values import Box, Word
from acuse_lab.corpus.facts import facts
from acuse_lab.corpus.layouts import Layout
from acuse_lab.corpus.making import layouts
from acuse_lab.corpus.sheet import Sheet, style

ALL: dict[str, Layout] = {
    look.name: look for split in ("dev", "test") for look in layouts(split)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """One document's words and size, and the amount that is right."""

    words: tuple[Word, ...]
    width: int
    height: int
    amount: str | None


def written(look: Layout, *, seed: int, by_word: bool = False) -> Written:
    """Return what a layout says; cells as PP-OCR finds them, or word by word as Tesseract does."""
    chance = random.Random(f"{seed}/{look.name}")
    found: list[Word] = []

    def write(sheet: Sheet, left: float, text: str, size: int, *, bold: bool) -> None:
        """Note what would be drawn."""
        for start, part in _parts(text) if by_word else [(0, text)]:
            at = left + sheet.width_of(text[:start], size, bold=bold)
            wide = sheet.width_of(part, size, bold=bold)
            found.append(Word(part, Box(at, sheet.top, at + wide, sheet.top + size), 0.95, 1))

    with patch.object(Sheet, "_write", write):
        said = facts(chance)
        manner = style(
            chance, look.split, width=look.width, size=look.size, is_ticket=look.is_ticket
        )
        drawn = look.draw(said, manner, chance)
    return Written(tuple(found), *drawn.image.size, drawn.truth["amount"])


def _parts(text: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    at = 0
    for part in text.split():
        at = text.index(part, at)
        parts.append((at, part))
        at += len(part)
    return parts


def moved(words: Sequence[Word], *, right: float = 0, down: float = 0) -> list[Word]:
    """Return the words elsewhere on the page."""
    return [
        Word(
            word.text,
            Box(
                word.box.left + right,
                word.box.top + down,
                word.box.right + right,
                word.box.bottom + down,
            ),
            word.confidence,
            word.page,
        )
        for word in words
    ]


def tilted(words: Sequence[Word], degrees: float) -> list[Word]:
    """Return the words of a paper that lies askew, about its upper left corner."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def place(word: Word) -> Box:
        box, tall = word.box, word.box.height
        left, top = box.left * cos - box.top * sin, box.left * sin + box.top * cos
        wide = box.right - box.left
        return Box(left, top + wide * sin / 2, left + wide * cos, top + wide * sin / 2 + tall)

    return [Word(word.text, place(word), word.confidence, word.page) for word in words]
