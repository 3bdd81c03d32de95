"""How well documents are read: labelled receipts (SROIE) and invoices (invoice2data), scored.

Run `python tests/bench/reading.py [FOLDER] [--jobs N] [--misses]`; FOLDER holds `sroie_dev` and
`pdf_invoice2data`. Writes build/bench/reading.json and prints the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from acuse_workers.commands.evaluate import Evaluation, evaluation, labelled, table

_ROOT = Path(__file__).resolve().parents[2]
SETS = ("sroie_dev", "pdf_invoice2data")


def rows_of(name: str, found: Evaluation) -> list[dict[str, Any]]:
    """Return what one set came to, as the rows of the bench's JSON."""
    said = found.as_json()
    measured: list[tuple[str, float, str]] = [
        (field, share.value, f"share of {share.count}") for field, share in found.fields.items()
    ]
    measured += [(f"seconds, {which}", value, "s") for which, value in said["seconds"].items()]
    none = {"baseline": None, "ratio": None, "goal": None, "holds": None}
    return [
        {"name": f"{name} {what}", "value": round(value, 4), "unit": unit, **none}
        for what, value, unit in measured
    ]


def main() -> None:
    """Measure both sets, print the table, and keep it as build/bench/reading.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=_ROOT.parent / "shared/receipts")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in SETS:
        found = asyncio.run(evaluation(list(labelled(options.folder / name)), jobs=options.jobs))
        click.echo("\n".join([name, *table(found), *(found.misses if options.misses else ())]))
        rows += rows_of(name, found)
    target = _ROOT / "build/bench/reading.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()} {platform.system()} {platform.release()}"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    report = {"name": "reading", "date": when, "machine": machine, "rows": rows}
    target.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
