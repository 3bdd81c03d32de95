"""A file's type is what its bytes say, and never one that a browser would run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse_console.media_type import SAFE, UNKNOWN, media_type


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\xff\xd8\xff\xe1Exif", ("image/jpeg", "jpg")),
        (b"\x89PNG\r\n\x1a\n", ("image/png", "png")),
        (b"GIF89a....", ("image/gif", "gif")),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", ("image/webp", "webp")),
        (b"\x00\x00\x00\x18ftypheic", ("image/heic", "heic")),
        (b"II*\x00\x08\x00\x00\x00", ("image/tiff", "tiff")),
        (b"MM\x00*\x00\x00\x00\x08", ("image/tiff", "tiff")),
        (b"%PDF-1.7", ("application/pdf", "pdf")),
        (b"RIFF\x10\x00\x00\x00WAVE", UNKNOWN),
        (b"\x00\x00\x00\x18ftypmp42", UNKNOWN),
        (b"<html>", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_file_is_known_by_its_first_bytes(start: bytes, found: tuple[str, str]) -> None:
    assert media_type(start) == found


@given(st.binary(max_size=32))
def test_any_file_has_a_safe_type(start: bytes) -> None:
    assert media_type(start)[0] in SAFE
