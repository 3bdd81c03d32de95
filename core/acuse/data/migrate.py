"""Numbered SQL migrations: applied in order, once, under a lock, and never taken back.

A migration is `NNNN_name.sql` beside this module. Its sha256 is kept in `acuse_migrations`; a
database whose history is not a prefix of ours (a changed file, a newer version's migration) is
refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql

from acuse.data.roles import ROLES, create_roles
from acuse.errors import DatabaseUnavailable, MigrationConflict

_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")
# Any constant will do, as long as every version of Acuse takes the same one.
_LOCK = "SELECT pg_advisory_lock(hashtext('acuse_migrations'))"
_HISTORY = """
    CREATE TABLE IF NOT EXISTS public.acuse_migrations (
      number     integer PRIMARY KEY,
      name       text NOT NULL,
      sha256     text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
APPLIED: LiteralString = "SELECT number, name, sha256 FROM public.acuse_migrations ORDER BY number"
# A program looks whether the schema is its own before it starts; names and hashes are no secret.
_SHOW = "GRANT SELECT ON public.acuse_migrations TO {}"
_KEEP = "INSERT INTO public.acuse_migrations (number, name, sha256) VALUES (%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: its number, file name, text and the text's sha256 in hex."""

    number: int
    name: str
    text: str
    sha256: str


def migrations() -> list[Migration]:
    """Return every migration of this version, in order; numbers run from 1 without a gap."""
    found: list[Migration] = []
    for file in sorted(
        resources.files("acuse.data").joinpath("migrations").iterdir(), key=lambda f: f.name
    ):
        match = _NAME.fullmatch(file.name)
        if match is None:
            continue
        text = file.read_text(encoding="utf-8")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(int(match["number"]), file.name, text, sha256))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise MigrationConflict(f"migrations are not numbered 1 to {len(found)}")
    return found


def pending(known: Sequence[Migration], applied: Sequence[tuple[int, str, str]]) -> list[Migration]:
    """Return what is still to apply; raise MigrationConflict when the history is not ours."""
    for ours, (number, name, sha256) in zip(known, applied, strict=False):
        if (ours.number, ours.sha256) != (number, sha256):
            raise MigrationConflict(f"migration {name} was applied with another content")
    if len(applied) > len(known):
        raise MigrationConflict(
            f"the database is at migration {applied[-1][1]}, newer than this version of Acuse;"
            " going back is not possible"
        )
    return list(known[len(applied) :])


def migrate(url: str) -> list[str]:
    """Bring the database at `url` up to date as its owner; return the names applied."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as conn:
            conn.execute(_LOCK)
            return _apply(conn, migrations())
    except psycopg.OperationalError as exc:
        raise DatabaseUnavailable("PostgreSQL did not answer") from exc


def _apply(conn: Connection[tuple[Any, ...]], known: Sequence[Migration]) -> list[str]:
    conn.execute(_HISTORY)
    applied = [(int(r[0]), str(r[1]), str(r[2])) for r in conn.execute(APPLIED).fetchall()]
    todo = pending(known, applied)
    create_roles(conn)
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    conn.execute(sql.SQL(_SHOW).format(roles))
    for step in todo:
        with conn.transaction():
            # Bytes: psycopg's mark for a query that is not a literal; it is our own package's file.
            conn.execute(step.text.encode())
            conn.execute(_KEEP, (step.number, step.name, step.sha256))
    return [step.name for step in todo]
