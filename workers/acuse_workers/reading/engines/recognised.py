"""A picture with the words that an engine found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image

from acuse.reading.values import Word

_LONG_WORD: Final = 4
_SURE: Final = 0.6
# Even a short receipt has this many letters in words that the engine is sure of.
_LEGIBLE: Final = 40.0


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

    @property
    def sureness(self) -> float:
        """How sure (0..1) the engine is of a letter, on average; 0 of none."""
        letters = sum(len(word.text) for word in self.words)
        sure = sum(len(word.text) * word.confidence for word in self.words)
        return sure / letters if letters else 0.0

    @property
    def is_legible(self) -> bool:
        """Tell whether there is as much text in it as on a short receipt."""
        return self.legible >= _LEGIBLE


def best_turned(
    found: Recognised,
    recognise: Callable[[Image.Image], Recognised],
    turns: tuple[Image.Transpose, ...],
) -> Recognised:
    """Return what is found in the picture turned, where that makes far more sense."""
    best = max((recognise(found.picture.transpose(turn)) for turn in turns), key=_legible)
    # A picture without text is no better turned.
    return best if best.legible > max(2 * found.legible, _LEGIBLE) else found


def _legible(found: Recognised) -> float:
    return found.legible
