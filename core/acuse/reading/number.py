"""The document's own number: "00003-00012345", a foreign invoice's, or a transfer's operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Kind, Line, PageText, Reading

_DASHED = re.compile(r"(?<![\d-])(\d{4,5})\s?[-\u2013\u2014]\s?(\d{8})(?![\d-])")
_POINT = re.compile(
    r"(?:PUNTO DE VENTA|PTO\.? ?(?:DE )?V(?:EN)?TA|"
    r"P\.? ?V\.?)\s?(?:N[RO.]{1,3})?\s?[:.]*\s?(\d{1,5})(?!\d)"
)
_SERIAL = re.compile(
    r"(?:COMP(?:ROBANTE)?\.? ?N[RO.]{1,3}|N[RO.]{1,3} ?(?:DE )?(?:COMP(?:ROBANTE)?|T(?:ICKET|"
    r"IQUE)?|FACTURA)?\.?|(?:TICKET|TIQUE|FACTURA)(?: ?[ABCEM])? ?N[RO.]{1,3}|"
    r"NUMERO)\s?[:.]*\s?(\d{3,8})(?!\d)"
)
_OPERATION = re.compile(
    r"(?:N(?:UMERO|RO|O|\.O)?\.? ?(?:DE )?(?:LA )?(?:OPERACION|TRANSACCION|TRANSFERENCIA|"
    r"COMPROBANTE|REFERENCIA|CONTROL)|OPERACION N?[RO.]*|COMPROBANTE N?[RO.]*|"
    r"ID (?:DE )?(?:LA )?(?:OPERACION|TRANSFERENCIA|TRANSACCION)|CODIGO DE (?:IDENTIFICACION|"
    r"TRANSFERENCIA|OPERACION)|REFERENCIA|COELSA ID|ID COELSA|NUMERO)"
)
# Words with an hour in them ("las12:57") are none.
_CODE = re.compile(r"(?<![A-Z\d])(?=[A-Z-]{0,20}\d)[A-Z\d-]{5,40}(?![A-Z\d:])")
_ABROAD = re.compile(
    r"(?:INVOICE|INV|RECEIPT|BILL|DOC(?:UMENT)?|FACTURE|SLIP|RECHNUNGS?|FACTUUR|F?ACTUUR|"
    r"TRANS(?:ACTION)?|TAX INVOICE)\s?(?:NUMMER|NUMBER|NO|NR|N[O.]|#|ID|"
    r"N)?\s?[.,:#]*\s{0,3}#?\s?(?P<number>[A-Z\d][A-Z\d/_-]*\d[A-Z\d/_-]*)"
)
_SHORTEST = 4


def read_number(pages: Sequence[PageText], kind: Kind) -> Reading[str] | None:
    """Return the document's number in the form its kind has, or None."""
    lines = [line for page in pages for line in page.lines]
    if kind is Kind.NONE:
        return None
    if kind is Kind.FOREIGN:
        return pick(_foreign(lines), pages)
    if kind is Kind.TRANSFER:
        return pick(_operations(lines), pages)
    return pick(_fiscal(lines), pages)


def fiscal_number(point: int, serial: int) -> str:
    """Return "00003-00012345" from a point of sale and a serial number."""
    return f"{point:05d}-{serial:08d}"


def _fiscal(lines: Sequence[Line]) -> Iterator[Candidate[str]]:
    point: int | None = None
    for rank, line in enumerate(lines):
        folded = fold(line.text)
        for match in _DASHED.finditer(folded):
            yield Candidate(fiscal_number(int(match[1]), int(match[2])), 5.0 - 0.05 * rank, line)
        sale = _POINT.search(folded)
        point = int(sale[1]) if sale else point
        serial = _SERIAL.search(folded, sale.end() if sale else 0)
        if serial and point is not None:
            yield Candidate(fiscal_number(point, int(serial[1])), 5.2 - 0.05 * rank, line)


def _operations(lines: Sequence[Line]) -> Iterator[Candidate[str]]:
    for rank, line in enumerate(lines):
        match = _OPERATION.search(fold(line.text))
        if match is None:
            continue
        points = 5.0 - 0.05 * rank - (1.0 if "CODIGO" in match[0] or "COELSA" in match[0] else 0.0)
        code = _CODE.search(fold(line.text), match.end())
        below = lines[rank + 1] if rank + 1 < len(lines) else None
        if code:
            yield Candidate(line.text[code.start() : code.end()], points, line)
        elif below and (code := _CODE.search(fold(below.text))):
            yield Candidate(below.text[code.start() : code.end()], points - 0.5, below)


def _foreign(lines: Sequence[Line]) -> Iterator[Candidate[str]]:
    for rank, line in enumerate(lines):
        for match in _ABROAD.finditer(fold(line.text)):
            if len(match["number"]) >= _SHORTEST:
                strong = 1.5 if re.match(r"INV|TAX|RECH|FACT|F?ACTUUR", match[0]) else 0.0
                value = line.text[match.start("number") : match.end("number")]
                yield Candidate(value, 3.5 + strong - 0.03 * rank, line)
