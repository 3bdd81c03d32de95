"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import stat
from enum import StrEnum
from pathlib import Path

from acuse.errors import DocumentBroken, DocumentTooBig, MediaTypeUnsupported

_HEAD_BYTES = 1024
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class MediaType(StrEnum):
    """The file types that Acuse reads; the value is Pillow's name of the format."""

    JPEG = "JPEG"
    PNG = "PNG"
    GIF = "GIF"
    WEBP = "WEBP"
    HEIF = "HEIF"
    TIFF = "TIFF"
    PDF = "PDF"


def sniff_file(path: Path, *, max_bytes: int) -> MediaType:
    """Return the type of a file of allowed size; raise a Refused error that says what is wrong."""
    try:
        found = path.stat()
        # A pipe or a device would be waited for.
        if not stat.S_ISREG(found.st_mode):
            raise DocumentBroken("it is not a file that can be read")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as exc:
        raise DocumentBroken(f"the file cannot be opened: {exc.strerror}") from exc
    size = found.st_size
    if size == 0:
        raise DocumentBroken("the file is empty")
    if size > max_bytes:
        raise DocumentTooBig(f"the file has {size} bytes; at most {max_bytes} are read")
    return sniff(head)


def sniff(head: bytes) -> MediaType:
    """Return the type that the first bytes show; raise MediaTypeUnsupported for any other."""
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return MediaType.GIF
    # A BigTIFF starts otherwise: it is for files of more than 4 GiB.
    if head.startswith((b"II*\0", b"MM\0*")):
        return MediaType.TIFF
    return _sniff_boxed(head)


def _sniff_boxed(head: bytes) -> MediaType:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return MediaType.HEIF
    # Some producers write a few bytes before the header; readers accept it within 1 KiB.
    if b"%PDF-" in head:
        return MediaType.PDF
    raise MediaTypeUnsupported("only JPEG, PNG, GIF, WebP, HEIC, TIFF and PDF are read")
