"""The shape of every bench's result: rows with a figure, what it is compared with, and the goal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"
_HEAD = ("", "value", "unit", "baseline", "ratio", "goal", "holds")
# How a figure has to stand to its goal.
Bound: TypeAlias = Literal["≥", "<", "≤"]


class InvalidMeasurement(RuntimeError):
    """What was measured is not what the bench claims to measure; there is no result."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    `ratio` is value : baseline, taken in each round and then the median: not exactly the quotient
    of the two medians beside it. `goal` is of the ratio where there is one, else of the value, and
    `bound` says on which side of it the figure has to be.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    goal: float | None = None
    bound: Bound | None = None
    holds: bool | None = None

    @classmethod
    def compared(
        cls,
        name: str,
        pairs: Sequence[tuple[float, float]],
        *,
        unit: str,
        at_least: float | None = None,
    ) -> Self:
        """Return the row of (ours, theirs) round by round; the goal is the least ratio."""
        ratio = median([ours / theirs for ours, theirs in pairs])
        return cls(
            name=name,
            value=median([ours for ours, _ in pairs]),
            unit=unit,
            baseline=median([theirs for _, theirs in pairs]),
            ratio=ratio,
            goal=at_least,
            bound=None if at_least is None else "≥",
            holds=None if at_least is None else ratio >= at_least,
        )

    @classmethod
    def below(cls, name: str, value: float, *, unit: str, goal: float) -> Self:
        """Return the row of a figure that has to stay under its goal."""
        return cls(name=name, value=value, unit=unit, goal=goal, bound="<", holds=value < goal)

    @classmethod
    def at_most(cls, name: str, value: float, *, unit: str, goal: float) -> Self:
        """Return the row of a figure that may reach its goal and not pass it."""
        return cls(name=name, value=value, unit=unit, goal=goal, bound="≤", holds=value <= goal)

    @property
    def goal_text(self) -> str:
        """Return the goal with its direction."""
        return "" if self.goal is None else f"{self.bound} {self.goal:g}"

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is shown, in the order of the table's head."""
        return (
            self.name,
            shown(self.value),
            self.unit,
            "" if self.baseline is None else shown(self.baseline),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.goal_text,
            "" if self.holds is None else ("yes" if self.holds else "NO"),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a bench: what build/bench/NAME.json holds."""

    name: str
    date: str
    machine: str
    rows: tuple[Row, ...]

    @classmethod
    def now(cls, name: str, *, machine: str, rows: Sequence[Row]) -> Self:
        """Return a report dated now, in UTC."""
        return cls(name, datetime.now(UTC).isoformat(timespec="seconds"), machine, tuple(rows))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a report that `save` or another bench has written."""
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(Row(**row) for row in said["rows"])
        return cls(said["name"], said["date"], said["machine"], rows)

    def save(self, folder: Path = FOLDER) -> Path:
        """Write FOLDER/NAME.json and return where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        rows = [{key: _rounded(value) for key, value in asdict(row).items()} for row in self.rows]
        said = {"name": self.name, "date": self.date, "machine": self.machine, "rows": rows}
        path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    def verdict(self) -> str:
        """Return one line: how many of the goals hold."""
        goals = [row.holds for row in self.rows if row.holds is not None]
        if not goals:
            return f"bench {self.name}: no goals"
        return f"bench {self.name}: {sum(goals)} of {len(goals)} goals hold"

    def table(self) -> str:
        """Return the report for a terminal."""
        lines = [_HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
        words = {0, 2}
        text = "\n".join(
            "  ".join(
                cell.ljust(width) if i in words else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
        return f"{self.name}, {self.date}\n{self.machine}\n\n{text}\n\n{self.verdict()}"

    def markdown(self, command: str) -> str:
        """Return the report for docs/benchmarks.md, with the command that made it."""
        head = f"`{command}`, {self.date}, on {self.machine}.\n"
        ruler = ("---", "---:", "---", "---:", "---:", "---:", "---")
        lines = [_HEAD, ruler, *(row.cells() for row in self.rows)]
        return head + "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def median(values: Sequence[float]) -> float:
    """Return the median of one value or more."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def shown(value: float) -> str:
    """Return a figure with at least two significant digits and all those before the point."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def with_report(page: str, *, name: str, text: str) -> str:
    """Return the page with `text` between its markers of this bench; refuse one without them."""
    start, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise InvalidMeasurement(f"the page has no markers of {name}")
    return f"{before}{start}{text}{end}{after}"
