"""`acuse audit`: what was done, as the region's audit trail has it."""

from __future__ import annotations

import click
import msgspec

from acuse.audit.trail import Code, list_entries
from acuse.commands.database import ask
from acuse.tenants.tenant import tenant_id


@click.group()
def audit() -> None:
    """See the audit trail of this region."""


@audit.command(name="list")
@click.option("--tenant", help="Key of a tenant (NAMESPACE.NAME).")
@click.option("--code", type=click.Choice([code.value for code in Code]))
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(*, tenant: str | None, code: str | None, limit: int, as_json: bool) -> None:
    """List what was recorded, the newest first; with --json one object per line."""
    found = None if tenant is None else tenant_id(tenant)
    for entry in ask(lambda conn: list_entries(conn, tenant_id=found, code=code, limit=limit)):
        if as_json:
            click.echo(msgspec.json.encode(entry))
            continue
        words = " ".join(f"{name}={_said(value)}" for name, value in sorted(entry.detail.items()))
        click.echo(f"{entry.occurred_at:%Y-%m-%dT%H:%M:%SZ} {entry.code} {entry.actor} {words}")


def _said(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
