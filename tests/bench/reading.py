"""How well documents are read: labelled receipts (SROIE) and invoices (invoice2data), scored.

Run `python tests/bench/reading.py [FOLDER] [--jobs N] [--misses]`; FOLDER holds `sroie_dev` and
`pdf_invoice2data`. Writes build/bench/reading.json and prints the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
from rapidfuzz import fuzz

from acuse.reading.dates import find_dates
from acuse.reading.money import find_money
from acuse_workers.commands.read import answer_for
from acuse_workers.reading.sandbox import Reader

_ROOT = Path(__file__).resolve().parents[2]
_SIMILAR = 90.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document and what it says, by its label; None where the label is silent."""

    path: Path
    date: str | None
    amount: str | None
    vendor: str | None


def sroie(folder: Path) -> Iterator[Labelled]:
    """Yield the receipts of a SROIE folder: NNN.jpg beside NNN.json."""
    for label in sorted(folder.glob("*.json")):
        key = json.loads(label.read_text())["key"]
        day = next(find_dates(key["date"]), None)
        total = next(find_money(key["total"]), None)
        yield Labelled(
            path=label.with_suffix(".jpg"),
            date=day.value.isoformat() if day else None,
            amount=f"{total.value:.2f}" if total else None,
            vendor=key["company"],
        )


def invoices(folder: Path) -> Iterator[Labelled]:
    """Yield the invoices of an invoice2data folder: NAME.pdf beside NAME.json."""
    for label in sorted(folder.glob("*.json")):
        if not label.with_suffix(".pdf").exists():
            continue
        key = msgspec.json.decode(label.read_bytes(), type=list[dict[str, Any]])[0]
        amount = key.get("amount")
        yield Labelled(
            path=label.with_suffix(".pdf"),
            date=key.get("date"),
            amount=None if amount is None else f"{Decimal(str(amount)):.2f}",
            vendor=key.get("issuer"),
        )


def score(document: Labelled, answer: dict[str, Any]) -> dict[str, bool | None]:
    """Return which fields are right; None for one that the label does not know."""
    vendor, truth = _letters(answer["vendor"] or ""), _letters(document.vendor or "")
    result: dict[str, bool | None] = {
        "amount": None if document.amount is None else answer["amount"] == document.amount,
        "date": None if document.date is None else answer["date"] == document.date,
        "vendor_exact": vendor == truth,
        "vendor_similar": fuzz.ratio(vendor, truth) >= _SIMILAR,
    }
    known = [result[name] for name in ("amount", "date") if result[name] is not None]
    return {**result, "amount_and_date": all(known)}


def _letters(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())


async def measure(documents: list[Labelled], *, jobs: int, misses: bool) -> dict[str, float]:
    """Read every document and return the share that is right per field, and seconds a document."""
    reader, room = Reader(), asyncio.Semaphore(jobs)

    async def one(document: Labelled) -> dict[str, Any]:
        async with room:
            return await answer_for(document.path, reader)

    answers = await asyncio.gather(*map(one, documents))
    scores = [score(d, a) for d, a in zip(documents, answers, strict=True)]
    if misses:
        _print_misses(documents, answers, scores)
    shares: dict[str, float] = {}
    for name in scores[0]:
        known = [s[name] for s in scores if s[name] is not None]
        shares[name] = sum(map(bool, known)) / len(known)
    return {**shares, "seconds": sum(a["seconds"] for a in answers) / len(answers)}


def _print_misses(
    documents: list[Labelled], answers: list[dict[str, Any]], scores: list[dict[str, bool | None]]
) -> None:
    for document, answer, right in zip(documents, answers, scores, strict=True):
        truth = {
            "amount": document.amount,
            "date": document.date,
            "vendor_similar": document.vendor,
        }
        wrong = [
            f"{name}: {want!r} read as {answer[name.split('_')[0]]!r}"
            f" ({answer['confidence'][name.split('_')[0]]})"
            for name, want in truth.items()
            if right[name] is False
        ]
        if wrong:
            click.echo(f"{document.path.name} {'; '.join(wrong)} {answer['error'] or ''}")


def main() -> None:
    """Measure both sets, print the table, and keep it as build/bench/reading.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=_ROOT.parent / "shared/receipts")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    sets = {
        "sroie_dev": list(sroie(options.folder / "sroie_dev")),
        "pdf_invoice2data": list(invoices(options.folder / "pdf_invoice2data")),
    }
    for name, documents in sets.items():
        measured = asyncio.run(measure(documents, jobs=options.jobs, misses=options.misses))
        for field, value in measured.items():
            unit = "s" if field == "seconds" else f"share of {len(documents)}"
            click.echo(f"{name:<18} {field:<16} {value:8.3f} {unit}")
            row = {"name": f"{name} {field}", "value": round(value, 4), "unit": unit}
            rows.append({**row, "baseline": None, "ratio": None, "goal": None, "holds": None})
    target = _ROOT / "build/bench/reading.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()} {platform.system()} {platform.release()}"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    report = {"name": "reading", "date": when, "machine": machine, "rows": rows}
    target.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
