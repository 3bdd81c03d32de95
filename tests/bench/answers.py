"""Just enough of HTTP/1.1 to know where an answer ends and what it says."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_STATUS = slice(9, 12)
_PREFIX = b"HTTP/1.1 "


def first_answer(data: bytes) -> tuple[int, int] | None:
    """Return the first answer's status and its size in bytes; None while it is not whole.

    Raises ValueError on anything else, an answer without Content-Length included.
    """
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    if not data.startswith(_PREFIX):
        raise ValueError("not an HTTP/1.1 answer")
    length = _LENGTH.search(data, 0, head)
    if length is None:
        raise ValueError("an answer without Content-Length")
    size = head + 4 + int(length[1])
    return None if len(data) < size else (int(data[_STATUS]), size)
