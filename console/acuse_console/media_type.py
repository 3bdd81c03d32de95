"""What a file is, by its first bytes: what a sender or Meta called it is not to be trusted."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = ("application/octet-stream", "bin")
_STARTS: Final = (
    (b"\xff\xd8\xff", ("image/jpeg", "jpg")),
    (b"\x89PNG\r\n\x1a\n", ("image/png", "png")),
    (b"GIF87a", ("image/gif", "gif")),
    (b"GIF89a", ("image/gif", "gif")),
    (b"II*\0", ("image/tiff", "tiff")),
    (b"MM\0*", ("image/tiff", "tiff")),
    (b"%PDF-", ("application/pdf", "pdf")),
)
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
)
SAFE: Final = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/heic",
    "image/tiff",
    "application/pdf",
    UNKNOWN[0],
)


def media_type(start: bytes) -> tuple[str, str]:
    """Return the media type and file ending of a document that starts so; no active type is one."""
    for magic, found in _STARTS:
        if start.startswith(magic):
            return found
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp", "webp"
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
        return "image/heic", "heic"
    return UNKNOWN
