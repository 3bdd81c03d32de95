"""The connection that commands ask the database over, and what PostgreSQL's refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from acuse.data.pool import Conn, open_pool, transaction
from acuse.data.roles import Role
from acuse.errors import DatabaseRefused, DatabaseUnavailable, InvalidSettings
from acuse.settings import DatabaseSettings, load

T = TypeVar("T")

# A person waits for the answer.
PATIENCE = 10.0


def ask(
    question: Callable[[Conn], Awaitable[T]],
    *,
    role: Role = "acuse_admin",
    tenant_id: UUID | None = None,
) -> T:
    """Return the answer to a question put to the database in one transaction, in this role."""

    async def answer(url: str) -> T:
        """Ask, and close the connection."""
        async with (
            open_pool(url, role, size=1, name="acuse-cli", wait=PATIENCE) as pool,
            transaction(pool, tenant_id=tenant_id) as conn,
        ):
            return await question(conn)

    with refusals():
        return asyncio.run(answer(database_url(role=role)))


def database_url(url: str | None = None, *, role: Role | None = None) -> str:
    """Return the URL, the setting's by default, once the server has answered there as the role.

    A pool would try again in silence where one attempt says what is wrong. Raises InvalidSettings
    when it is empty or PostgreSQL could not read it.
    """
    found = readable(load(DatabaseSettings).database_url if url is None else url)
    with refusals(), psycopg.connect(found, connect_timeout=int(PATIENCE)) as conn:
        if role is not None:
            conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    return found


def readable(url: str) -> str:
    """Return the URL; raise InvalidSettings when it is empty or PostgreSQL could not read it."""
    if not url:
        raise InvalidSettings("ACUSE_DATABASE_URL is not set")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as exc:
        raise InvalidSettings("the database's URL cannot be read") from exc
    return url


@contextmanager
def refusals() -> Generator[None]:
    """Raise DatabaseUnavailable or DatabaseRefused for PostgreSQL's own errors."""
    try:
        yield
    except psycopg.OperationalError as exc:
        words = " ".join(str(exc).split())
        raise DatabaseUnavailable(f"PostgreSQL did not answer: {words}") from exc
    except (psycopg.Error, UnicodeEncodeError) as exc:
        # Its message may quote a value.
        raise DatabaseRefused(f"PostgreSQL refused it: {type(exc).__name__}") from exc
