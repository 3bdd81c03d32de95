"""Run the benches: `python tests/bench/run.py [NAME] [--seconds S]`; `all` runs them in order.

Each writes build/bench/NAME.json and prints the same as a table. `--write-docs` measures nothing:
it puts the tables of the JSON files there are into docs/benchmarks.md.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

# Run as a file: the folder above holds the packages `bench` and `support`.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acuse.errors import AcuseError
from bench import intake
from bench.result import FOLDER, ROOT, InvalidMeasurement, Report, with_report

_PAGE = ROOT / "docs" / "benchmarks.md"
_LABELLED = ROOT.parent / "shared" / "receipts"


def run_intake(seconds: float | None) -> Report | None:
    """Measure the intake."""
    report = intake.measure(seconds=intake.SECONDS if seconds is None else seconds)
    report.save()
    return report


def run_reading(seconds: float | None) -> Report | None:
    """Measure the reading, in a process of its own; None where there are no labelled documents."""
    del seconds  # It takes as long as there are documents.
    if not _LABELLED.is_dir():
        click.echo("bench reading: skipped, there are no labelled documents beside the checkout")
        return None
    script = Path(__file__).with_name("reading.py")
    done = subprocess.run([sys.executable, script], check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise InvalidMeasurement(f"reading.py ended with exit code {done.returncode}")
    return Report.load(FOLDER / "reading.json")


BENCHES: Final[dict[str, Callable[[float | None], Report | None]]] = {
    "intake": run_intake,
    "reading": run_reading,
}


def write_docs(names: list[str]) -> None:
    """Put each report there is between its markers, where the page has them."""
    page = _PAGE.read_text(encoding="utf-8")
    for name in names:
        path = FOLDER / f"{name}.json"
        if path.exists() and f"<!-- {name}: begin -->" in page:
            text = Report.load(path).markdown(f"make bench NAME={name}")
            page = with_report(page, name=name, text=text)
            click.echo(f"docs/benchmarks.md: {name}")
    _PAGE.write_text(page, encoding="utf-8")


@click.command(help=__doc__)
@click.argument("name", type=click.Choice(["all", *BENCHES]), default="all")
@click.option("--seconds", type=click.FloatRange(min=0.5), help="Length of a round.")
@click.option("--write-docs", "writes", is_flag=True, help="Write docs/benchmarks.md instead.")
def main(name: str, *, seconds: float | None, writes: bool) -> None:
    """Run what was asked for; a measurement that is not valid ends it with exit code 1."""
    names = list(BENCHES) if name == "all" else [name]
    if writes:
        write_docs(names)
        return
    for each in names:
        try:
            report = BENCHES[each](seconds)
        except (InvalidMeasurement, AcuseError) as exc:
            click.echo(f"bench {each}: not valid: {exc}", err=True)
            sys.exit(1)
        if report is not None:
            click.echo(report.table())


if __name__ == "__main__":
    main()
