"""`acuse lab demo`: choose where to play, play, and end with the line that says how it went."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
from rich.console import Console

from acuse.errors import AcuseError
from acuse_lab.demos.in_cluster import in_cluster
from acuse_lab.demos.one_machine import on_one_machine
from acuse_lab.demos.play import documents
from acuse_lab.demos.signals import interruptible
from acuse_lab.regions.abilities import why_no_regions
from acuse_lab.regions.contexts import own_contexts


def run_demo(receipt: Path | None, *, one_machine: bool) -> int:
    """Run the demo and return the exit code: 0 when all that was sent came back as it should."""
    console = Console(highlight=False)
    began = time.monotonic()
    why_not = None if one_machine or own_contexts() else why_no_regions()
    if why_not is not None:
        console.print(f"[yellow]no cluster here ({why_not}): the demo runs on one machine[/]")
    alone = one_machine or why_not is not None
    try:
        sent = documents(receipt)
        with interruptible():
            regions, tally = (
                (0, on_one_machine(console, sent)) if alone else in_cluster(console, sent)
            )
    except KeyboardInterrupt:
        print("demo: failed interrupted")  # noqa: T201 - the line that callers look for
        return 1
    except (AcuseError, httpx.HTTPError) as exc:
        for note in getattr(exc, "__notes__", []):
            console.print(note, style="dim")
        code = exc.code if isinstance(exc, AcuseError) else "http_error"
        print(f"demo: failed {code}: {exc}")  # noqa: T201 - the same
        return 1
    where = f"regions={regions} " if regions else ""
    seconds = f"{time.monotonic() - began:.1f}"
    print(  # noqa: T201 - the same
        f"demo: ok {where}receipts={tally.receipts} matched={tally.matched}"
        f" replies={tally.replies} seconds={seconds}"
    )
    return 0
