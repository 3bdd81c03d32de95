"""A file is what its first bytes say, whatever its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuse.errors import DocumentBroken, DocumentTooBig, MediaTypeUnsupported
from acuse_workers.reading.media_type import MediaType, sniff, sniff_file

HEADS = {
    MediaType.JPEG: b"\xff\xd8\xff\xe0\x00\x10JFIF",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    MediaType.GIF: b"GIF89a\x01\x00",
    MediaType.WEBP: b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    MediaType.HEIF: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    MediaType.TIFF: b"II*\x00\x08\x00\x00\x00",
    MediaType.PDF: b"%PDF-1.7\n",
}


@pytest.mark.parametrize(("media", "head"), HEADS.items(), ids=HEADS)
def test_each_type_is_known_by_its_bytes(media: MediaType, head: bytes) -> None:
    assert sniff(head) is media


def test_a_tiff_may_be_in_either_order_of_bytes() -> None:
    assert sniff(b"MM\x00*\x00\x00\x00\x08") is MediaType.TIFF


def test_a_pdf_may_have_bytes_before_its_header() -> None:
    assert sniff(b"\r\n\x00junk\n%PDF-1.4") is MediaType.PDF


@pytest.mark.parametrize(
    "head",
    [
        b"PK\x03\x04",
        b"<svg xmlns=",
        b"II+\x00\x08\x00\x00\x00",
        b"MM\x00+\x00\x08\x00\x00",
        b"BM",
        b"\x00\x00\x00\x18ftypavif",
        b"hello",
        b"RIFF\0\0\0\0WAVE",
    ],
)
def test_any_other_type_is_refused(head: bytes) -> None:
    with pytest.raises(MediaTypeUnsupported):
        sniff(head)


def test_an_empty_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    empty, huge = tmp_path / "empty.jpg", tmp_path / "huge.jpg"
    empty.write_bytes(b"")
    huge.write_bytes(b"\xff\xd8\xff" + b"0" * 100)

    with pytest.raises(DocumentBroken):
        sniff_file(empty, max_bytes=50)
    with pytest.raises(DocumentBroken):
        sniff_file(tmp_path / "missing.jpg", max_bytes=50)
    with pytest.raises(DocumentTooBig):
        sniff_file(huge, max_bytes=50)
