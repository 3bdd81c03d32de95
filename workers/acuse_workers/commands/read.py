"""`acuse read FILE…`: what documents say, without any server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import click

from acuse.errors import AcuseError, NotFound
from acuse.reading.wire import contract_of, empty_contract
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.reading.sandbox import Reader, open_reader

_POLICIES: Final[Mapping[str, OcrPolicy]] = {
    "auto": "Auto",
    "tesseract": "Tesseract",
    "ppocr": "PPOCR",
}


def _policy(_context: click.Context, _parameter: click.Parameter, value: str) -> OcrPolicy:
    return _POLICIES[value]


engine_option = click.option(
    "--engine",
    "policy",
    type=click.Choice(list(_POLICIES)),
    default="auto",
    show_default=True,
    callback=_policy,
    help="What finds the letters in photos and scans; auto: PP-OCR where it is installed.",
)


@dataclass(frozen=True, slots=True)
class Way:
    """How files are read: how many at a time, by which engines, and where they are drawn."""

    jobs: int
    policy: OcrPolicy
    explain_in: Path | None


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per file and line.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many files are read at the same time; the order of the answers stays.",
)
@click.option(
    "--explain",
    "explain_in",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw what was read, and where, into this folder: a PNG for each document.",
)
@engine_option
def read(
    files: Sequence[Path], *, as_json: bool, jobs: int, explain_in: Path | None, policy: OcrPolicy
) -> None:
    """Read receipts, invoices and transfer vouchers (JPEG, PNG, GIF, WebP, HEIC, TIFF, PDF).

    Of a folder, all files below it are read, but for hidden ones and labels (.json). A file that
    cannot be read has its error in its own line; the others go on, and the exit code is 1.
    """
    if explain_in is not None:
        explain_in.mkdir(parents=True, exist_ok=True)
    chosen = documents_in(files)
    how = Way(jobs, policy, explain_in)
    failed = asyncio.run(_print_all(chosen, how, as_json=as_json))
    if failed:
        raise click.exceptions.Exit(1)


def documents_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files named, and those below the folders named; NotFound for an empty folder."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        below = [file for file in sorted(path.rglob("*")) if _is_document(file, path)]
        if not below:
            raise NotFound(f"there is no document in {click.format_filename(path)}")
        found += below
    return found


def _is_document(file: Path, folder: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.is_file() and not is_hidden and file.suffix != ".json"


async def _print_all(files: Sequence[Path], how: Way, *, as_json: bool) -> int:
    """Print each file's answer in the order given; return how many could not be read."""
    async with open_reader() as reader:
        return await _print_each(files, how, reader, as_json=as_json)


async def _print_each(files: Sequence[Path], how: Way, reader: Reader, *, as_json: bool) -> int:
    room, failed = asyncio.Semaphore(how.jobs), 0

    async def one(number: int, path: Path) -> dict[str, Any]:
        # Two may have the same name, in two folders.
        drawn = None if how.explain_in is None else how.explain_in / f"{number:03}-{path.name}.png"
        async with room:
            return await answer_for(path, reader, policy=how.policy, explain_to=drawn)

    # No task group: whoever reads our output may leave, and click wants that error as it is.
    tasks = [asyncio.create_task(one(*numbered)) for numbered in enumerate(files, start=1)]
    # Where answers go to a file or a pipe, whoever waits sees how far it is.
    is_seen = len(tasks) > 1 and sys.stderr.isatty() and not sys.stdout.isatty()
    bar = click.progressbar(tasks, label="read", file=sys.stderr, hidden=not is_seen)
    try:
        with bar as coming:
            for task in coming:
                answer = await task
                failed += answer["error"] is not None
                click.echo(line_of(answer) if as_json else summary_of(answer))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return failed


async def answer_for(
    path: Path, reader: Reader, *, policy: OcrPolicy = "Auto", explain_to: Path | None = None
) -> dict[str, Any]:
    """Return the CLI's object for one file: its fields, or the error that stopped it."""
    started = perf_counter()
    error: dict[str, str] | None = None
    try:
        fields = contract_of(await reader.read(path, policy=policy, explain_to=explain_to))
    except AcuseError as exc:
        fields, error = empty_contract(), {"code": exc.code, "message": str(exc)}
    seconds = round(perf_counter() - started, 3)
    return {"file": click.format_filename(path), **fields, "seconds": seconds, "error": error}


def line_of(answer: dict[str, Any]) -> bytes:
    """Return a file's answer as JSON on one line, in UTF-8 whatever the terminal's encoding."""
    return json.dumps(answer, ensure_ascii=False).encode()


def summary_of(answer: dict[str, Any]) -> str:
    """Return a file's answer for people: one line a field, with its confidence."""
    head = f"{answer['file']} ({answer['seconds']:.1f} s)"
    if answer["error"]:
        return f"{head}\n  {answer['error']['code']}: {answer['error']['message']}\n"
    others = [
        row for other in answer["others"] for row in ("  and in the same photo", *_rows(other))
    ]
    return "\n".join([head, *_rows(answer), *others]) + "\n"


def _rows(answer: dict[str, Any]) -> list[str]:
    """Return one receipt's fields, a row each."""
    fields = [
        f"  {name:<16}{answer[name]:<44} {sure:>4.0%}"
        for name, sure in answer["confidence"].items()
        if answer.get(name) is not None
    ]
    items = [_priced("item", item["description"], item["amount"]) for item in answer["items"]]
    taxes = [_priced("tax", tax["name"], tax["amount"]) for tax in answer["taxes"]]
    parties = [f"  {name:<16}{value}" for name, value in _transfer_rows(answer["transfer"])]
    document = f"  {'document':<60} {answer['confidence']['document']:>4.0%}"
    return [*fields, *items, *taxes, *parties, document]


def _priced(name: str, words: str, amount: str) -> str:
    return f"  {name:<16}{words[:43]:<44} {amount:>12}"


def _transfer_rows(transfer: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield what was found of a transfer: each party in one row, and its number."""
    for side in ("payer", "payee"):
        party = (transfer or {}).get(side)
        if party:
            parts = [value for name, value in party.items() if value and name != "cbu_kind"]
            yield side, ", ".join(parts)
    if transfer and transfer["coelsa_id"]:
        yield "coelsa_id", transfer["coelsa_id"]
