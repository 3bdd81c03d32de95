"""Lines out of chunks: a watch sends one JSON object per line, of any length."""

from __future__ import annotations


class Lines:
    """Cuts what was fed so far into whole lines; the rest waits for more."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that are whole now, without their ends and without empty ones."""
        head, *tail = chunk.split(b"\n")
        self._rest.append(head)
        if not tail:
            return []
        whole = [b"".join(self._rest), *tail[:-1]]
        self._rest = [tail[-1]]
        return [line for line in whole if line]
