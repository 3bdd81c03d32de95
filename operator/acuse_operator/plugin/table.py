"""Text as kubectl prints it: aligned columns under capitals, and ages in two units at most."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

_GAP: Final = "   "
# Where a value in a column ends; `-o json` has it whole.
_LONGEST: Final = 60
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_SIZES: Final = {"s": 1, "m": _MINUTE, "h": _HOUR}
# kubectl's own: below how many seconds, in what unit, and beside it in which smaller one.
_STEPS: Final = (
    (2 * _MINUTE, 1, "s", ""),
    (10 * _MINUTE, _MINUTE, "m", "s"),
    (3 * _HOUR, _MINUTE, "m", ""),
    (8 * _HOUR, _HOUR, "h", "m"),
    (48 * _HOUR, _HOUR, "h", ""),
    (8 * _DAY, _DAY, "d", "h"),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; what is empty is shown as `-`, and no line ends in blanks."""
    shown = [tuple(head), *(tuple(cell or "-" for cell in row) for row in rows)]
    widths = [max(len(row[place]) for row in shown) for place in range(len(head))]
    return [
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines moved in by two."""
    return [f"  {line}" for line in lines]


def moment(text: object) -> datetime | None:
    """Return a time as the API writes it; None for what is none."""
    try:
        found = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def age(text: object, *, now: datetime) -> str:
    """Return how long ago a time is, as kubectl says it: 45s, 7m3s, 90m, 5h2m, 3d."""
    then = moment(text)
    if then is None:
        return ""
    return duration(max(0, int((now - then).total_seconds())))


def duration(seconds: int) -> str:
    """Return a span as kubectl says it: the longer it is, the rougher."""
    for below, size, unit, smaller in _STEPS:
        if seconds < below:
            few = seconds % size // _SIZES[smaller] if smaller else 0
            return f"{seconds // size}{unit}{few}{smaller}" if few else f"{seconds // size}{unit}"
    return f"{seconds // _DAY}d"


def value(found: Any) -> str:
    """Return a field's value in one short line."""
    if found is None:
        return "-"
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
