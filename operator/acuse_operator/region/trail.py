"""The region's audit trail, as the operator writes to it: where it was given a database."""

from __future__ import annotations

from typing import Final, Protocol

import psycopg

from acuse.audit.trail import Entry, record

_SECONDS: Final = 5


class Trail(Protocol):
    """Whoever keeps what was done."""

    async def keep(self, entry: Entry) -> str | None:
        """Keep an entry, once however often it is told; return what is in the way, if anything."""
        ...


class DatabaseTrail:
    """Writes to the region's database, over a connection for each entry: there are few."""

    def __init__(self, url: str) -> None:
        """`url`: "" where the operator has no database; then nothing is kept."""
        self._url = url

    async def keep(self, entry: Entry) -> str | None:
        """Append to `audit_logs` as acuse_admin."""
        if not self._url:
            return None
        try:
            async with await psycopg.AsyncConnection.connect(
                self._url,
                connect_timeout=_SECONDS,
                application_name="acuse-operator",
                options=f"-c role=acuse_admin -c statement_timeout={_SECONDS}s",
            ) as conn:
                await record(conn, entry)
        except psycopg.Error as exc:
            # Its message may quote a value.
            return type(exc).__name__
        return None
