"""`acuse lab dev`: everything running, to look around in; `acuse lab send` beside it."""

from __future__ import annotations

import asyncio
import signal

import httpx
import msgspec
from rich.console import Console
from rich.table import Table

from acuse.errors import GraphUnavailable
from acuse_lab.documents.catalogue import samples
from acuse_lab.documents.sample import Sample
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person
from acuse_lab.person import send_document, words_of
from acuse_lab.running.whole import Whole, running_whole

_REPLY_WITHIN = 300.0


def run_dev() -> None:
    """Keep everything running until Ctrl-C, and say where it is."""
    asyncio.run(_keep(Console(highlight=False)))


async def _keep(console: Console) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_whole(lambda text: console.print(f"[green]✓[/] {text}")) as whole:
        folder = whole.installation.folder / "samples"
        folder.mkdir()
        for each in samples():
            (folder / each.filename).write_bytes(each.data)
        console.print(_addresses(whole))
        console.print("Send a receipt, as a person would, from another terminal:")
        console.print(
            f"  .venv/bin/acuse lab send --graph {whole.installation.graph_url}"
            f" --number {whole.stage.tenant.phone_number_id} {folder}/ticket.jpg",
            soft_wrap=True,
        )
        console.print("Ctrl-C stops everything and removes its data.")
        await stop.wait()


def _addresses(whole: Whole) -> Table:
    here = whole.installation
    table = Table(show_header=False)
    rows = {
        "webhook": here.webhook_url(whole.stage.tenant),
        "API": f"{here.api_url}/api/v1",
        "OpenAPI": f"{here.api_url}/api/v1/openapi.json",
        "API token": whole.token,
        "fake Graph API": here.graph_url,
        "tenants": str(here.folder / "tenants"),
        "logs": str(here.folder / "logs"),
        "database": here.database_url,
        **{
            f"metrics of {name}": f"{p.monitoring_url}/metrics" for name, p in here.programs.items()
        },
    }
    for name, where in rows.items():
        table.add_row(name, where)
    return table


async def send_and_wait(graph: str, number: str, document: Sample, *, person: Person) -> list[str]:
    """Send a document to a number of a running fake; return the texts that came back.

    Raises GraphUnavailable when no fake answers at `graph`, or no reply comes.
    """
    try:
        async with LabClient(graph) as lab:
            before = len(await lab.messages(number))
            await send_document(lab, number, document, person=person)
            replies = await lab.wait_for_messages(
                before + 1, number_id=number, within=_REPLY_WITHIN
            )
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as exc:
        raise GraphUnavailable(f"no fake Graph API answers at {graph}") from exc
    return [words_of(reply) for reply in replies[before:]]
