"""How large a media may be: Meta's own limit for its kind, or ours where that is lower."""

from __future__ import annotations

from typing import Final

from acuse.errors import MediaTypeUnsupported

_MIB: Final = 1024 * 1024
# Bytes, by type of message (business-messaging/whatsapp/business-phone-numbers/media). Meta counts
# decimal or binary megabytes without saying which; the larger is taken.
META_LIMITS: Final = {
    "image": 5 * _MIB,
    "sticker": 500 * 1024,
    "document": 100 * _MIB,
    "audio": 16 * _MIB,
    "video": 16 * _MIB,
}


def largest(kind: str, *, ours: int) -> int:
    """Return the limit in bytes for a type of message; raise MediaTypeUnsupported without one."""
    limit = META_LIMITS.get(kind)
    if limit is None:
        raise MediaTypeUnsupported("messages of this type have no media")
    return min(limit, ours)
