"""`acuse lab demo`: the main job once, end to end, with each step shown as it happens."""

from __future__ import annotations

import asyncio
import csv
import io
import signal
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from acuse.errors import AcuseError, Unavailable
from acuse_lab.documents.catalogue import sample
from acuse_lab.documents.sample import Sample
from acuse_lab.graph.contract import Person, SentMessage
from acuse_lab.person import picked_file, send_document, words_of
from acuse_lab.running.whole import Whole, running_whole

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


def run_demo(receipt: Path | None) -> int:
    """Run the demo and return the exit code: 0 when all that was sent came back as it should."""
    console = Console(highlight=False)
    began = time.monotonic()
    try:
        tally = asyncio.run(_until_told(_play(console, receipt)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("demo: failed interrupted")  # noqa: T201 - the line that callers look for
        return 1
    except (AcuseError, httpx.HTTPError) as exc:
        for note in getattr(exc, "__notes__", []):
            console.print(note, style="dim")
        code = exc.code if isinstance(exc, AcuseError) else "http_error"
        print(f"demo: failed {code}: {exc}")  # noqa: T201 - the same
        return 1
    seconds = f"{time.monotonic() - began:.1f}"
    print(  # noqa: T201 - the same
        f"demo: ok receipts={tally.receipts} matched={tally.matched}"
        f" replies={tally.replies} seconds={seconds}"
    )
    return 0


async def _until_told(play: Coroutine[Any, Any, Tally]) -> Tally:
    """Play, and end in order when told to or when the terminal goes, as asyncio does for SIGINT."""
    task = asyncio.ensure_future(play)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


async def _play(console: Console, receipt: Path | None) -> Tally:
    documents = [sample(name) for name in _SAMPLES]
    sent = [*documents, *([picked_file(receipt)] if receipt else [])]

    def say(text: str) -> None:
        console.print(f"[green]✓[/] {text}")

    async with running_whole(say) as whole:
        added = await _import_ledger(whole, ledger(documents))
        say(f"ledger imported: {added} transactions")
        for document in sent:
            await _follow(console, whole, document)
        receipts = await _items(whole, "/receipts")
        replies = await whole.lab.messages(whole.tenant.phone_number_id)
    console.print(_table(receipts))
    tally = Tally(len(receipts), sum(r["status"] == "matched" for r in receipts), len(replies))
    expected = Tally(len(sent), len(documents), len(sent))
    if (tally.receipts, tally.replies) != (expected.receipts, expected.replies) or (
        tally.matched < expected.matched
    ):
        raise Unavailable(f"expected {expected}, got {tally}")
    return tally


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


async def _import_ledger(whole: Whole, text: str) -> int:
    answer = await whole.api.post(
        "/ledger/imports", content=text.encode(), headers={"Content-Type": "text/csv"}
    )
    answer.raise_for_status()
    return int(answer.json()["added"])


async def _follow(console: Console, whole: Whole, document: Sample) -> None:
    """Send one document and show what happens to it until the reply has come."""
    number = whole.tenant.phone_number_id
    before = len(await whole.lab.messages(number))
    message_id = await send_document(whole.lab, number, document, person=_PERSON)
    console.rule(f"{_PERSON.name} sends {document.filename} ({len(document.data):,} bytes)")
    with console.status("waiting…"):
        async for line in _story(whole, message_id):
            console.print(f"  [cyan]→[/] {line}")
        replies = await whole.lab.wait_for_messages(before + 1, number_id=number, within=_DEADLINE)
    for reply in replies[before:]:
        console.print(_bubble(whole, reply))


async def _story(whole: Whole, message_id: str) -> AsyncGenerator[str, None]:
    """Yield a line for each step of an event until it is in a terminal state."""
    deadline, shown = time.monotonic() + _DEADLINE, set[str]()
    while time.monotonic() < deadline:
        answer = await whole.api.get(f"/events/{message_id}")
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


def _bubble(whole: Whole, reply: SentMessage) -> Panel:
    return Panel(
        words_of(reply),
        title=f"WhatsApp · {whole.tenant.display_name}",
        border_style="green",
        width=72,
    )


async def _items(whole: Whole, path: str) -> list[dict[str, Any]]:
    answer = await whole.api.get(path)
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
