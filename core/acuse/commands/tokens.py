"""`acuse tokens`: bearer tokens of the API."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from acuse import tokens as store
from acuse.commands.database import ask


@click.group()
def tokens() -> None:
    """Create, list and revoke bearer tokens of the API."""


@tokens.command()
@click.option("--tenant", required=True, metavar="NAMESPACE.NAME", help="Whose data it opens.")
@click.option("--name", required=True, help="What it is for; shown in the list.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in store.Scope]),
    help="What it allows; may be given several times.",
)
@click.option(
    "--days",
    default=90,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="How long it is valid.",
)
def create(tenant: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create a token and print it. It is shown this once."""
    made = ask(
        lambda conn: store.create_token(
            conn,
            tenant=tenant,
            name=name,
            scopes=map(store.Scope, scopes),
            lifetime=timedelta(days=days),
        )
    )
    click.echo(f"token {made.id}, valid until {made.expires_at:%Y-%m-%d}; shown once:", err=True)
    click.echo(made.text)


@tokens.command(name="list")
@click.option("--tenant", default=None, metavar="NAMESPACE.NAME", help="Only this tenant's.")
def list_command(tenant: str | None) -> None:
    """List tokens: id, tenant, name, state, expiry, last use, scopes."""
    for each in ask(lambda conn: store.list_tokens(conn, tenant=tenant)):
        used = f"{each.last_used_at:%Y-%m-%d}" if each.last_used_at else "never"
        click.echo(
            f"{each.id}  {each.tenant}  {each.name}  {each.state}"
            f"  expires {each.expires_at:%Y-%m-%d}  used {used}  {','.join(each.scopes)}"
        )


@tokens.command()
@click.argument("token_id", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """End a token now, by its id."""
    ask(lambda conn: store.revoke_token(conn, token_id))
    click.echo(f"revoked {token_id}")
