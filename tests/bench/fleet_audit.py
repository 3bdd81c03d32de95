"""What one user has written, followed in an audit log as it grows: each line is read once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bench.operator_audit import count_writes

_EVER = datetime.fromtimestamp(0, UTC)


class AuditTail:
    """Follows a log through its rotations, from its beginning."""

    def __init__(self, log: Path, *, user: str) -> None:
        self._log = log
        self._user = user
        self._file: IO[bytes] | None = None
        self._rest = b""
        self._counted: Counter[str] = Counter()

    def count(self) -> Counter[str]:
        """Return the user's write requests so far, refused ones too, by kind of object."""
        self._counted += count_writes(self._lines(), user=self._user, since=_EVER)
        return Counter(self._counted)

    def _lines(self) -> Iterator[bytes]:
        yield from self._read()
        if self._is_rotated():
            # Whatever came between the last look and the rotation.
            yield from self._read()
            if self._file is not None:
                self._file.close()
            self._file, self._rest = None, b""
            yield from self._read()

    def _read(self) -> Iterator[bytes]:
        if self._file is None:
            if not self._log.exists():
                return
            self._file = self._log.open("rb")
        for line in self._file:
            whole = self._rest + line
            if whole.endswith(b"\n"):
                self._rest = b""
                yield whole
            else:
                self._rest = whole

    def _is_rotated(self) -> bool:
        if self._file is None:
            return False
        try:
            now = self._log.stat()
        except FileNotFoundError:
            return False
        kept = os.fstat(self._file.fileno())
        return (now.st_dev, now.st_ino) != (kept.st_dev, kept.st_ino)

    def close(self) -> None:
        """Let the log go."""
        if self._file is not None:
            self._file.close()
            self._file = None
