"""Text made comparable: capitals without accents, position by position as the original."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SAME_LENGTH = {"ß": "S", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "º": "O", "°": "O", "ª": "A"}


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return `text` in capitals without accents; every character keeps its position."""
    return "".join(_fold_one(char) for char in text)


def _fold_one(char: str) -> str:
    if char.isascii():
        return char.upper()
    if char in _SAME_LENGTH:
        return _SAME_LENGTH[char]
    if char.isspace():
        return " "
    first = unicodedata.normalize("NFKD", char)[:1].upper()
    return first if len(first) == 1 else char
