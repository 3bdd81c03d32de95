"""`acuse db`: prepare a database."""

from __future__ import annotations

import secrets
import time

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from acuse.commands.database import database_url, readable, refusals
from acuse.data.migrate import migrate
from acuse.data.prepare import prepare, whats_missing
from acuse.data.roles import create_login, create_roles
from acuse.errors import DatabaseUnavailable
from acuse.settings import DatabaseSettings, load

_OWNER_URL = click.option(
    "--url",
    default=lambda: load(DatabaseSettings).database_url,
    help="URL of the database's owner; default: ACUSE_DATABASE_URL or DATABASE_URL.",
)
# Seconds between two looks of `acuse db wait`.
_LOOK_AGAIN = 1.0


@click.group()
def db() -> None:
    """Prepare the database: migrations and the runtime login."""


@db.command(name="migrate")
@_OWNER_URL
def migrate_command(url: str) -> None:
    """Apply the migrations that this version has and the database has not."""
    with refusals():
        applied = migrate(database_url(url))
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("up to date")


@db.command()
@_OWNER_URL
@click.option("--name", default="acuse_app", show_default=True, help="Name of the login.")
def login(url: str, name: str) -> None:
    """Create the runtime login with a new random password and print its connection string, once."""
    password = secrets.token_urlsafe(24)
    with (
        refusals(),
        psycopg.connect(database_url(url), autocommit=True, connect_timeout=10) as conn,
    ):
        create_roles(conn)
        create_login(conn, name, password=password)
    parts = conninfo_to_dict(url) | {"user": name, "password": password}
    click.echo(make_conninfo("", **{k: v for k, v in parts.items() if v is not None}))


@db.command(name="prepare")
@click.option(
    "--owner-url",
    envvar="ACUSE_DATABASE_OWNER_URL",
    required=True,
    help="URL of the database's owner; default: ACUSE_DATABASE_OWNER_URL.",
)
@click.option(
    "--patience", default=0.0, show_default=True, help="Seconds that the server may take to answer."
)
def prepare_command(owner_url: str, patience: float) -> None:
    """Migrate, and make the runtime login that ACUSE_DATABASE_URL names, with its password."""
    url = readable(load(DatabaseSettings).database_url)
    deadline = time.monotonic() + patience
    while not _answers(owner_url) and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN)
    with refusals():
        applied = prepare(database_url(owner_url), url)
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("the database is ready")


def _answers(url: str) -> bool:
    try:
        database_url(url)
    except DatabaseUnavailable:
        return False
    return True


@db.command()
@click.option("--timeout", default=600.0, show_default=True, help="Seconds to wait at most.")
def wait(timeout: float) -> None:
    """Wait until the database has this version's schema and lets the runtime login in."""
    url = readable(load(DatabaseSettings).database_url)
    deadline, said = time.monotonic() + timeout, ""
    while (missing := whats_missing(url)) is not None:
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(missing)
        if missing != said:
            click.echo(missing)
            said = missing
        time.sleep(_LOOK_AGAIN)
    click.echo("the database is ready")
