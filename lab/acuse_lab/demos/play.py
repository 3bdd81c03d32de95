"""The main job once, end to end, with each step shown as it happens; wherever Acuse runs."""

from __future__ import annotations

import asyncio
import csv
import io
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from acuse.errors import Unavailable
from acuse.settings import cache_dir
from acuse_lab.documents.catalogue import sample
from acuse_lab.documents.sample import Sample
from acuse_lab.graph.contract import Person, SentMessage
from acuse_lab.person import picked_file, send_document, words_of
from acuse_lab.running.stage import Stage

# OCR of a large photograph on a busy machine takes long; the demo only fails when nothing comes.
_DEADLINE: Final = 300.0
_LOOK_EVERY: Final = 0.1
_SAMPLES: Final = ("ticket", "factura-b")
_OPEN: Final = frozenset({"received", "processing", "failed"})
_PERSON: Final = Person(name="Ana Sosa")
_STEPS: Final = {
    "accept": "kept the message, showed «read» and «typing»",
    "fetch": "fetched the file from Meta, checked its sha256, stored it",
    "read": "read it in a child process",
    "match": "matched it against the ledger",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of it."""

    receipts: int
    matched: int
    replies: int

    def __add__(self, other: Tally) -> Tally:
        """Return what came of both."""
        return Tally(
            self.receipts + other.receipts,
            self.matched + other.matched,
            self.replies + other.replies,
        )


async def play(console: Console, stage: Stage, sent: Sequence[Sample]) -> Tally:
    """Import a ledger, send each document in turn, show what happens and count what came of it.

    Raises Unavailable when a receipt, a match or a reply is missing.
    """
    await begin(console, stage, sent)
    for document in sent:
        await follow(console, stage, document)
    await explain(console)
    return await count(console, stage, sent)


async def begin(console: Console, stage: Stage, sent: Sequence[Sample]) -> None:
    """Import a ledger in which the documents that are sent will be found."""
    added = await _import_ledger(stage, ledger([each for each in sent if each.truth]))
    console.print(f"[green]✓[/] ledger imported: {added} transactions")


async def explain(console: Console) -> None:
    """Show what is read of the photographed ticket, and draw onto it where."""
    folder = cache_dir() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    ticket = folder / "ticket.jpg"
    ticket.write_bytes(sample(_SAMPLES[0]).data)
    # A program of its own, as whoever tries it will run it.
    read = (sys.executable, "-m", "acuse", "read", "--explain", str(folder), str(ticket))
    process = await asyncio.create_subprocess_exec(*read, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise Unavailable("`acuse read` could not read the ticket")
    console.rule("acuse read --explain ticket.jpg")
    console.print(said.decode().rstrip(), markup=False)
    console.print(f"[green]✓[/] drawn onto it: {folder / '001-ticket.jpg.png'}")


async def count(console: Console, stage: Stage, sent: Sequence[Sample]) -> Tally:
    """Show what became of the documents, and count it; Unavailable when something is missing."""
    receipts = await _items(stage, "/receipts")
    replies = await stage.lab.messages(stage.tenant.phone_number_id)
    console.print(_table(receipts))
    found = Tally(len(receipts), sum(r["status"] == "matched" for r in receipts), len(replies))
    # Nothing is known of what a file of the user's shows; it only has to be answered.
    expected = Tally(len(sent), sum(bool(each.truth) for each in sent), len(sent))
    if (found.receipts, found.replies) != (expected.receipts, expected.replies) or (
        found.matched < expected.matched
    ):
        raise Unavailable(f"expected {expected}, got {found}")
    return found


def documents(receipt: Path | None) -> list[Sample]:
    """Return what the demo sends: a photographed ticket, a PDF invoice, and the user's own file."""
    own = [picked_file(receipt)] if receipt else []
    return [*(sample(name) for name in _SAMPLES), *own]


def ledger(documents: Sequence[Sample]) -> str:
    """Return a small ledger as CSV: a payment a day after each document, and others between."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["fecha", "importe", "moneda", "descripcion", "contraparte", "cuit"])
    for document in documents:
        truth = document.truth
        paid = date.fromisoformat(truth["date"] or "") + timedelta(days=1)
        amount = -Decimal(truth["amount"] or "")
        vendor = truth["vendor"] or ""
        rows.writerow([paid, amount, "ARS", f"DEBITO {vendor.upper()}", vendor, truth["tax_id"]])
        rows.writerow([paid, amount - 1000, "ARS", "DEBITO AUTOMATICO SEGUROS", "", ""])
    rows.writerow([date(2026, 11, 1), Decimal("350000.00"), "ARS", "ACREDITACION VENTAS", "", ""])
    return out.getvalue()


async def _import_ledger(stage: Stage, text: str) -> int:
    answer = await stage.api.post(
        "/ledger/imports", content=text.encode(), headers={"Content-Type": "text/csv"}
    )
    answer.raise_for_status()
    return int(answer.json()["added"])


async def follow(console: Console, stage: Stage, document: Sample) -> None:
    """Send one document and show what happens to it until the reply has come."""
    number = stage.tenant.phone_number_id
    before = len(await stage.lab.messages(number))
    message_id = await send_document(stage.lab, number, document, person=_PERSON)
    console.rule(f"{_PERSON.name} sends {document.filename} ({len(document.data):,} bytes)")
    with console.status("waiting…"):
        async for line in _story(stage, message_id):
            console.print(f"  [cyan]→[/] {line}")
        replies = await stage.lab.wait_for_messages(before + 1, number_id=number, within=_DEADLINE)
    for reply in replies[before:]:
        console.print(_bubble(stage, reply))


async def _story(stage: Stage, message_id: str) -> AsyncGenerator[str, None]:
    """Yield a line for each step of an event until it is in a terminal state."""
    deadline, shown = time.monotonic() + _DEADLINE, set[str]()
    while time.monotonic() < deadline:
        answer = await stage.api.get(f"/events/{message_id}")
        if answer.is_success:
            event: Mapping[str, Any] = answer.json()["event"]
            if not shown:
                yield f"intake kept it before answering 200 ({event['kind']})"
                shown.add("received")
            for line in _passed(event, shown):
                yield line
            if event["status"] not in _OPEN:
                yield f"event {event['status']}" + (
                    f": {event['reason']}" if event["reason"] else ""
                )
                return
        await asyncio.sleep(_LOOK_EVERY)
    raise Unavailable(f"the event did not end within {_DEADLINE:.0f} s")


def _passed(event: Mapping[str, Any], shown: set[str]) -> list[str]:
    """Return the steps that are over now and were not before."""
    order = list(_STEPS)
    at = event["step"]
    done = (
        order if event["status"] not in _OPEN else order[: order.index(at)] if at in order else []
    )
    fresh = [step for step in done if step not in shown]
    shown.update(fresh)
    return [_STEPS[step] for step in fresh]


def _bubble(stage: Stage, reply: SentMessage) -> Panel:
    return Panel(
        words_of(reply),
        title=f"WhatsApp · {stage.tenant.display_name}",
        border_style="green",
        width=72,
    )


async def _items(stage: Stage, path: str) -> list[dict[str, Any]]:
    answer = await stage.api.get(path)
    answer.raise_for_status()
    return list(answer.json()["items"])


def _table(receipts: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Receipts, as the API lists them")
    for name in ("status", "kind", "issued_on", "amount", "vendor"):
        fixed = name != "vendor"
        table.add_column(name, justify="right" if name == "amount" else "left", no_wrap=fixed)
    for each in reversed(receipts):
        table.add_row(*(str(each[str(column.header)] or "") for column in table.columns))
    return table
