"""Files that somebody might send who means no good, or whose telephone broke them."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from acuse.errors import (
    AcuseError,
    DocumentBroken,
    DocumentProtected,
    DocumentTooBig,
    MediaTypeUnsupported,
)
from acuse_lab.documents.catalogue import sample
from support import hostile_tiffs

_PNG = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, data: bytes, *, crc: int | None = None) -> bytes:
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(
    width: int,
    height: int,
    *,
    rows: bytes = b"\0" * 100_000,
    extra: bytes = b"",
    crc: int | None = None,
) -> bytes:
    """Return a PNG that says it has this size, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = _chunk(b"IHDR", header, crc=crc) + extra
    return _PNG + body + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def huge_gif() -> bytes:
    """Return a GIF of 65535 x 65535 pixels in 40 bytes."""
    size = b"\xff\xff\xff\xff"
    return b"GIF89a" + size + b"\0\0\0" + b",\0\0\0\0" + size + b"\0" + b"\x08\x01\x00\x00;"


def jpeg_header(width: int, height: int) -> bytes:
    """Return a JPEG that says it has this size and ends there."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0"
        + struct.pack(">H", 11)
        + frame
    )


def webp_canvas(width: int, height: int) -> bytes:
    """Return a WebP whose canvas has this size and no picture."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(
    *, pages: int = 1, size: float = 300.0, password: str | None = None, text: str = ""
) -> bytes:
    """Return a PDF of so many square pages."""
    buffer = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword="owner") if password else None
    canvas = Canvas(buffer, pagesize=(size, size), encrypt=lock)
    for number in range(pages):
        canvas.drawString(20, 200, text or f"page {number} of a long document")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def raw_pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of these objects, numbered from 1, with a sound cross-reference table."""
    out, places = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += (
        b"trailer\n<< /Size %d " % (len(objects) + 1)
        + trailer
        + b" >>\nstartxref\n%d\n%%%%EOF" % start
    )
    return bytes(out)


def stream(content: bytes, extra: bytes = b"") -> bytes:
    """Return a compressed stream."""
    packed = zlib.compress(content, 9)
    return (
        b"<< /Length %d /Filter /FlateDecode " % len(packed)
        + extra
        + b">>\nstream\n"
        + packed
        + b"\nendstream"
    )


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def page(more: bytes = b"", box: bytes = b"[0 0 300 300]") -> bytes:
    """Return a page that shows object 4."""
    return b"<< /Type /Page /Parent 2 0 R /MediaBox " + box + b" /Contents 4 0 R " + more + b">>"


def one_page(*more: bytes, page_: bytes | None = None, catalogue: bytes = CATALOGUE) -> bytes:
    """Return a PDF of one page; `more` are its objects from the fourth on."""
    return raw_pdf(catalogue, PAGES, page() if page_ is None else page_, *more)


def image(media: str) -> bytes:
    """Return noise in a format of Pillow's."""
    buffer = io.BytesIO()
    Image.effect_noise((400, 400), 90).save(buffer, format=media)
    return buffer.getvalue()


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"\0" * 20_000_000)
    return buffer.getvalue()


_XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (c + 1, b"&%c;" % c * 10) for c in range(97, 106))
    + b"]><svg>&j;</svg>"
)
_UNKNOWN: dict[str, bytes] = {
    "text": b"Hola, te mando el comprobante",
    "one byte": b"\xff",
    "zip": b"PK\x03\x04" + b"\0" * 200,
    "an svg that explodes": _XML_BOMB,
    "html with a script": b"<html><script>alert(1)</script></html>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file",
    "windows program": b"MZ" + b"\x90" * 500,
    "linux program": b"\x7fELF" + b"\0" * 500,
    "photoshop": b"8BPS\0\1" + b"\0" * 500,
    "icon": b"\0\0\1\0\1\0" + b"\0" * 500,
    "rar": b"Rar!\x1a\x07\x01\0" + b"\0" * 500,
    "seven zip": b"7z\xbc\xaf\x27\x1c" + b"\0" * 500,
    "video": b"\0\0\0\x18ftypmp42" + b"\0" * 500,
    "audio": b"OggS" + b"\0" * 500,
    "matroska": b"\x1a\x45\xdf\xa3" + b"\0" * 500,
    "shell script": b"#!/bin/sh\nrm -rf /\n",
}

