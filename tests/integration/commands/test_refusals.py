"""What a command says when its database is away, not prepared, or not what was meant."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest

from acuse_lab.postgres import PostgresServer
from acuse_lab.running.program import clean_environment
from support.databases import Database

AWAY = "postgresql://nobody@127.0.0.1:1/acuse"
COMMANDS = (
    ("events", "list"),
    ("events", "reconcile"),
    ("events", "retry", "an-id"),
    ("tokens", "list"),
    ("tokens", "create", "--tenant", "a.b", "--name", "n", "--scope", "events:read"),
    ("db", "migrate"),
    ("db", "login"),
)


def said(*words: str, url: str | None) -> tuple[int, str]:
    """Run a command and return its exit code and what it wrote on standard error."""
    given = {} if url is None else {"ACUSE_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "acuse", *words],
        env={**clean_environment(), **given},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("url", "code"),
    [
        (None, "invalid_settings"),
        ("no url at all", "invalid_settings"),
        (AWAY, "database_unavailable"),
    ],
    ids=["missing", "garbled", "away"],
)
def test_a_database_that_cannot_be_reached_is_one_line(
    words: tuple[str, ...], url: str | None, code: str
) -> None:
    status, text = said(*words, url=url)

    assert status == 1
    assert text.startswith(f"error: {code}: ")
    assert text.count("\n") == 1


@pytest.mark.parametrize("words", COMMANDS[:5], ids=" ".join)
def test_a_database_without_acuse_is_refused_as_such(
    postgres: PostgresServer, database: Database, words: tuple[str, ...]
) -> None:
    # The server has the roles; its own database has no tables.
    del database
    status, text = said(*words, url=postgres.url())

    assert status == 1
    assert text.startswith(("error: database_refused: ", "error: unsafe_database_role: "))


def test_a_login_never_takes_over_a_role_with_other_rights(
    postgres: PostgresServer, database: Database
) -> None:
    status, text = said("db", "login", "--name", "postgres", url=database.owner_url)

    assert status == 1
    assert text.startswith("error: unsafe_database_role: ")
    psycopg.connect(postgres.url()).close()
