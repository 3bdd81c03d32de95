"""`acuse db`: prepare a database."""

from __future__ import annotations

import secrets

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from acuse.commands.database import database_url, refusals
from acuse.data.migrate import migrate
from acuse.data.roles import create_login, create_roles
from acuse.settings import DatabaseSettings, load

_OWNER_URL = click.option(
    "--url",
    default=lambda: load(DatabaseSettings).database_url,
    help="URL of the database's owner; default: ACUSE_DATABASE_URL or DATABASE_URL.",
)


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
