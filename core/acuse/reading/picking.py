"""Readers yield candidates with points; one rule picks, and says how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from acuse.reading.values import Box, Evidence, Line, PageText, Reading

T = TypeVar("T")

# A value seen again is worth this much more each time it doubles.
_REPEAT = 0.6
_HIGHEST = 0.97


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """A value someone may have meant, its points (5 is a clear label), and the line it is from."""

    value: T
    points: float
    line: Line


def pick(candidates: Iterable[Candidate[T]], pages: Sequence[PageText]) -> Reading[T] | None:
    """Return the value with the most points, surer the clearer it leads; None without any."""
    groups: dict[T, list[Candidate[T]]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.value, []).append(candidate)
    if not groups:
        return None
    ranked = sorted(groups.values(), key=_points, reverse=True)
    best = max(ranked[0], key=lambda c: c.points)
    lead = _points(ranked[0]) - _points(ranked[1]) if len(ranked) > 1 else _points(ranked[0])
    return Reading(
        value=best.value,
        confidence=confidence_of(_points(ranked[0]), lead=lead, letters=best.line.confidence),
        evidence=evidence_of(best.line, pages),
    )


def confidence_of(points: float, *, lead: float, letters: float) -> float:
    """Return 0..1 from a candidate's points, its lead, and the engine's trust in the letters."""
    surely = 1 / (1 + math.exp(-(0.45 * (points - 3.5) + 0.7 * min(lead, 4.0))))
    return round(_HIGHEST * surely * (0.55 + 0.45 * letters), 4)


def evidence_of(line: Line, pages: Sequence[PageText]) -> Evidence:
    """Return the line as evidence, its box in fractions of the page."""
    page = next(p for p in pages if p.number == line.page)
    wide, tall = max(page.width, 1e-6), max(page.height, 1e-6)
    box = Box(
        left=round(line.box.left / wide, 4),
        top=round(line.box.top / tall, 4),
        right=round(line.box.right / wide, 4),
        bottom=round(line.box.bottom / tall, 4),
    )
    return Evidence(page=line.page, box=box, text=line.text, source=line.source)


def _points(group: Sequence[Candidate[T]]) -> float:
    return max(c.points for c in group) + _REPEAT * math.log2(len(group))
