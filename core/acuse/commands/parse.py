"""`acuse events parse`: what the intake would make of a webhook body, without any server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

import click
import msgspec

from acuse.meta import kinds
from acuse.meta.update import Update
from acuse.meta.updates import updates


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def parse(file: BinaryIO, *, as_json: bool) -> None:
    """Show each update of the webhook body in FILE (`-` for standard input), one per line.

    `tenant` is what the update is routed by: its phone number id, or its WABA id.
    """
    for update in updates(file.read(), received_at=datetime.now(UTC)):
        click.echo(_as_json(update) if as_json else _as_text(update))


def _as_json(update: Update) -> bytes:
    ok = update.kind != kinds.UNKNOWN
    line: dict[str, object] = {
        "event_id": update.event_id,
        "kind": update.kind,
        "field": update.field,
        "tenant": update.route,
        "sender": update.sender,
        "ok": ok,
        "error": update.reason,
    }
    return msgspec.json.encode(line)


def _as_text(update: Update) -> str:
    verdict = "ok" if update.reason is None else f"error: {update.reason}"
    return (
        f"{update.ordinal:>4}  {update.kind:<28} {update.route or '-':<20}"
        f" {update.event_id}  {verdict}"
    )
