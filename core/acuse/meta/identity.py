"""What makes an update the same update when it comes again, and which updates keep their order."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from acuse.meta.wire import DECODE_ERRORS

# Ids longer than this are hashed: the table's key and its indexes have room for 512 characters.
_LONGEST: Final = 400
# Decimal digits of a Unix time in seconds, until the year 2286.
_TIME_DIGITS: Final = 10
_OLDEST: Final = datetime(2009, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)


def usable(value: str | None) -> str | None:
    """Return what can be a column's value; None when it is empty, too long or unprintable."""
    return value if value and len(value) <= _LONGEST and value.isprintable() else None


def stable(value: str) -> str:
    """Return `value` itself if it can be a key, else its hash."""
    if usable(value) is not None:
        return value
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def mark(person: str) -> str:
    """Return what tells people apart in an id without naming them: 16 hex digits of the sha256."""
    return hashlib.sha256(person.encode()).hexdigest()[:16]


def hashed(*parts: bytes) -> str:
    """Return the id of an update that has none: the hash of what it says and where it came from."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def canonical(raw: bytes) -> bytes:
    """Return JSON with keys in order and no spaces; the same bytes where that cannot be done."""
    try:
        return msgspec.json.encode(msgspec.json.decode(raw), order="deterministic")
    except DECODE_ERRORS:
        return raw


def moment(raw: bytes, *, received_at: datetime) -> datetime:
    """Return the time that Unix seconds (text or number) say; `received_at` when it is nonsense.

    Nonsense is anything before WhatsApp was, or over a day after the receipt.
    """
    digits = raw.strip(b'"')
    if not digits.isdigit() or len(digits) > _TIME_DIGITS:
        return received_at
    said = datetime.fromtimestamp(int(digits), tz=UTC)
    return said if _OLDEST <= said <= received_at + _AHEAD else received_at
