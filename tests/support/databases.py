"""Databases for tests: one real server per run, one fresh migrated database per test."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from acuse.data.migrate import migrate
from acuse.data.roles import create_login, create_roles
from acuse_lab.postgres import PostgresServer, Programs, debian_programs, embedded_programs

LOGIN = "acuse_app"
PASSWORD = secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database: its owner's URL, and the URL that programs use."""

    owner_url: str
    url: str


def chosen_programs() -> Programs:
    """Return the PostgreSQL that ACUSE_TEST_POSTGRES names: `embedded` (default) or `debian`."""
    return (
        debian_programs()
        if os.environ.get("ACUSE_TEST_POSTGRES") == "debian"
        else embedded_programs()
    )


def with_database(url: str, name: str) -> str:
    """Return the same server's URL for another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def with_login(url: str, *, user: str, password: str) -> str:
    """Return the same URL for another user."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}"))


@contextmanager
def fresh_database(server: PostgresServer) -> Generator[Database, None, None]:
    """Create a migrated database with the runtime login, and drop it afterwards."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        create_roles(conn)
        create_login(conn, LOGIN, password=PASSWORD)
    owner = with_database(server.url(), name)
    try:
        migrate(owner)
        yield Database(owner, with_login(owner, user=LOGIN, password=PASSWORD))
    finally:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
