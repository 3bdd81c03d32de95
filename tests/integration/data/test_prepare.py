"""A database is made ready once, for the login that programs were given; programs wait for it."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from acuse.data.migrate import migrate, migrations
from acuse.data.prepare import prepare, whats_missing
from acuse.errors import InvalidSettings
from acuse_lab.ports import free_port
from acuse_lab.postgres import PostgresServer
from acuse_lab.running.program import clean_environment
from support.databases import Database, with_database, with_login


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[tuple[str, str]]:
    """Make a database with nothing in it; yield its owner's URL, and that of a login to be."""
    name, login = f"e_{secrets.token_hex(6)}", f"l_{secrets.token_hex(6)}"
    owner = with_database(postgres.url(), name)
    with psycopg.connect(postgres.url(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield owner, with_login(owner, user=login, password=secrets.token_hex(8))
    finally:
        with psycopg.connect(postgres.url(), autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            conn.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login)))


def test_an_empty_database_becomes_ready_for_the_login(empty: tuple[str, str]) -> None:
    owner, login = empty

    assert whats_missing(login) is not None
    assert prepare(owner, login) == [m.name for m in migrations()]
    assert whats_missing(login) is None


def test_preparing_again_changes_nothing(empty: tuple[str, str]) -> None:
    owner, login = empty
    prepare(owner, login)

    assert prepare(owner, login) == []
    assert whats_missing(login) is None


def test_a_new_password_becomes_the_logins(empty: tuple[str, str]) -> None:
    owner, login = empty
    prepare(owner, login)
    user = conninfo_to_dict(login)["user"]
    changed = with_login(owner, user=str(user), password="another")

    prepare(owner, changed)

    assert whats_missing(changed) is None
    assert whats_missing(login) is not None


def test_a_login_without_a_password_is_refused(empty: tuple[str, str]) -> None:
    owner, _ = empty

    with pytest.raises(InvalidSettings, match="no password"):
        prepare(owner, "postgresql://somebody@127.0.0.1:1/x")


def test_a_step_that_is_not_applied_is_named(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        conn.execute("UPDATE public.acuse_migrations SET sha256 = 'other' WHERE number = 1")

    assert whats_missing(database.url) == f"not migrated yet: {migrations()[0].name}"


def test_a_newer_schema_is_no_reason_to_wait(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        conn.execute("INSERT INTO public.acuse_migrations VALUES (99, '0099_later.sql', 'x')")

    assert whats_missing(database.url) is None


def test_waiting_ends_once_another_has_prepared_it(empty: tuple[str, str]) -> None:
    owner, login = empty
    waiting = subprocess.Popen(
        [sys.executable, "-m", "acuse", "db", "wait"],
        env={**clean_environment(), "ACUSE_DATABASE_URL": login, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.stdout is not None
        assert "does not answer" in waiting.stdout.readline()
        prepare(owner, login)
        said, _ = waiting.communicate(timeout=60)
    finally:
        waiting.kill()
        waiting.wait()

    assert said.splitlines()[-1] == "the database is ready"
    assert waiting.returncode == 0


def test_waiting_gives_up_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "acuse", "db", "wait", "--timeout", "0"],
        env={**clean_environment(), "ACUSE_DATABASE_URL": "postgresql://x:y@127.0.0.1:1/x"},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("error: database_unavailable: ")


def test_preparing_by_command_takes_both_addresses_from_the_environment(
    empty: tuple[str, str],
) -> None:
    owner, login = empty
    done = subprocess.run(
        [sys.executable, "-m", "acuse", "db", "prepare"],
        env={
            **clean_environment(),
            "ACUSE_DATABASE_OWNER_URL": owner,
            "ACUSE_DATABASE_URL": login,
        },
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert whats_missing(login) is None
    assert login not in done.stdout + done.stderr
    assert migrate(owner) == []


def test_preparing_waits_for_a_server_that_is_only_starting(postgres: PostgresServer) -> None:
    port = free_port()
    late = PostgresServer(postgres.programs, postgres.folder.parent / f"late-{port}", port=port)
    late.create()
    try:
        preparing = subprocess.Popen(
            [sys.executable, "-m", "acuse", "db", "prepare", "--patience", "120"],
            env={
                **clean_environment(),
                "ACUSE_DATABASE_OWNER_URL": late.url(),
                "ACUSE_DATABASE_URL": with_login(late.url(), user="late", password="late"),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        late.start()
        said, _ = preparing.communicate(timeout=120)
    finally:
        late.stop()
        shutil.rmtree(late.folder)

    assert preparing.returncode == 0
    assert said.splitlines()[-1] == "the database is ready"
