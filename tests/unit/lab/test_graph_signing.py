"""The bytes of a webhook: escaped as Meta escapes them, and signed as they are."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse_lab.graph.sender import encode, sign, wait_before_retry

BODY = {"name": "Ñandú", "mime": "image/jpeg", "text": "<b> a@b.com 😀"}


def test_a_body_is_escaped_as_meta_escapes_it() -> None:
    assert encode(BODY) == (
        rb'{"name":"\u00d1and\u00fa","mime":"image\/jpeg",'
        rb'"text":"\u003Cb> a\u0040b.com \ud83d\ude00"}'
    )
    assert json.loads(encode(BODY)) == BODY


def test_a_backslash_before_a_slash_survives_the_escaping() -> None:
    odd = {"path": "a\\/b", "quote": '"<"'}

    assert json.loads(encode(odd)) == odd


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_any_body_means_the_same_once_escaped(body: dict[str, Any]) -> None:
    encoded = encode(body)

    assert json.loads(encoded) == body
    assert encoded.isascii()
    assert not re.search(rb"(?<!\\)/|<|@", encoded)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(json.dumps(BODY).encode(), id="default"),
        pytest.param(json.dumps(BODY, separators=(",", ":")).encode(), id="compact ASCII"),
        pytest.param(
            json.dumps(BODY, separators=(",", ":"), ensure_ascii=False).encode(), id="compact UTF-8"
        ),
    ],
)
def test_the_signature_fits_the_raw_bytes_and_no_reserialised_body(again: bytes) -> None:
    assert sign("secret", again) != sign("secret", encode(BODY))


def test_a_signature_is_the_hex_hmac_of_the_bytes() -> None:
    # RFC 4231, test case 2.
    assert sign("Jefe", b"what do ya want for nothing?") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_a_webhook_is_tried_again_at_once_and_then_ever_more_rarely() -> None:
    waits = [wait_before_retry(failures) for failures in range(1, 20)]

    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert waits[-1] == 24 * 3600
