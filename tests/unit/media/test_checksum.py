"""SHA-256 in both of Meta's encodings."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.media.checksum import normalise_sha256


@given(st.binary(max_size=64))
def test_base64_and_hex_of_one_file_are_the_same_digest(content: bytes) -> None:
    digest = hashlib.sha256(content)
    raw = digest.digest()
    written = [
        digest.hexdigest(),
        digest.hexdigest().upper(),
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode(),
        f" {base64.b64encode(raw).decode()}\n",
    ]

    assert {normalise_sha256(text) for text in written} == {digest.hexdigest()}


@pytest.mark.parametrize("text", [None, "", "abc", "z" * 64, "A" * 44, "A" * 42 + "==", "ñ" * 43])
def test_anything_else_is_no_digest(text: str | None) -> None:
    assert normalise_sha256(text) is None
