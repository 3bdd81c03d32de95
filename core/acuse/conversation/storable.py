"""Text that PostgreSQL can hold: its text columns take neither NUL nor half a surrogate pair."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str | None, *, longest: int = 65_536) -> str | None:
    """Return the text with what cannot be kept replaced, cut at `longest`; None for no text."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text[:longest]) if text else None
