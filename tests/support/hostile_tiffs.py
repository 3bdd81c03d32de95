"""TIFF files made by hand: directories that no scanner would write."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PIL import Image

from acuse.errors import AcuseError, DocumentBroken, DocumentTooBig, MediaTypeUnsupported

_WIDTH: Final = 256
_COMPRESSION: Final = 259
_STRIPS: Final = 273
_PAGE: Final = {
    256: 40, 257: 40, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 40, 279: 1600
}  # fmt: skip
_START: Final = 8 + 40 * 40


def directory(
    tags: Mapping[int, int], *, following: int = 0, more: Sequence[tuple[int, int, int, int]] = ()
) -> bytes:
    """Return a directory of these tags, and of `more` with their types and counts."""
    entries = [*((tag, 4, 1, value) for tag, value in tags.items()), *more]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def tiff(
    tags: Mapping[int, int] | None = None,
    *,
    following: int = 0,
    more: Sequence[tuple[int, int, int, int]] = (),
) -> bytes:
    """Return a TIFF of one grey page, with other tags where they are given."""
    page = directory({**_PAGE, **(tags or {})}, following=following, more=more)
    return b"II*\0" + struct.pack("<I", _START) + b"\x80" * 1600 + page


def pages(count: int) -> bytes:
    """Return a TIFF of so many pages, each of which shows the same grey."""
    size = len(directory(_PAGE))
    follow = (_START + size * number for number in range(1, count + 1))
    whole = b"".join(directory(_PAGE, following=at) for at in follow)
    return b"II*\0" + struct.pack("<I", _START) + b"\x80" * 1600 + whole[:-4] + bytes(4)


def saved(compression: str, *, mode: str = "L") -> bytes:
    """Return noise as Pillow writes it, compressed so."""
    buffer = io.BytesIO()
    noise = Image.effect_noise((400, 400), 90).convert(mode)
    noise.save(buffer, format="TIFF", compression=compression)
    return buffer.getvalue()


def _broken_strip() -> bytes:
    whole = bytearray(saved("tiff_lzw"))
    whole[len(whole) // 2 : len(whole) // 2 + 400] = b"\xff" * 400
    return bytes(whole)


REFUSED: Final[dict[str, tuple[Callable[[], bytes], type[AcuseError]]]] = {
    "bigtiff": (lambda: b"II+\0\x08\0\0\0" + b"\0" * 500, MediaTypeUnsupported),
    "tiff that is its magic": (lambda: b"II*\0", DocumentBroken),
    "tiff of zeros": (lambda: b"MM\0*" + b"\0" * 5_000, DocumentBroken),
    "tiff without an end": (lambda: b"II*\0\xff\xff\xff\xff", DocumentBroken),
    "tiff whose page follows itself": (lambda: tiff(following=_START), DocumentBroken),
    "tiff whose pages are in its header": (lambda: tiff(following=4), DocumentBroken),
    "tiff of 10,000 pages": (lambda: pages(10_000), DocumentTooBig),
    "tiff of 21 pages": (lambda: pages(21), DocumentTooBig),
    "huge tiff": (lambda: tiff({256: 60_000, 257: 60_000}), DocumentTooBig),
    "tiff with a huge tile": (lambda: tiff({322: 2**31, 323: 2**31}), DocumentTooBig),
    "tiff with 65,535 tags": (
        lambda: b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\0" * 12 * 65_535,
        DocumentBroken,
    ),
    "tiff with a tag that explodes": (
        lambda: tiff(more=[(40_000, 12, 2**31 - 1, 8)]),
        DocumentBroken,
    ),
    "tiff with tags that hold each other": (
        lambda: tiff(more=[(40_000 + n, 1, 1_500, 8) for n in range(100)]),
        DocumentBroken,
    ),
    "tiff by jbig": (lambda: tiff({_COMPRESSION: 34_661}), MediaTypeUnsupported),
    "tiff by old jpeg": (lambda: tiff({_COMPRESSION: 6}), MediaTypeUnsupported),
    "tiff by nobody knows what": (lambda: tiff({_COMPRESSION: 12_345}), MediaTypeUnsupported),
    "tiff whose strip is elsewhere": (lambda: tiff({_STRIPS: 2**31}), DocumentBroken),
    "tiff of no width": (lambda: tiff({_WIDTH: 0}), DocumentBroken),
    "cut tiff": (lambda: saved("tiff_lzw")[:2_000], DocumentBroken),
    "tiff with a damaged strip": (_broken_strip, DocumentBroken),
}

# Read or refused with any code: what counts is that it ends, within its bounds.
ENDS: Final[dict[str, Callable[[], bytes]]] = {
    "tiff with letters of a fax that are noise": lambda: tiff({258: 1, _COMPRESSION: 4}),
    "tiff that says jpeg and is none": lambda: tiff({_COMPRESSION: 7}),
    "tiff of many bits": lambda: tiff({258: 64}),
    "tiff of many samples": lambda: tiff({277: 65_535}),
    "tiff of one row a strip": lambda: tiff({278: 1}),
    "tiff of the largest width": lambda: tiff({256: 2**31 - 1, 257: 1}),
    "tiff turned in no way": lambda: tiff({274: 77}),
    "tiff whose exif is itself": lambda: tiff({34_665: _START, 34_853: _START}),
}
