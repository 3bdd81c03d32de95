"""SHA-256 as Meta writes it: base64 in a webhook, hexadecimal in the answer to a media GET."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{43}=?")


def normalise_sha256(text: str | None) -> str | None:
    """Return a digest as lower-case hex, from hex or base64; None when it is neither."""
    if text is None:
        return None
    text = text.strip()
    if _HEX.fullmatch(text):
        return text.lower()
    if not _BASE64.fullmatch(text):
        return None
    standard = text.rstrip("=").replace("-", "+").replace("_", "/") + "="
    try:
        return base64.b64decode(standard, validate=True).hex()
    except binascii.Error:
        return None
