"""`acuse eval FOLDER`: how right the readings of labelled documents are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from acuse.errors import InvalidRequest, NotFound
from acuse.reading.decision import Decision
from acuse.reading.labels import Label, flattened, read_label
from acuse.reading.scoring import (
    ItemsFound,
    Share,
    all_right,
    compare_items,
    items_together,
    judge,
    percentile,
    shares,
)
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.commands.read import answer_for, documents_in, engine_option
from acuse_workers.reading.sandbox import open_reader


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document and its label."""

    path: Path
    label: Label


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the readings of a folder came to."""

    fields: dict[str, Share]
    items: ItemsFound | None
    # Codes of documents that could not be read: each of their fields is wrong.
    errors: dict[str, int]
    # Documents that no person would have to look at, and those of them with a wrong field.
    accepted: Share
    accepted_wrong: Share
    seconds: Sequence[float]
    misses: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "documents": len(self.seconds),
            "fields": {name: _share(share) for name, share in self.fields.items()},
            "items_f1": None if self.items is None else round(self.items.f1, 4),
            "accepted": _share(self.accepted),
            "accepted_wrong": _share(self.accepted_wrong),
            "errors": self.errors,
            "seconds": {
                "median": round(percentile(self.seconds, 0.5), 3),
                "p95": round(percentile(self.seconds, 0.95), 3),
            },
            "misses": list(self.misses),
        }


def _share(share: Share) -> dict[str, Any]:
    return {
        "right": share.right,
        "count": share.count,
        "share": round(share.value, 4),
        "interval95": [round(end, 4) for end in share.interval],
    }


@click.command(name="eval")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--misses", is_flag=True, help="Name what was read wrong.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many files are read at the same time.",
)
@engine_option
def evaluate(folder: Path, *, as_json: bool, misses: bool, jobs: int, policy: OcrPolicy) -> None:
    """Read a folder's documents and compare each with its label, a JSON file of the same name.

    Shares are given with Wilson's interval at 95 %.
    """
    found = asyncio.run(evaluation(list(labelled(folder)), jobs=jobs, policy=policy))
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo("\n".join([*table(found), *(found.misses if misses else ())]))


def labelled(folder: Path) -> Iterator[Labelled]:
    """Yield the documents below a folder that have a label; raise NotFound if none has.

    Raises InvalidRequest, with the file's name, for a label of no known format.
    """
    any_found = False
    for file in documents_in([folder]):
        beside = file.with_suffix(".json")
        if not beside.is_file():
            continue
        any_found = True
        try:
            yield Labelled(file, read_label(beside.read_bytes()))
        except InvalidRequest as exc:
            raise InvalidRequest(f"{click.format_filename(beside)}: {exc}") from exc
    if not any_found:
        raise NotFound("no document has a JSON file of the same name beside it")


async def evaluation(
    documents: Sequence[Labelled], *, jobs: int, policy: OcrPolicy = "Auto"
) -> Evaluation:
    """Read all documents, so many at a time, and judge them."""
    room = asyncio.Semaphore(jobs)
    async with open_reader() as reader:

        async def one(document: Labelled) -> dict[str, Any]:
            async with room:
                return await answer_for(document.path, reader, policy=policy)

        answers = await asyncio.gather(*map(one, documents))
    pairs = list(zip(documents, answers, strict=True))
    judged = [judge(document.label, answer) for document, answer in pairs]
    items = [compare_items(document.label, answer) for document, answer in pairs]
    known = [each for each in items if each is not None]
    errors: dict[str, int] = {}
    for answer in answers:
        if answer["error"] is not None:
            code: str = answer["error"]["code"]
            errors[code] = errors.get(code, 0) + 1
    accepted = [right for answer, right in zip(answers, judged, strict=True) if _is_auto(answer)]
    return Evaluation(
        fields=shares(judged),
        items=items_together(known) if known else None,
        errors=errors,
        accepted=Share(len(accepted), len(answers)),
        accepted_wrong=Share(sum(not all_right(right) for right in accepted), len(accepted)),
        seconds=[answer["seconds"] for answer in answers],
        misses=[
            line
            for (document, answer), right in zip(pairs, judged, strict=True)
            for line in _misses(document, answer, right)
        ],
    )


def _is_auto(answer: dict[str, Any]) -> bool:
    return bool(answer["decision"] == Decision.AUTO.value)


def _misses(document: Labelled, answer: dict[str, Any], right: dict[str, bool]) -> Iterator[str]:
    name = click.format_filename(document.path.name)
    if answer["error"] is not None:
        yield f"{name} {answer['error']['code']}: {answer['error']['message']}"
        return
    flat = flattened(answer)
    for field, want in document.label.fields.items():
        if right.get(field) is False:
            sure = answer["confidence"].get(field, 0.0)
            yield f"{name} {field}: {want!r} read as {flat.get(field)!r} ({sure})"


def table(found: Evaluation) -> Iterator[str]:
    """Yield the lines of the table for people."""
    yield f"{'field':<26}{'right':>12}{'share':>8}   95 % interval"
    for name, share in found.fields.items():
        low, high = share.interval
        count = f"{share.right}/{share.count}"
        yield f"{name:<26}{count:>12}{share.value:>8.3f}   {low:.3f} - {high:.3f}"
    if found.items is not None:
        count = f"{found.items.same}/{found.items.labelled}"
        yield f"{'items (F1)':<26}{count:>12}{found.items.f1:>8.3f}"
    for name, share in (("accepted", found.accepted), ("wrong among these", found.accepted_wrong)):
        low, high = share.interval
        count = f"{share.right}/{share.count}"
        yield f"{name:<26}{count:>12}{share.value:>8.3f}   {low:.3f} - {high:.3f}"
    for code, number in sorted(found.errors.items()):
        yield f"{code:<26}{number:>12}"
    median, p95 = percentile(found.seconds, 0.5), percentile(found.seconds, 0.95)
    yield f"{len(found.seconds)} documents, {median:.2f} s each (median), {p95:.2f} s (p95)"
