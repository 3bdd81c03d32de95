"""How well documents are read, and what it takes: labelled ones, by each engine, in one run.

SROIE's receipts and invoice2data's PDFs are beside the checkout; the Argentine ones are made here,
of the split that the rules were not tuned on. One document at a time, as a worker of one core does.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

import click

from acuse.reading.scoring import KNOWN_BY, TOGETHER, percentile
from acuse.reading.wire import contract_of
from acuse.tenants.tenant import OcrPolicy
from acuse_lab.corpus.layouts import Truth
from acuse_lab.corpus.making import write
from acuse_lab.corpus.pairs import pair
from acuse_workers.commands.evaluate import Evaluation, Labelled, evaluation, labelled, table
from acuse_workers.reading.engines.keeping import is_installed
from acuse_workers.reading.sandbox import open_reader
from bench.machine import describe
from bench.result import ROOT, InvalidMeasurement, Report, Row

NAME: Final = "reading"
LABELLED: Final = ROOT.parent / "shared" / "receipts"
_SEED: Final = 2026
_MADE: Final = 80
# Photos with two receipts, side by side; as many with one above the other.
_PAIRS: Final = 10
_PAIRED_BY: Final = ("date", "amount", "tax_id")
_ENGINES: Final[Mapping[str, OcrPolicy]] = {"PP-OCR": "Auto", "Tesseract": "Tesseract"}
# Shares that are wanted of documents that were never seen; SROIE's here were.
_SROIE: Final = {"amount": 0.95, "date": 0.98, "vendor": 0.93, TOGETHER: 0.88}
_ARGENTINE: Final = {
    "amount": 0.95, "date": 0.99, "vendor": 0.93, "tax_id": 0.98, "kind": 0.97, KNOWN_BY: 0.93,
}  # fmt: skip
_MEDIAN, _P95 = 1.2, 3.0
_ACCEPTED, _WRONG = 0.60, 0.01


@dataclass(frozen=True, slots=True)
class Documents:
    """Some labelled documents, and the shares that are wanted of them."""

    name: str
    documents: Sequence[Labelled]
    goals: Mapping[str, float]
    is_photos: bool = True


def measure(*, is_short: bool) -> Report:
    """Read everything by each engine; raise InvalidMeasurement without PP-OCR."""
    if not is_installed():
        raise InvalidMeasurement("PP-OCR is not installed")
    on_one_processor()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="acuse-bench-") as folder:
        for each in _sets(Path(folder), count=8 if is_short else _MADE):
            found = {name: _read(each, name, policy) for name, policy in _ENGINES.items()}
            rows += _rows(each, found["PP-OCR"], found["Tesseract"])
        rows.append(_pairs(Path(folder), count=2 if is_short else _PAIRS))
    rows.append(Row("largest process: resident memory", _peak_mib(), "MiB"))
    return Report.now(NAME, machine=describe(), rows=rows)


def on_one_processor() -> None:
    """Keep this process and all that it starts to one processor: the last one that it may use."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _sets(folder: Path, *, count: int) -> list[Documents]:
    for _ in write(folder, "test", count, seed=_SEED):
        pass
    made = Documents("Argentine, made", list(labelled(folder)), _ARGENTINE)
    if not LABELLED.is_dir():
        return [made]
    return [
        Documents("SROIE dev", list(labelled(LABELLED / "sroie_dev")), _SROIE),
        made,
        Documents("PDF", list(labelled(LABELLED / "pdf_invoice2data")), {}, is_photos=False),
    ]


def _read(these: Documents, name: str, policy: OcrPolicy) -> Evaluation:
    click.echo(f"reading: {len(these.documents)} of {these.name} by {name}", err=True)
    found = asyncio.run(evaluation(these.documents, jobs=1, policy=policy))
    click.echo("\n".join([*table(found), *found.misses]), err=True)
    return found


def _rows(these: Documents, ours: Evaluation, plain: Evaluation) -> list[Row]:
    rows: list[Row] = []
    for field, share in ours.fields.items():
        goal = these.goals.get(field)
        rows.append(
            Row(
                name=f"{these.name}: {field} right",
                value=share.value,
                unit=f"of {share.count}",
                baseline=plain.fields[field].value,
                goal=goal,
                bound=None if goal is None else "≥",
                holds=None if goal is None else share.value >= goal,
            )
        )
    if these.is_photos:
        name = f"{these.name}: accepted without a person"
        share, theirs = ours.accepted, plain.accepted.value
        holds = share.value >= _ACCEPTED
        unit = f"of {share.count}"
        rows.append(Row(name, share.value, unit, theirs, None, _ACCEPTED, "≥", holds))
        share, theirs = ours.accepted_wrong, plain.accepted_wrong.value
        wrong = Row.at_most(
            f"{these.name}: wrong among these", share.value, unit=f"of {share.count}", goal=_WRONG
        )
        rows.append(replace(wrong, baseline=theirs))
    if ours.items is not None and plain.items is not None:
        rows.append(Row(f"{these.name}: items", ours.items.f1, "F1", baseline=plain.items.f1))
    for what, part, goal in (("median", 0.5, _MEDIAN), ("p95", 0.95, _P95)):
        value, theirs = percentile(ours.seconds, part), percentile(plain.seconds, part)
        name = f"{these.name}: seconds for one, {what}"
        if these.is_photos:
            row = Row.below(name, value, unit="s", goal=goal)
            rows.append(replace(row, baseline=theirs))
        else:
            rows.append(Row(name, value, "s", baseline=theirs))
    return rows


def _pairs(folder: Path, *, count: int) -> Row:
    """Return the share of receipts that are found and right of photos with two each."""
    photos: list[tuple[Path, Sequence[Truth]]] = []
    for seed, is_below in product(range(count), (False, True)):
        photo = pair("test", seed=_SEED + seed, is_below=is_below)
        path = folder / f"pair-{len(photos)}.jpg"
        path.write_bytes(photo.data)
        photos.append((path, photo.truths))
    shares: dict[str, float] = {}
    for name, policy in _ENGINES.items():
        click.echo(f"reading: {len(photos)} photos of two receipts by {name}", err=True)
        shares[name] = asyncio.run(_paired(photos, policy)) / (2 * len(photos))
    label = "Argentine, made: right of two in a photo"
    return Row(label, shares["PP-OCR"], f"of {2 * len(photos)}", baseline=shares["Tesseract"])


async def _paired(photos: Sequence[tuple[Path, Sequence[Truth]]], policy: OcrPolicy) -> int:
    right = 0
    async with open_reader() as reader:
        for path, truths in photos:
            found = (await reader.read(path, policy=policy)).apart()
            told = [[one[name] for name in _PAIRED_BY] for one in map(contract_of, found)]
            right += sum([truth[name] for name in _PAIRED_BY] in told for truth in truths)
    return right


def _peak_mib() -> float:
    """Return the most that any process which read had in memory: Linux says it in KiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
