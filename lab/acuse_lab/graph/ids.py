"""Identifiers that look like Meta's."""

from __future__ import annotations

import base64
import re
import secrets

# 2 letters of a country, then up to 128 letters and digits; a parent's has ENT between.
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_PHONE_DIGITS = range(7, 16)
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-.]{4,24}")


def message_id(party: str, *, inbound: bool) -> str:
    """Return a new wamid; like Meta's it holds the other party's number and a random mark."""
    who = party.encode()[:32]
    mark = ("3A" + secrets.token_hex(9) if inbound else secrets.token_hex(9)).upper().encode()
    direction = 0x12 if inbound else 0x11
    raw = b"\x1c\x18" + bytes([len(who)]) + who
    raw += bytes([0x15, 0x02, 0x00, direction, 0x18, len(mark)]) + mark + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()


def media_id() -> str:
    """Return a new media id: 16 digits."""
    return str(10**15 + secrets.randbelow(9 * 10**15))


def is_user_id(text: str) -> bool:
    """Say whether `text` is a business-scoped user id."""
    return _USER_ID.fullmatch(text) is not None


def wa_id(text: str) -> str | None:
    """Return the digits of a phone number written in any way Meta takes, or None."""
    if _PHONE.fullmatch(text) is None:
        return None
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) in _PHONE_DIGITS else None
