"""`acuse events`: see the queue, move what is stuck, and prove that nothing is."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import click
import msgspec

from acuse.commands.database import PATIENCE, ask, database_url, refusals
from acuse.commands.parse import parse
from acuse.data.pool import open_pool, transaction
from acuse.events.browse import (
    Chosen,
    Summary,
    discard_events,
    find_event,
    list_events,
    payload_of,
    retry_events,
    show_event,
)
from acuse.events.reconcile import Report, reconcile
from acuse.tenants.tenant import tenant_id

_STATUSES = ("received", "processing", "processed", "ignored", "failed", "dead")
_POLL = 0.5

_tenant = click.option("--tenant", help="Key of a tenant (NAMESPACE.NAME).")
_kind = click.option("--kind", help="Kind of event, such as message.image or status.")
_status = click.option(
    "--status", "statuses", type=click.Choice(_STATUSES), multiple=True, help="May be repeated."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_all = click.option("--all", "everything", is_flag=True, help="All events that the filters choose.")
_ids = click.argument("event_ids", nargs=-1)


@click.group()
def events() -> None:
    """See events, try them again, discard them, and prove that each has ended."""


events.add_command(parse)


@events.command(name="list")
@_tenant
@_status
@_kind
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@_json
def list_command(
    *, tenant: str | None, statuses: tuple[str, ...], kind: str | None, limit: int, as_json: bool
) -> None:
    """List events, the newest first; with --json one object per line."""
    chosen = Chosen((), _id(tenant), statuses, kind)
    for event in ask(lambda conn: list_events(conn, chosen, limit=limit)):
        click.echo(msgspec.json.encode(event) if as_json else _line(event))


@events.command()
@click.argument("event_id")
@_tenant
@click.option("--payload", is_flag=True, help="Print what Meta sent, personal data included.")
@_json
def show(*, event_id: str, tenant: str | None, payload: bool, as_json: bool) -> None:
    """Show one event's state and what became of it; what it says only with --payload."""
    if payload:
        event = ask(lambda conn: find_event(conn, event_id, tenant_id=_id(tenant)))
        said = ask(
            lambda conn: payload_of(conn, event), role="acuse_api", tenant_id=event.tenant_id
        )
        click.echo(said)
        return
    found = ask(lambda conn: show_event(conn, event_id, tenant_id=_id(tenant)))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for name, value in _state(found["event"]):
        click.echo(f"{name:10} {'-' if value is None else value}")
    for part in ("receipts", "replies"):
        for row in found[part]:
            words = " ".join(f"{k}={'-' if v is None else v}" for k, v in row.items())
            click.echo(f"{part:10} {words}")


@events.command()
@_ids
@_all
@_tenant
@_status
@_kind
def retry(
    *,
    event_ids: tuple[str, ...],
    everything: bool,
    tenant: str | None,
    statuses: tuple[str, ...],
    kind: str | None,
) -> None:
    """Work again on events that failed, died or were ignored."""
    chosen = _checked(Chosen(event_ids, _id(tenant), statuses, kind), everything=everything)
    for event_id in ask(lambda conn: retry_events(conn, chosen)):
        click.echo(f"received {event_id}")


@events.command()
@_ids
@_all
@_tenant
@_status
@_kind
@click.option("--why", required=True, help="Kept with the event; no personal data.")
def discard(
    *,
    event_ids: tuple[str, ...],
    everything: bool,
    tenant: str | None,
    statuses: tuple[str, ...],
    kind: str | None,
    why: str,
) -> None:
    """End events that wait, failed or died as ignored, with the reason `discarded`."""
    chosen = _checked(Chosen(event_ids, _id(tenant), statuses, kind), everything=everything)
    for event_id in ask(lambda conn: discard_events(conn, chosen, why=why)):
        click.echo(f"ignored {event_id}")


@events.command(name="reconcile")
@_tenant
@click.option(
    "--wait", type=click.FloatRange(min=0), default=0.0, help="Seconds to wait until all holds."
)
@_json
@click.pass_context
def reconcile_command(
    ctx: click.Context, *, tenant: str | None, wait: float, as_json: bool
) -> None:
    """Prove that every accepted event has ended and all rows agree; exit code 1 if not."""
    with refusals():
        url = database_url(role="acuse_admin")
        report = asyncio.run(_reconciled(url, _id(tenant), wait=wait))
    click.echo(msgspec.json.encode(report) if as_json else _report(report))
    ctx.exit(0 if report.holds else 1)


async def _reconciled(url: str, tenant: UUID | None, *, wait: float) -> Report:
    deadline = time.monotonic() + wait
    async with open_pool(url, "acuse_admin", size=1, name="acuse-cli", wait=PATIENCE) as pool:
        while True:
            async with transaction(pool) as conn:
                await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                report = await reconcile(conn, tenant_id=tenant)
            left = deadline - time.monotonic()
            if report.holds or left <= 0:
                return report
            await asyncio.sleep(min(_POLL, left))


def _id(tenant: str | None) -> UUID | None:
    return None if tenant is None else tenant_id(tenant)


def _checked(chosen: Chosen, *, everything: bool) -> Chosen:
    if bool(chosen.ids) == everything:
        raise click.UsageError("name events by their ids, or choose them by filters and --all")
    return chosen


def _line(event: Summary) -> str:
    created = event.created_at.isoformat(timespec="seconds")
    where = f"{event.step or '-'} {event.reason or '-'}"
    return f"{created} {event.status:10} {event.kind:20} {event.tenant} {event.event_id} {where}"


def _state(event: Summary) -> list[tuple[str, object]]:
    return [
        ("event", event.event_id),
        ("tenant", event.tenant),
        ("region", event.region),
        ("kind", event.kind),
        ("status", event.status),
        ("step", event.step),
        ("reason", event.reason),
        ("detail", event.detail),
        ("tries", f"{event.retries} failed, {event.lost_leases} lost, {event.attempt} claims"),
        ("happened", event.occurred_at),
        ("accepted", event.created_at),
        ("due", event.run_at),
        ("ended", event.processed_at),
        ("worker", event.leased_by),
        ("leased to", event.lease_until),
    ]


def _report(report: Report) -> str:
    lines = [f"events {report.events}, ended {report.terminal}"]
    lines += [
        f"open {event.event_id} {event.tenant} {event.kind} {event.status}"
        f" age={event.age:.0f}s step={event.step or '-'} reason={event.reason or '-'}"
        for event in report.open
    ]
    lines += [f"inconsistent {one.code} {one.tenant} {one.subject}" for one in report.inconsistent]
    return "\n".join([*lines, "all hold" if report.holds else "not all hold"])
