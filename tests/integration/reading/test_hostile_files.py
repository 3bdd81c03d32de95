"""Hostile, broken and oversized files end with the right code, and leave nothing behind."""

from __future__ import annotations

import asyncio
import io
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from acuse.errors import (
    AcuseError,
    DocumentBroken,
    DocumentProtected,
    DocumentTooBig,
    EngineMissing,
    MediaTypeUnsupported,
    ReadingCrashed,
    ReadingTimedOut,
)
from acuse_lab.documents.catalogue import sample
from acuse_workers.reading import sandbox
from acuse_workers.reading.limits import MIB, ReadingLimits
from acuse_workers.reading.sandbox import Reader
from support.processes import own_descendants


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that says it is huge and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def huge_gif() -> bytes:
    """Return a GIF of 65535 x 65535 pixels in 40 bytes."""
    size = b"\xff\xff\xff\xff"
    return b"GIF89a" + size + b"\0\0\0" + b",\0\0\0\0" + size + b"\0" + b"\x08\x01\x00\x00;"


def pdf(*, pages: int = 1, size: float = 300.0, password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword="owner") if password else None
    canvas = Canvas(buffer, pagesize=(size, size), encrypt=lock)
    for number in range(pages):
        canvas.drawString(20, 200, f"page {number} of a long document")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def image(media: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((400, 400), 90).save(buffer, format=media)
    return buffer.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], type[AcuseError]]] = {
    "empty": (lambda: b"", DocumentBroken),
    "text": (lambda: b"Hola, te mando el comprobante", MediaTypeUnsupported),
    "zip": (lambda: b"PK\x03\x04" + b"\0" * 200, MediaTypeUnsupported),
    "tiff": (lambda: image("TIFF"), MediaTypeUnsupported),
    "huge png": (lambda: png_header(30_000, 30_000), DocumentTooBig),
    "huge gif": (huge_gif, DocumentTooBig),
    "just over the warning": (lambda: png_header(8_000, 6_000), DocumentTooBig),
    "cut jpeg": (lambda: sample("ticket").data[:20_000], DocumentBroken),
    "cut png": (lambda: image("PNG")[:5_000], DocumentBroken),
    "cut webp": (lambda: sample("ticket-webp").data[:5_000], DocumentBroken),
    "cut heic": (lambda: sample("ticket-qr-heic").data[:3_000], DocumentBroken),
    "jpeg of zeros": (lambda: b"\xff\xd8\xff" + b"\0" * 5_000, DocumentBroken),
    "cut pdf": (lambda: sample("factura-b").data[:300], DocumentBroken),
    "pdf of zeros": (lambda: b"%PDF-1.7\n" + b"\0" * 5_000, DocumentBroken),
    "huge page": (lambda: pdf(size=14_400.0), DocumentTooBig),
    "200 pages": (lambda: pdf(pages=200), DocumentTooBig),
    "password": (lambda: pdf(password="secret"), DocumentProtected),
}


def wait_for_a_child(others: set[int]) -> None:
    """Return once this process has a child besides the others."""
    deadline = time.monotonic() + 30
    while own_descendants() <= others:
        assert time.monotonic() < deadline


@pytest.fixture(autouse=True)
def others() -> Iterator[set[int]]:
    """Yield the processes of the whole run; fail a test whose reader left one behind."""
    before = own_descendants()
    yield before
    assert own_descendants() <= before


@pytest.mark.parametrize(("make", "error"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_file_ends_with_its_code(
    make: Callable[[], bytes], error: type[AcuseError], tmp_path: Path
) -> None:
    path = tmp_path / "document.jpg"
    path.write_bytes(make())

    with pytest.raises(error) as caught:
        await Reader(ReadingLimits(seconds=60)).read(path)

    assert type(caught.value) is error
    assert str(path) not in str(caught.value)


async def test_an_animated_gif_is_read_by_its_first_frame(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(sample("transfer-gif").data)) as first:
        frames = [Image.effect_noise(first.size, 80).convert("P") for _ in range(3)]
        first.save(tmp_path / "moving.gif", save_all=True, append_images=frames)

    reading = await Reader().read(tmp_path / "moving.gif")

    assert reading.amount is not None
    assert f"{reading.amount.value:.2f}" == sample("transfer-gif").truth["amount"]


async def test_reading_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)

    with pytest.raises(ReadingTimedOut):
        await Reader(ReadingLimits(seconds=0.3)).read(path)


async def test_a_caller_that_gives_up_takes_the_child_along(
    tmp_path: Path, others: set[int]
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    reading = asyncio.create_task(Reader().read(path))
    await asyncio.to_thread(wait_for_a_child, others)

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_a_document_that_needs_too_much_memory_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (6_000, 6_000), 255).save(path)

    with pytest.raises(ReadingCrashed):
        await Reader(ReadingLimits(memory_bytes=160 * MIB)).read(path)


CHILDREN = {
    "endless loop": ("while True: pass", ReadingTimedOut),
    "endless answer": ("import os\nwhile True: os.write(1, b'x' * 65536)", ReadingCrashed),
    "killed": ("import os\nos.kill(os.getpid(), 9)", ReadingCrashed),
    "no answer": ("pass", ReadingCrashed),
    "wrong answer": ("print('{\"reading\": 1}')", ReadingCrashed),
    "grandchildren": (
        "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)",
        ReadingTimedOut,
    ),
}


@pytest.mark.parametrize(("program", "error"), CHILDREN.values(), ids=CHILDREN)
async def test_a_child_that_was_taken_over_is_contained(
    program: str, error: type[AcuseError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_CHILD", (sys.executable, "-I", "-c", program))

    with pytest.raises(error):
        await Reader(ReadingLimits(seconds=1.5)).read(tmp_path / "any")


async def test_the_child_sees_no_secret_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    program = f"import os\nopen({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setenv("ACUSE_DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(sandbox, "_CHILD", (sys.executable, "-I", "-c", program))

    with pytest.raises(ReadingCrashed):
        await Reader().read(tmp_path / "any")

    assert "secret" not in seen.read_text()


async def test_a_missing_engine_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineMissing, match="tesseract-ocr-spa"):
        await Reader().read(path)


async def test_a_missing_language_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))

    with pytest.raises(EngineMissing, match="tesseract-ocr-spa"):
        await Reader().read(path)
