"""CUIT and CUIL: eleven digits, the last of which checks the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stdnum.ar import cuit

from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Line, PageText, Reading

_SHAPE = re.compile(
    r"(?<![\dA-Z])(\d{2})\s?[-\u2013.]?\s?(\d{8}|\d{2}\.\d{3}\.\d{3})\s?[-\u2013.]?\s?(\d)(?!\d)"
)
_LABEL = re.compile(r"C\.?\s?U\.?\s?I\.?\s?[TL1I]")
_RECEIVER = re.compile(
    r"CLIENTE|SENOR|\bSR(?:ES|A)?\b|COMPRADOR|RECEPTOR|ADQUIRENTE|APELLIDO|A CONSUMIDOR|"
    r"\bDESTINATARIO\b"
)
_PREFIXES = frozenset({"20", "23", "24", "25", "26", "27", "30", "33", "34"})


def find_tax_ids(text: str) -> Iterator[tuple[str, int]]:
    """Yield each valid CUIT or CUIL of the text as eleven digits, and where it starts."""
    for match in _SHAPE.finditer(fold(text)):
        digits = re.sub(r"\D", "", "".join(match.groups()))
        if is_tax_id(digits):
            yield digits, match.start()


def is_tax_id(digits: str) -> bool:
    """Whether the eleven digits have a person's or company's prefix and the right check digit."""
    return digits[:2] in _PREFIXES and bool(cuit.is_valid(digits))


def read_tax_id(pages: Sequence[PageText]) -> Reading[str] | None:
    """Return the issuer's CUIT: the first one that no word gives to the receiver."""
    return pick(_candidates(pages), pages)


def _candidates(pages: Sequence[PageText]) -> Iterator[Candidate[str]]:
    rank = 0
    for page in pages:
        lines = page.lines
        for place, line in enumerate(lines):
            for digits, start in find_tax_ids(line.text):
                yield Candidate(
                    digits, _points(line, start, lines[max(place - 2, 0) : place], rank), line
                )
                rank += 1


def _points(line: Line, start: int, above: Sequence[Line], rank: int) -> float:
    before = fold(line.text)[:start]
    points = 4.5 - 1.2 * min(rank, 3)
    points += 1.0 if _LABEL.search(before) else 0.0
    if _RECEIVER.search(before):
        points -= 3.0
    elif any(_RECEIVER.search(fold(other.text)) for other in above):
        points -= 1.5
    return points
