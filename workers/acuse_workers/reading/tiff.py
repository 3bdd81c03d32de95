"""TIFF files: which pages there are, told from their directories before any decoder sees them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from acuse.errors import DocumentBroken, DocumentTooBig, MediaTypeUnsupported
from acuse_workers.reading.limits import ReadingLimits

_KIND_OF_PAGE: Final = 254
_WIDTH: Final = 256
_HEIGHT: Final = 257
_COMPRESSION: Final = 259
_TILE: Final = (322, 323)
# Bits of a page's kind: a smaller copy of another page, and which parts of one are transparent.
_COPY_OR_MASK: Final = 0b101
# What scanners, telephones and fax machines write; each further kind is one decoder more.
_COMPRESSIONS: Final = {
    1: "none", 2: "CCITT", 3: "fax 3", 4: "fax 4", 5: "LZW", 7: "JPEG", 8: "deflate",
    32773: "PackBits", 32946: "old deflate",
}  # fmt: skip
_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SHORT: Final = 3
_INLINE: Final = 4
_ENTRY: Final = 12
_MOST_TAGS: Final = 512
# Enough strips for a page of any allowed size; each number is an object of its own to Pillow.
_MOST_NUMBERS: Final = 200_000


@dataclass(frozen=True, slots=True)
class _Directory:
    """One page as its directory tells it: the first value of each tag that is kept in place."""

    values: Mapping[int, int]
    following: int


def page_frames(path: Path, limits: ReadingLimits) -> tuple[int, ...]:
    """Return the place of each page among the file's pictures, from 0.

    Raises a Refused error where the pages are too many or too large, are compressed in a way that
    is not read, or their directories make no sense. No picture is decoded.
    """
    with path.open("rb") as file:
        pages = tuple(_directories(file, os.fstat(file.fileno()).st_size, limits))
    for page in pages:
        _check(page, limits)
    shown = [
        n for n, page in enumerate(pages) if not page.values.get(_KIND_OF_PAGE, 0) & _COPY_OR_MASK
    ]
    return tuple(shown) or tuple(range(len(pages)))


def _check(page: _Directory, limits: ReadingLimits) -> None:
    compression = page.values.get(_COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise MediaTypeUnsupported(
            f"the TIFF is compressed by kind {compression}; these are read:"
            f" {', '.join(_COMPRESSIONS.values())}"
        )
    for across, down in ((_WIDTH, _HEIGHT), _TILE):
        width, height = page.values.get(across, 0), page.values.get(down, 0)
        if width * height > limits.max_pixels:
            raise DocumentTooBig(f"a page of the TIFF has {width} x {height} pixels")


def _directories(file: BinaryIO, size: int, limits: ReadingLimits) -> Iterator[_Directory]:
    """Yield the directories in the order in which they follow each other."""
    order = "<" if file.read(4)[:2] == b"II" else ">"
    at = _number(file, f"{order}I")
    seen: set[int] = set()
    while at:
        if at in seen:
            raise DocumentBroken("the pages of the TIFF follow each other in a circle")
        if len(seen) == limits.max_pages:
            raise DocumentTooBig(f"the TIFF has more than {limits.max_pages} pages")
        seen.add(at)
        file.seek(at)
        page = _directory(file, order, size)
        yield page
        at = page.following
    if not seen:
        raise DocumentBroken("the TIFF has no pages")


def _directory(file: BinaryIO, order: str, size: int) -> _Directory:
    tags = _number(file, f"{order}H")
    if not 0 < tags <= _MOST_TAGS:
        raise DocumentBroken(f"a page of the TIFF has {tags} tags")
    values: dict[int, int] = {}
    elsewhere = 0
    for _ in range(tags):
        entry = _taken(file, _ENTRY)
        tag, kind, count = struct.unpack_from(f"{order}HHI", entry)
        needed = _BYTES.get(kind, 1) * count
        if count > _MOST_NUMBERS and _BYTES.get(kind, 1) > 1:
            raise DocumentBroken(f"a tag of the TIFF has {count} numbers")
        elsewhere += needed if needed > _INLINE else 0
        form = f"{order}H" if kind == _SHORT else f"{order}I"
        (values[tag],) = struct.unpack_from(form, entry, _ENTRY - _INLINE)
    if elsewhere > size:
        raise DocumentBroken("the tags of the TIFF say more than the file holds")
    return _Directory(values, _number(file, f"{order}I"))


def _number(file: BinaryIO, form: str) -> int:
    number: int = struct.unpack(form, _taken(file, struct.calcsize(form)))[0]
    return number


def _taken(file: BinaryIO, wanted: int) -> bytes:
    content = file.read(wanted)
    if len(content) < wanted:
        raise DocumentBroken("the TIFF ends in the middle of a page's tags")
    return content
