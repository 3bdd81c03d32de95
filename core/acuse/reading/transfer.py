"""The names and tax ids of a transfer voucher's parties, by the words that stand before them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from acuse.reading.folding import fold
from acuse.reading.money import find_money
from acuse.reading.picking import Candidate, pick
from acuse.reading.rows import COLUMN
from acuse.reading.tax_id import find_tax_ids
from acuse.reading.values import Line, PageText, Reading

# A party's name has so many letters, and is letters to this share: an account's number is neither.
_SHORTEST_NAME = 4
_LETTERS_OF_NAME = 0.7

_RECIPIENT = re.compile(
    r"^\W*(?:(?:DATOS|NOMBRE(?: Y APELLIDO)?|CUIT|CUIL|CUIT/CUIL|TITULAR)? ?(?:DE LA |"
    r"DEL? )?(?:CUENTA )?(?:DE )?(?:DESTINATARIO|BENEFICIARIO|DESTINO|RECEPTOR)|A NOMBRE DE|"
    r"(?:LE )?(?:ENVIASTE|TRANSFERISTE|PAGASTE)(?: DINERO)? A|PARA(?=\s*:|\s*$|\s+[A-Z])|HACIA|"
    r"QUIEN RECIBE|ACREDITAD[AO] (?:EN|A)|A(?=\s*:|\s*$))\b\s*[:.-]*\s*"
)
_ORIGIN = re.compile(
    r"^\W*(?:(?:DATOS|NOMBRE(?: Y APELLIDO)?|CUIT|CUIL|CUIT/CUIL|TITULAR)? ?(?:DE LA |"
    r"DEL? )?(?:CUENTA )?(?:DE )?(?:ORDENANTE|ORIGEN|REMITENTE|EMISOR|DEBITO)|DE(?=\s*:|\s*$)|"
    r"DESDE|QUIEN ENVIA|DEBITAD[AO])\b\s*[:.-]*\s*"
)
_NAMED = re.compile(
    r"^\W*(?:TITULAR|NOMBRE(?: Y APELLIDO| COMPLETO)?|RAZON SOCIAL|APELLIDO Y NOMBRE)\b\s*[:.-]*\s*"
)
_NO_NAME = re.compile(
    r"\bCUI[TL]\b|\bCBU\b|\bCVU\b|\bALIAS\b|\bBANCO\b|CUENTA|MERCADO PAGO|IMPORTE|MONTO|FECHA|"
    r"MOTIVO|CONCEPTO|VARIOS|\bDNI\b|COMPROBANTE|TRANSFER|OPERACION|REFERENCIA|ENTIDAD|\bUALA\b|"
    r"NARANJA X|BRUBANK|CODIGO|NUMERO|\bDATOS\b|TIPO|PESOS|\bCAJA\b"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a row between two wide gaps, and where its middle stands."""

    text: str
    middle: float
    line: Line


def read_recipient(pages: Sequence[PageText]) -> tuple[Reading[str] | None, Reading[str] | None]:
    """Return the recipient's name and tax id, each None if the voucher does not say it."""
    names, ids = _walk(cells_of(pages), _RECIPIENT, _ORIGIN)
    # What nobody is named for is rather the recipient's.
    return pick(names, pages), pick([c for c in ids if c.points > -1.0], pages)


def read_sender(pages: Sequence[PageText]) -> tuple[Reading[str] | None, Reading[str] | None]:
    """Return the sender's name and tax id, each None unless a word gives it to them."""
    names, ids = _walk(cells_of(pages), _ORIGIN, _RECIPIENT)
    return pick(names, pages), pick([c for c in ids if c.points > 1.0], pages)


def cells_of(pages: Sequence[PageText]) -> list[Cell]:
    """Return the cells in reading order; of two parties side by side, one after the other."""
    return [cell for page in pages for cell in _cells(page)]


def is_recipient(cell: Cell) -> bool | None:
    """Whether a cell begins with words for the recipient; None if it begins with neither party."""
    folded = fold(cell.text)
    if _RECIPIENT.match(folded):
        return True
    return False if _ORIGIN.match(folded) else None


def _cells(page: PageText) -> Iterator[Cell]:
    rows = [list(_split(line)) for line in page.lines]
    for place, row in enumerate(rows):
        sides = [cell for cell in row if _party(cell) and not _rest_of(cell)]
        if len(sides) == 2 and len(row) == 2:  # noqa: PLR2004 - both parties on one row
            yield from (cell for above in rows[:place] for cell in above)
            below = [cell for under in rows[place:] for cell in under]
            border = (sides[0].middle + sides[1].middle) / 2
            yield from (cell for cell in below if cell.middle < border)
            yield from (cell for cell in below if cell.middle >= border)
            return
    yield from (cell for row in rows for cell in row)


def _split(line: Line) -> Iterator[Cell]:
    wide = (line.box.right - line.box.left) / (len(line.text) or 1)
    start = 0
    for part in line.text.split(COLUMN):
        middle = line.box.left + wide * (start + len(part) / 2)
        start += len(part) + len(COLUMN)
        yield Cell(part.strip(), middle, line)


def _party(cell: Cell) -> re.Match[str] | None:
    folded = fold(cell.text)
    return _RECIPIENT.match(folded) or _ORIGIN.match(folded)


def _rest_of(cell: Cell) -> str:
    match = _party(cell)
    return cell.text[match.end() :].strip() if match else cell.text


def _walk(
    cells: Sequence[Cell], theirs: re.Pattern[str], others: re.Pattern[str]
) -> tuple[list[Candidate[str]], list[Candidate[str]]]:
    """Give each name and tax id to the party whose label came last before it."""
    names: list[Candidate[str]] = []
    ids: list[Candidate[str]] = []
    worth = 0.5
    for cell in cells:
        folded = fold(cell.text)
        if theirs.match(folded):
            worth = 6.5
        elif others.match(folded):
            worth = -1.0
        named = None if _party(cell) else _NAMED.match(folded)
        text = cell.text[named.end() :].strip() if named else _rest_of(cell)
        points = worth - 0.4 * len(names)
        if _is_name(text):
            names.append(Candidate(text, points + (0.5 if named else 0.0), cell.line))
        ids += [Candidate(d, worth - 0.4 * len(ids), cell.line) for d, _ in find_tax_ids(cell.text)]
    return [c for c in names if c.points > 1.0], ids


def _is_name(text: str) -> bool:
    folded = fold(text)
    letters = sum(char.isalpha() for char in text)
    mostly_letters = letters >= _LETTERS_OF_NAME * len(text.replace(" ", ""))
    if letters < _SHORTEST_NAME or not mostly_letters or _NO_NAME.search(folded):
        return False
    return not any(m.is_amount for m in find_money(text))