# What each is, and the error that it ends with.
REFUSED: dict[str, tuple[Callable[[], bytes], type[AcuseError]]] = {
    **{name: (partial(bytes, data), MediaTypeUnsupported) for name, data in _UNKNOWN.items()},
    "empty": (lambda: b"", DocumentBroken),
    "bmp": (lambda: image("BMP"), MediaTypeUnsupported),
    "gzip bomb": (lambda: gzip.compress(b"\0" * 20_000_000), MediaTypeUnsupported),
    "zip bomb": (_zip_bomb, MediaTypeUnsupported),
    "huge png": (lambda: png(30_000, 30_000), DocumentTooBig),
    "png of the largest size": (lambda: png(2**31 - 1, 2**31 - 1), DocumentTooBig),
    "huge gif": (huge_gif, DocumentTooBig),
    "huge jpeg": (lambda: jpeg_header(65_500, 65_500), DocumentTooBig),
    "huge webp": (lambda: webp_canvas(16_384, 16_384), DocumentTooBig),
    "just over the warning": (lambda: png(8_000, 6_000), DocumentTooBig),
    "png of no width": (lambda: png(0, 5), DocumentBroken),
    "png with a wrong sum": (lambda: png(50, 50, crc=1), DocumentBroken),
    "png without its rows": (lambda: png(3_000, 3_000, rows=b""), DocumentBroken),
    "png that is its magic": (lambda: _PNG, DocumentBroken),
    "png with a text that explodes": (
        lambda: png(10, 10, extra=_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))),
        DocumentBroken,
    ),
    "cut jpeg": (lambda: sample("ticket").data[:20_000], DocumentBroken),
    "cut png": (lambda: image("PNG")[:5_000], DocumentBroken),
    "cut gif": (lambda: sample("transfer-gif").data[:800], DocumentBroken),
    "cut webp": (lambda: sample("ticket-webp").data[:5_000], DocumentBroken),
    "cut heic": (lambda: sample("ticket-qr-heic").data[:3_000], DocumentBroken),
    "heic that is its magic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", DocumentBroken),
    "heic of zeros": (
        lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 5_000,
        DocumentBroken,
    ),
    "jpeg of zeros": (lambda: b"\xff\xd8\xff" + b"\0" * 5_000, DocumentBroken),
    "jpeg that is its magic": (lambda: b"\xff\xd8\xff\xe0", DocumentBroken),
    "jpeg named by another's magic": (lambda: b"GIF89a" + sample("ticket").data, DocumentTooBig),
    "cut pdf": (lambda: sample("factura-b").data[:300], DocumentBroken),
    "pdf of zeros": (lambda: b"%PDF-1.7\n" + b"\0" * 5_000, DocumentBroken),
    "pdf that is its magic": (lambda: b"%PDF-", DocumentBroken),
    "pdf without pages": (
        lambda: raw_pdf(CATALOGUE, b"<< /Type /Pages /Kids [] /Count 0 >>"),
        DocumentBroken,
    ),
    "pdf whose pages hold themselves": (
        lambda: raw_pdf(CATALOGUE, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
        DocumentBroken,
    ),
    "huge page": (lambda: pdf(size=14_400.0), DocumentTooBig),
    "200 pages": (lambda: pdf(pages=200), DocumentTooBig),
    "10,000 pages": (lambda: pdf(pages=10_000), DocumentTooBig),
    "password": (lambda: pdf(password="secret"), DocumentProtected),
    **hostile_tiffs.REFUSED,
}

# Read or refused with any code: what counts is that it ends, within its bounds.
_RECURSIVE = (
    b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 300] /Length 5"
    b" /Resources << /XObject << /X 5 0 R >> >> >>\nstream\n/X Do\nendstream"
)
ENDS: dict[str, Callable[[], bytes]] = {
    "pdf with a script": lambda: one_page(
        stream(b""),
        catalogue=b"<< /Type /Catalog /Pages 2 0 R"
        b" /OpenAction << /S /JavaScript /JS (while(1){}) >> >>",
    ),
    "pdf that starts a program": lambda: one_page(
        stream(b""),
        catalogue=b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/sh) >> >>",
    ),
    "pdf whose content explodes": lambda: one_page(stream(b"q Q " * 20_000_000)),
    "pdf whose form holds itself": lambda: one_page(
        stream(b"/X Do"), _RECURSIVE, page_=page(b"/Resources << /XObject << /X 5 0 R >> >> ")
    ),
    "pdf with an image that explodes": lambda: one_page(
        stream(b"300 0 0 300 0 0 cm /I Do"),
        stream(
            b"\0" * 60_000_000,
            b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8"
            b" /ColorSpace /DeviceGray ",
        ),
        page_=page(b"/Resources << /XObject << /I 5 0 R >> >> "),
    ),
    "pdf with a font of nonsense": lambda: one_page(
        stream(b"BT /F 12 Tf 20 200 Td (TOTAL 12,00) Tj ET"),
        b"<< /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor 6 0 R"
        b" /FirstChar 0 /LastChar 255 >>",
        b"<< /Type /FontDescriptor /FontName /X /Flags 4 /FontFile2 7 0 R >>",
        stream(b"\0\1\0\0" + bytes(range(256)) * 40),
        page_=page(b"/Resources << /Font << /F 5 0 R >> >> "),
    ),
    "pdf with letters a mile high": lambda: one_page(
        stream(b"BT /F 1e30 Tf (TOTAL 12,00) Tj ET"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        page_=page(b"/Resources << /Font << /F 5 0 R >> >> "),
    ),
    "pdf with a page without an end": lambda: one_page(
        stream(b""), page_=page(box=b"[0 0 1e9 1e9]")
    ),
    "pdf of deep lists": lambda: one_page(stream(b"[" * 200_000 + b"]" * 200_000)),
    "pdf that refers to itself": lambda: raw_pdf(
        CATALOGUE, PAGES, page(), stream(b""), trailer=b"/Root 1 0 R /Prev 9"
    ),
    "pdf with a page turned inside out": lambda: one_page(
        stream(b""), page_=page(box=b"[300 300 -300 -300]")
    ),
    "pdf with 100,000 words": lambda: one_page(
        stream(b"BT /F 9 Tf " + b"1 0 0 1 9 9 Tm (1.234,56 TOTAL) Tj " * 50_000 + b"ET"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        page_=page(b"/Resources << /Font << /F 5 0 R >> >> "),
    ),
    **hostile_tiffs.ENDS,
}
