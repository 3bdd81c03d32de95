"""The reliability diagram of docs/reading.md, drawn from the documents that nothing was fitted on.

`PYTHONPATH=tests python -m support.reliability` writes docs/reliability.svg.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from acuse.reading.calibration import calibrated
from acuse.reading.scoring import Share, all_right, judge
from acuse.reading.wire import contract_of
from support.calibrating import FIELDS, MAIN, Scored, bins_of, scores_of
from support.recognised import documents

DIAGRAM: Final = Path(__file__).parents[2] / "docs" / "reliability.svg"
ENGINES: Final = {"ppocr": "#0b6e99", "tesseract": "#b35c00"}
DOCUMENT: Final = "document"
_SIDE, _GAP, _ACROSS = 190, 46, 4


def checked(engine: str) -> Mapping[str, Sequence[Scored]]:
    """Return the calibrated scores of documents that were kept to check with.

    `document` is that of all of kind, date, amount and vendor together.
    """
    found: dict[str, list[Scored]] = {name: [] for name in (*FIELDS, DOCUMENT)}
    for seen in documents("check", engine):
        reading = calibrated(seen.reading(engine))
        right = judge(seen.known(), contract_of(reading))
        for name, score in scores_of(reading, right).items():
            found[name].append(score)
        if reading.document_confidence:
            whole = {name: is_right for name, is_right in right.items() if name != "tax_id"}
            found[DOCUMENT].append(Scored(reading.document_confidence, all_right(whole)))
    return found


def drawn(found: Mapping[str, Mapping[str, Sequence[Scored]]]) -> str:
    """Return the diagram as SVG: one panel for each field, one colour for each engine."""
    names = [*MAIN, DOCUMENT]
    rows = -(-len(names) // _ACROSS)
    wide, tall = _ACROSS * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _GAP) + 2 * _GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        'font-family="sans-serif" font-size="11">',
        "<title>Share of right fields by confidence</title>",
        f'<rect width="{wide}" height="{tall}" fill="white"/>',
    ]
    for place, name in enumerate(names):
        left = _GAP + (place % _ACROSS) * (_SIDE + _GAP)
        top = _GAP + (place // _ACROSS) * (_SIDE + _GAP)
        lines += _panel(name, {engine: found[engine][name] for engine in found}, left, top)
    for place, (engine, colour) in enumerate(ENGINES.items()):
        x = _GAP + 130 * place
        lines.append(f'<circle cx="{x}" cy="{tall - 18}" r="4" fill="{colour}"/>')
        lines.append(f'<text x="{x + 9}" y="{tall - 14}">{engine}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _panel(name: str, found: Mapping[str, Sequence[Scored]], left: int, top: int) -> Iterator[str]:
    base = top + _SIDE
    yield f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>'
    yield f'<path d="M{left} {base} L{left + _SIDE} {top}" stroke="#ccc" fill="none"/>'
    yield f'<text x="{left}" y="{top - 6}" font-weight="bold">{name}</text>'
    for share in (0.0, 0.5, 1.0):
        y = base - share * _SIDE + 4
        yield f'<text x="{left - 4}" y="{y}" text-anchor="end">{share}</text>'
        yield (
            f'<text x="{left + share * _SIDE}" y="{base + 14}" text-anchor="middle">{share}</text>'
        )
    for engine, scores in found.items():
        for part in bins_of(scores):
            yield from _point(part, ENGINES[engine], left, base)


def _point(part: Sequence[Scored], colour: str, left: int, base: int) -> Iterator[str]:
    right = Share(sum(score.is_right for score in part), len(part))
    x = left + _SIDE * sum(score.confidence for score in part) / len(part)
    low, high = (base - _SIDE * end for end in right.interval)
    y = base - _SIDE * right.value
    yield f'<path d="M{x:.1f} {low:.1f} V{high:.1f}" stroke="{colour}" stroke-opacity="0.35"/>'
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" fill-opacity="0.8"/>'


if __name__ == "__main__":
    DIAGRAM.write_text(drawn({engine: checked(engine) for engine in ENGINES}), encoding="ascii")
