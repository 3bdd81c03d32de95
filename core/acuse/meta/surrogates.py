r"""Half a surrogate pair (`\ud83d` alone) is legal JSON that no Unicode text can hold.

Meta can send one, where a name or a text was cut in the middle of an emoji. The decoder refuses it
even in what it only passes over, so such escapes are masked for decoding and put back afterwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# One escape of a JSON string at a time, so that a backslash that is itself escaped starts nothing.
_ESCAPE: Final = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
# Noncharacters: no text of a person has them, let alone all sixteen.
_MASKS: Final = tuple(rf"\ufdd{digit}".encode() for digit in "0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Masked:
    """A body whose halves are masked: `mask` followed by the half's four digits stands for each."""

    body: bytes
    mask: bytes

    def restored(self, part: bytes) -> bytes:
        """Return a part of the body as it was before masking."""
        return part.replace(self.mask, rb"\u")


def mask(body: bytes) -> Masked | None:
    """Return the body with every half of a pair masked; None when there is none to mask."""
    found = next((mask for mask in _MASKS if mask not in body.lower()), None)
    if found is None:
        return None
    token: bytes = found

    def masked(match: re.Match[bytes]) -> bytes:
        half = match["half"]
        return match[0] if half is None else token + half[len(rb"\u") :]

    text = _ESCAPE.sub(masked, body)
    return None if text == body else Masked(text, token)
