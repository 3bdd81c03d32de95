"""Only Meta's signature of the very bytes that came opens the door."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from acuse.meta.signature import sign, signing_secret

SECRET, PREVIOUS = b"current", b"previous"
# As Meta signs it: every character beyond ASCII, and more, escaped.
BODY = rb'{"name":"Roc\u00edo","url":"https:\/\/x","mail":"a\u0040b"}'


def test_the_secret_that_signed_the_raw_bytes_is_found() -> None:
    assert signing_secret(BODY, sign(BODY, PREVIOUS), [SECRET, PREVIOUS]) == PREVIOUS
    assert signing_secret(BODY, sign(BODY, SECRET), [SECRET, PREVIOUS]) == SECRET


def test_hex_digits_may_be_of_either_case() -> None:
    header = b"sha256=" + sign(BODY, SECRET).removeprefix(b"sha256=").upper()

    assert signing_secret(BODY, header, [SECRET]) == SECRET


def test_the_same_document_written_differently_is_not_what_was_signed() -> None:
    header, document = sign(BODY, SECRET), json.loads(BODY)
    rewritten = (
        json.dumps(document),
        json.dumps(document, separators=(",", ":")),
        json.dumps(document, separators=(",", ":"), ensure_ascii=False),
    )

    assert [signing_secret(text.encode(), header, [SECRET]) for text in rewritten] == [None] * 3


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"sha256=",
        sign(BODY, b"another"),
        sign(BODY, SECRET)[:-1],
        sign(BODY, SECRET) + b"0",
        sign(BODY, SECRET) + b" ",
        b" " + sign(BODY, SECRET),
        sign(BODY, SECRET) + b"\n",
        sign(BODY, SECRET).removeprefix(b"sha256="),
        sign(BODY, SECRET).replace(b"sha256=", b"SHA256="),
        sign(BODY, SECRET) + b", " + sign(BODY, SECRET),
        b"sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest().encode(),
        b"sha256=" + "é".encode() * 32,
    ],
)
def test_any_other_header_is_refused(header: bytes | None) -> None:
    assert signing_secret(BODY, header, [SECRET]) is None


def test_without_secrets_nothing_is_signed() -> None:
    assert signing_secret(BODY, sign(BODY, b""), []) is None
