"""Small files of every type that is read, and what may become of one on its way."""

from __future__ import annotations

import base64
import io
import json
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from hypothesis import strategies as st
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from acuse_lab.documents.camera import scanned_pdf
from acuse_lab.documents.catalogue import sample
from acuse_lab.documents.fiscal_qr import qr_image

_LENGTHS: Final = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_ADDRESS: Final = "https://www.arca.gob.ar/fe/qr/?p=eyJ2ZXIiOjF9"
_FISCAL: Final = (
    "ver", "fecha", "cuit", "ptoVta", "tipoCmp", "nroCmp", "importe", "moneda", "ctz",
    "tipoDocRec", "nroDocRec", "tipoCodAut", "codAut",
)  # fmt: skip
# Headers are where decoders are led astray.
_HEAD: Final = 400
_SAVED: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "jpeg": ("JPEG", "RGB", {"quality": 60, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}),
    "jpeg in grey, progressive": ("JPEG", "L", {"progressive": True}),
    "jpeg for print": ("JPEG", "CMYK", {}),
    "png": ("PNG", "RGBA", {}),
    "png of a palette": ("PNG", "P", {"transparency": 3}),
    "png of 16 bits": ("PNG", "I;16", {}),
    "gif": ("GIF", "P", {}),
    "webp": ("WEBP", "RGB", {"quality": 60}),
    "webp without loss": ("WEBP", "RGBA", {"lossless": True}),
    "tiff": ("TIFF", "RGB", {}),
    "tiff by lzw": ("TIFF", "L", {"compression": "tiff_lzw", "tiffinfo": {274: 6}}),
    "tiff by deflate": ("TIFF", "RGBA", {"compression": "tiff_adobe_deflate"}),
    "tiff by jpeg": ("TIFF", "YCbCr", {"compression": "jpeg"}),
    "tiff of a fax": ("TIFF", "1", {"compression": "group4"}),
    "tiff of an older fax": ("TIFF", "1", {"compression": "group3"}),
}


@lru_cache(maxsize=1)
def seeds() -> dict[str, bytes]:
    """Return sound files by what they are."""
    return {
        **{name: _saved(*how) for name, how in _SAVED.items()},
        "gif that moves": _several("GIF"),
        "webp that moves": _several("WEBP"),
        "tiff of pages": _several("TIFF"),
        "png of a code": _png(qr_image(_ADDRESS, module=2)),
        "heic": sample("ticket-qr-heic").data,
        "pdf with text": _pdf(packed=False),
        "pdf with packed text": _pdf(packed=True),
        "pdf of a scan": scanned_pdf(_picture("L")),
    }


def _picture(mode: str) -> Image.Image:
    picture = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    ImageDraw.Draw(picture).text((8, 20), "TOTAL $ 12,50", fill=(10, 10, 10))
    if mode == "I;16":
        return picture.convert("L").convert("I").point(lambda tone: tone * 257).convert(mode)
    return picture.convert(mode)


