"""The fisc's authorization of an invoice: its CAE (or CAEA), and the day it expires.

ARCA gives each electronic invoice a *código de autorización electrónico* of 14 digits; one that
is asked for in advance is a CAEA (RG 4291/2018, RG 5782/2025).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from acuse.reading.dates import find_dates
from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Line, PageText, Reading

_LABEL = re.compile(
    r"\bC\.?\s?A\.?\s?E\b\.?|\bC\.?A\.?E\.?A\b\.?|\bCAEA?(?=[\dN])|"
    r"CODIGO DE AUTORIZACION ELECTRONIC[OA]"
)
_DIGITS = re.compile(r"(?<!\d)[0-9]{14}(?!\d)|(?<![\d-])[0-9]{2,12}(?: [0-9]{2,12}){1,4}(?![\d/-])")
_LENGTH = 14
_EXPIRES = re.compile(r"\bVTO\b|VENC|\bVIGENCIA\b|\bVCTO\b|VALIDO HASTA|\bEXP")
# What else of an invoice has a day it is due.
_PAYMENT = re.compile(r"\bPAGO\b|FACTURA|COBRO|PERIODO|\bDUE\b|CUOTA|\bC\.?A\.?I\b")


def read_cae(pages: Sequence[PageText]) -> Reading[str] | None:
    """Return the 14 digits beside or below "CAE"; None where no word names them."""
    return pick(_codes(pages), pages)


def _codes(pages: Sequence[PageText]) -> Iterator[Candidate[str]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            label = _LABEL.search(fold(line.text))
            if label is None:
                continue
            beside = [*_fourteen(line.text, label.end())]
            yield from (Candidate(code, 5.5, line) for code in beside[:1])
            if beside:
                continue
            for below in page.lines[place + 1 : place + 2]:
                yield from (Candidate(code, 4.5, below) for code in _fourteen(below.text, 0))


def _fourteen(text: str, start: int) -> Iterator[str]:
    """Yield what has 14 digits, gaps between them or not."""
    for match in _DIGITS.finditer(fold(text), start):
        digits = match[0].replace(" ", "")
        if len(digits) == _LENGTH:
            yield digits


def read_cae_expiry(pages: Sequence[PageText]) -> Reading[date] | None:
    """Return the last day of the CAE, or None if no day is called so."""
    return pick(_expiries(pages), pages)


def _expiries(pages: Sequence[PageText]) -> Iterator[Candidate[date]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            near = page.lines[max(place - 1, 0) : place] + page.lines[place + 1 : place + 2]
            start = 0
            for found in find_dates(line.text):
                points = _points(line, start, found.start, near)
                start = found.end
                if points > 0.0:
                    yield Candidate(found.value, points, line)


def _points(line: Line, start: int, end: int, near: Sequence[Line]) -> float:
    """Say how clearly the words before a date, and those around it, make it the CAE's end."""
    folded = fold(line.text)
    before = folded[min(start, end) : end]
    here = _LABEL.search(folded)
    if _PAYMENT.search(before):
        return 0.0
    if _EXPIRES.search(before):
        if _LABEL.search(before):
            return 6.0
        around = any(_LABEL.search(fold(other.text)) for other in near)
        return 5.0 if here else 4.0 if around else 0.0
    above = next((fold(o.text) for o in near if o.box.top < line.box.top), "")
    in_columns = _LABEL.search(above) and _EXPIRES.search(above) and not _PAYMENT.search(above)
    return 4.2 if in_columns and any(_fourteen(line.text, 0)) else 0.0
