"""What goes between the child that decodes a file and the recogniser: pixels there, text back.

The recogniser itself is started with one line of Orders. A message is one line of JSON; a
question's is followed by its pixels, one byte each, row by row.
"""

from __future__ import annotations

import msgspec

# More than any picture has that is shown to an engine, on its longer side.
LONGEST_SIDE = 4096
LONGEST_LINE = 1024 * 1024


class Orders(msgspec.Struct, frozen=True):
    """What a recogniser is started with: where sockets come from, and what it may cost."""

    control: int
    memory_bytes: int
    seconds: float


class Shown(msgspec.Struct, frozen=True):
    """How many pixels follow: grey ones, of a picture of this size."""

    width: int
    height: int

    @property
    def is_sound(self) -> bool:
        """Tell whether it is a picture that may be asked for."""
        return 0 < self.width <= LONGEST_SIDE and 0 < self.height <= LONGEST_SIDE


class Spotted(msgspec.Struct, frozen=True):
    """A line of text, how sure (0..1) the engine is of its letters, and its four corners.

    The corners are (x, y) in pixels, clockwise from where its first letter begins at the top.
    """

    text: str
    confidence: float
    corners: tuple[
        tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
    ]


class Spots(msgspec.Struct, frozen=True):
    """All that was found in one picture."""

    lines: tuple[Spotted, ...]