def _saved(media: str, mode: str, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    _picture(mode).save(buffer, format=media, **options)
    return buffer.getvalue()


def _several(media: str) -> bytes:
    buffer = io.BytesIO()
    others = [_picture("RGB").rotate(90 * turn) for turn in (1, 2, 3)]
    _picture("RGB").save(buffer, format=media, save_all=True, append_images=others)
    return buffer.getvalue()


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _pdf(*, packed: bool) -> bytes:
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=(200, 120), pageCompression=int(packed))
    canvas.setFont("Helvetica", 9)
    for row, text in enumerate(("FACTURA B", "CUIT 30-99000001-4", "05/11/2026", "TOTAL $ 12,50")):
        canvas.drawString(10, 100 - 14 * row, text)
    canvas.drawImage(ImageReader(_picture("RGB")), 10, 10, 40, 20)
    canvas.save()
    return buffer.getvalue()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a file to which a few things happened."""
    content = bytearray(seeds()[draw(st.sampled_from(sorted(seeds())))])
    for happened in draw(st.lists(st.sampled_from(_HAPPENINGS), min_size=1, max_size=6)):
        if content:
            happened(draw, content)
    return bytes(content)


_ANYTHING: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.integers(), max_size=3),
    st.sampled_from(
        (20123456786, "30-71234567-1", "2026-11-05", "2026-02-31", "DOL", "PES", 1e308, -0.01, 6)
    ),
)


@st.composite
def fiscal_addresses(draw: st.DrawFn) -> str:
    """Return an address as of a fiscal QR, whose fields say anything."""
    fields = draw(st.dictionaries(st.sampled_from(_FISCAL), _ANYTHING))
    sound = {
        "ver": 1, "fecha": "2026-11-05", "cuit": 30990000014, "ptoVta": 3, "tipoCmp": 6,
        "nroCmp": 12345, "importe": 76799.9, "moneda": "PES", "ctz": 1, "codAut": 70417054367476,
    }  # fmt: skip
    whole = json.dumps({**sound, **fields} if draw(st.booleans()) else fields)
    packed = base64.b64encode(whole.encode()).decode()
    return f"https://www.arca.gob.ar/fe/qr/?p={packed}"


def _place(draw: st.DrawFn, content: bytearray) -> int:
    last = len(content) - 1
    return draw(st.one_of(st.integers(0, min(last, _HEAD)), st.integers(0, last)))


def _flip(draw: st.DrawFn, content: bytearray) -> None:
    content[_place(draw, content)] ^= 1 << draw(st.integers(0, 7))


def _overwrite(draw: st.DrawFn, content: bytearray) -> None:
    at = _place(draw, content)
    new = draw(st.binary(min_size=1, max_size=8))
    content[at : at + len(new)] = new


def _lengthen(draw: st.DrawFn, content: bytearray) -> None:
    """Write a number where a length or an offset may stand, in either order of bytes."""
    at, value = _place(draw, content), draw(st.sampled_from(_LENGTHS))
    form = draw(st.sampled_from(("<H", ">H", "<I", ">I")))
    size = struct.calcsize(form)
    content[at : at + size] = struct.pack(form, value & (2 ** (8 * size) - 1))


def _renumber(draw: st.DrawFn, content: bytearray) -> None:
    """Put another number in place of one that is written in digits, as PDF does."""
    places = list(_digits(content))
    if places:
        start, end = draw(st.sampled_from(places))
        content[start:end] = str(draw(st.sampled_from((-1, *_LENGTHS, 10**12)))).encode()


def _digits(content: bytearray) -> Iterator[tuple[int, int]]:
    start = None
    for at, byte in enumerate(content[:6000]):
        if 48 <= byte <= 57:
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None


def _cut(draw: st.DrawFn, content: bytearray) -> None:
    del content[_place(draw, content) :]


def _cut_out(draw: st.DrawFn, content: bytearray) -> None:
    at = _place(draw, content)
    del content[at : at + draw(st.integers(1, 200))]


def _repeat(draw: st.DrawFn, content: bytearray) -> None:
    at = _place(draw, content)
    part = content[at : at + draw(st.integers(1, 200))]
    content[at:at] = part * draw(st.integers(1, 50))


def _splice(draw: st.DrawFn, content: bytearray) -> None:
    """Put a part of another file in."""
    other = seeds()[draw(st.sampled_from(sorted(seeds())))]
    start = draw(st.integers(0, len(other) - 1))
    part = other[start : start + draw(st.integers(1, 500))]
    at = _place(draw, content)
    content[at : at + draw(st.integers(0, len(part)))] = part


_HAPPENINGS: Final[tuple[Callable[[st.DrawFn, bytearray], None], ...]] = (
    _flip, _flip, _overwrite, _lengthen, _lengthen, _renumber, _cut, _cut_out, _repeat, _splice,
)  # fmt: skip
