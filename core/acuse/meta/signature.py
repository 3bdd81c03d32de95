"""Is a webhook body from Meta? HMAC-SHA256 of the raw bytes under the Meta app's secret."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import Final

# Exactly what Meta sends; the older X-Hub-Signature (sha1) is no proof.
_HEADER: Final = re.compile(rb"sha256=([0-9a-fA-F]{64})")


def signing_secret(body: bytes, header: bytes | None, secrets: Sequence[bytes]) -> bytes | None:
    """Return which of the secrets signed these bytes; None when none did.

    Takes as long whichever it is: every secret is tried and every comparison is in constant time.
    """
    match = _HEADER.fullmatch(header) if header is not None else None
    if match is None:
        return None
    claimed = bytes.fromhex(match[1].decode())
    found: bytes | None = None
    for secret in secrets:
        if hmac.compare_digest(hmac.digest(secret, body, "sha256"), claimed):
            found = secret
    return found


def sign(body: bytes, secret: bytes) -> bytes:
    """Return the value of X-Hub-Signature-256 for these bytes."""
    return b"sha256=" + hmac.digest(secret, body, "sha256").hex().encode()
