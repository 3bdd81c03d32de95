"""The CUIT or CUIL of whom an invoice is made out to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.rows import COLUMN
from acuse.reading.tax_id import find_tax_ids
from acuse.reading.values import Line, PageText, Reading

_RECEIVER = re.compile(
    r"\bCLIENTE\b|\bSENOR(?:ES|A|\b|\()|\bSR(?:ES|A)?\b|COMPRADOR|RECEPTOR|ADQUIRENTE|\bTOMADOR\b|"
    r"APELLIDO Y NOMBRE|\bA FAVOR DE\b|FACTURAR A|FACTURADO A|BILL TO|CUSTOMER|\bDESTINATARIO\b"
)
# Others whose tax id an invoice may show: who printed the paper, carries the goods, made the till.
_OTHERS = re.compile(
    r"IMPRENTA|IMPRESO|IMPRESION|\bC\.?A\.?I\b|TRANSPORT|SOFTWARE|HABILITACION|MANDANTE|"
    r"CUENTA Y ORDEN|\bING\.? ?BR|INGRESOS BRUTOS|\bIIBB\b|AGENTE"
)
# A receiver's tax id stands at most so many rows below its heading.
_BELOW = 3


def read_receiver_tax_id(pages: Sequence[PageText], *, issuer: str | None) -> Reading[str] | None:
    """Return the receiver's 11 digits: those beside a word for it, else a second one.

    Without the issuer's own (`issuer`) a tax id is only the receiver's where a word says so.
    """
    return pick(_candidates(pages, issuer), pages)


def _candidates(pages: Sequence[PageText], issuer: str | None) -> Iterator[Candidate[str]]:
    rank = 0
    for page in pages:
        heading = -_BELOW - 1
        for place, line in enumerate(page.lines):
            if _RECEIVER.search(fold(line.text)):
                heading = place
            for digits, start in find_tax_ids(line.text):
                points = _points(line, start, place - heading)
                if digits != issuer and (points > 0.0 or issuer is not None):
                    yield Candidate(digits, 2.6 + points - 0.3 * min(rank, 4), line)
                    rank += 1


def _points(line: Line, start: int, rows_below: int) -> float:
    """Say how clearly the words around a tax id give it to the receiver."""
    folded = fold(line.text)
    cell = folded.rfind(COLUMN, 0, start) + 1
    if _OTHERS.search(folded, cell, start):
        return -2.0
    if _RECEIVER.search(folded, 0, start):
        return 3.4
    if rows_below == 0:
        # "CUIT: 30…   Apellido y Nombre / Razón Social: …", as the fisc's own service prints it.
        return 2.8
    return 2.4 - 0.4 * rows_below if rows_below <= _BELOW else 0.0
