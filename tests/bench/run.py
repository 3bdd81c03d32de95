"""Run the benches: `python tests/bench/run.py [NAME] [OPTIONS]`; `all` runs them in order.

Each writes build/bench/NAME.json and prints the same as a table. `--write-docs` measures nothing:
it puts the tables of the JSON files there are into docs/benchmarks.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

# Run as a file: the folder above holds the packages `bench` and `support`.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acuse.errors import AcuseError
from acuse_lab.regions.abilities import why_no_regions
from bench import fleet_measure, intake, operator_measure, reading, reading_many, reading_steps
from bench.fleet_size import FleetSize
from bench.result import FOLDER, ROOT, InvalidMeasurement, Report, with_report

_PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a bench beside its name; each takes of it what concerns it."""

    # Length of a round; None is the bench's own.
    seconds: float | None = None
    is_cold: bool = False


def run_intake(asked: Asked) -> Report | None:
    """Measure the intake."""
    report = intake.measure(seconds=intake.SECONDS if asked.seconds is None else asked.seconds)
    report.save()
    return report


def run_operator(asked: Asked) -> Report | None:
    """Measure the operator; None where this machine cannot run a region."""
    reason = why_no_regions()
    if reason is not None:
        click.echo(f"bench operator: skipped, {reason}")
        return None
    report = operator_measure.measure(seconds=asked.seconds, is_cold=asked.is_cold)
    report.save()
    return report


def run_fleet(asked: Asked) -> Report | None:
    """Measure one hub with many regions; None where there is no API server to be had."""
    reason = fleet_measure.why_no_fleet()
    if reason is not None:
        click.echo(f"bench fleet: skipped, {reason}")
        return None
    report = fleet_measure.measure(FleetSize.chosen(is_short=asked.seconds is not None))
    report.save()
    return report


def run_reading(asked: Asked) -> Report | None:
    """Measure the reading."""
    report = reading.measure(is_short=asked.seconds is not None)
    report.save()
    return report


def run_reading_steps(asked: Asked) -> Report | None:
    """Measure what each choice in reading is worth."""
    report = reading_steps.measure(is_short=asked.seconds is not None)
    report.save()
    return report


def run_reading_many(asked: Asked) -> Report | None:
    """Measure whether reading slows down."""
    report = reading_many.measure(is_short=asked.seconds is not None)
    report.save()
    return report


BENCHES: Final[dict[str, Callable[[Asked], Report | None]]] = {
    "intake": run_intake,
    "operator": run_operator,
    "fleet": run_fleet,
    "reading": run_reading,
    "reading-steps": run_reading_steps,
    "reading-many": run_reading_many,
}
# What is one bench to whoever asks for it, each with a table of its own.
_PARTS: Final = {
    "operator": ("operator", "fleet"),
    "reading": ("reading", "reading-steps", "reading-many"),
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
@click.option("--cold", "is_cold", is_flag=True, help="operator: also `lab up`, nothing built.")
@click.option("--write-docs", "writes", is_flag=True, help="Write docs/benchmarks.md instead.")
def main(name: str, *, seconds: float | None, is_cold: bool, writes: bool) -> None:
    """Run what was asked for; a measurement that is not valid ends it with exit code 1."""
    names = list(BENCHES) if name == "all" else list(_PARTS.get(name, (name,)))
    if writes:
        write_docs(names)
        return
    for each in names:
        try:
            report = BENCHES[each](Asked(seconds, is_cold))
        except (InvalidMeasurement, AcuseError) as exc:
            click.echo(f"bench {each}: not valid: {exc}", err=True)
            sys.exit(1)
        if report is not None:
            click.echo(report.table())


if __name__ == "__main__":
    main()
