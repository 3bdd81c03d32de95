"""What a document is: an Argentine fiscal kind, a ticket, a transfer, foreign, or none of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from acuse.reading.folding import fold
from acuse.reading.money import find_money
from acuse.reading.picking import evidence_of
from acuse.reading.rows import COLUMN
from acuse.reading.tax_id import find_tax_ids
from acuse.reading.values import Evidence, Kind, Line, PageText, Reading, Source

# ARCA's table of kinds (whatsapp.md section 5); 81-120 are those of fiscal printers.
_CODES: dict[Kind, tuple[int, ...]] = {
    Kind.FACTURA_A: (1, 5, 81, 201),
    Kind.FACTURA_B: (6, 10, 82, 206),
    Kind.FACTURA_C: (11, 16, 111, 211),
    Kind.FACTURA_E: (19,),
    Kind.FACTURA_M: (51, 55, 118),
    Kind.NOTA_DEBITO: (2, 7, 12, 20, 52, 115, 116, 117, 120, 202, 207, 212),
    Kind.NOTA_CREDITO: (3, 8, 13, 21, 53, 110, 112, 113, 114, 119, 203, 208, 213),
    Kind.RECIBO: (4, 9, 15, 54),
    Kind.TICKET: (83, 109),
}
KIND_OF_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_LETTERS = {
    "A": Kind.FACTURA_A,
    "B": Kind.FACTURA_B,
    "C": Kind.FACTURA_C,
    "E": Kind.FACTURA_E,
    "M": Kind.FACTURA_M,
}
_CODE = re.compile(r"\bC[O0]D(?:IGO)?\.?\s?(?:N[O.]{1,2})?\s?:?\s?(\d{1,3})(?!\d)")
_FACTURA = re.compile(r"\bFACTURA\b|\bFACT\.|FACTURA(?=\W*[ABCEM]\b)|\bFAC\b")
# What is printed on all that is no invoice.
_NO_FACTURA = re.compile(r"(?:NO ?(?:ES ?)?VALID[OA]|SIN VALIDEZ) ?COMO ?FACTURA")
_FACTURA_LETTER = re.compile(
    r"\bFACTURA\W{0,4}([ABCEM])(?![A-Z])|\bFACT\.? ?([ABCEM])(?![A-Z])|\bFAC\W{1,3}([ABCEM])\b"
)
_ALONE = re.compile(r"^\W*([ABCEM])\W*$")
_TRANSFER = re.compile(
    r"TRANSFER|\bCBU\b|\bCVU\b|DESTINATARIO|BENEFICIARIO|CUENTA (?:DE )?DESTINO|COELSA|\bALIAS\b|"
    r"ENVIASTE|CUENTA ORIGEN|NUMERO DE OPERACION|\bORDENANTE\b|COMPROBANTE DE (?:PAGO|TRANSF|"
    r"ENVIO)|DINERO ENVIADO|CUENTA DEBITO"
)
_LOCAL = re.compile(
    r"C\.?U\.?I\.?T|INGRESOS BRUTOS|ING\.? ?BRUTOS|MONOTRIBUT|CONSUMIDOR FINAL|\bIVA\b|\bI\.V\.A|"
    r"\bCAE\b|\bCAI\b|\bARCA\b|\bAFIP\b|PUNTO DE VENTA|BUENOS AIRES|ARGENTIN|\bCABA\b|\bVUELTO\b|"
    r"EFECTIVO|\bTIQUE|GRACIAS POR|\bCAJERO?\b|IMPORTE|RESP\. ?INSC"
)
_ABROAD = re.compile(
    r"\bGST\b|SDN|\bRM ?\d|INVOICE|RECHNUNG|FACTUUR|\bVAT\b|\bTVA\b|\bBTW\b|RECEIPT|\bCHANGE\b|"
    r"\bCASHIER\b|TOTAL DUE|\bMWST|\bCASH\b|THANK YOU|AMOUNT|SUBTOTAAL|€|£|NOTA FISCAL|\bCNPJ\b|"
    r"\bRFC\b|\bRUT\b|\bQTY\b|\bTAX\b"
)
_CREDIT = re.compile(r"NOTA\s+(?:DE\s+)?CREDITO|\bN/?C\s+[ABCEM]\b|NOTA CRED")
_DEBIT = re.compile(r"NOTA\s+(?:DE\s+)?DEBITO|\bN/?D\s+[ABCEM]\b")
_RECEIPT = re.compile(
    r"^\W*RECIBO\b|\bRECIBI(?:MOS)? (?:DE|LA)|RECIBO (?:OFICIAL|DE PAGO|N|[ABCMX]\b)"
)
_TICKET = re.compile(r"\bTI(?:QUE|CKET)|CONTROLADOR FISCAL|A CONSUMIDOR FINAL|\bVUELTO\b")
# Without a letter, the parties' tax condition says which invoice it must be.
_IMPLIED = (
    (Kind.FACTURA_C, 0.6, re.compile(r"MONOTRIBUT")),
    (Kind.FACTURA_E, 0.6, re.compile(r"EXPORTACION")),
    (Kind.FACTURA_B, 0.6, re.compile(r"CONSUMIDOR FINAL|IVA CONTENIDO")),
    (Kind.FACTURA_A, 0.45, re.compile(r"\bCUIT\b|\bIVA\b")),
)
_HEAD_ROWS = 16


def read_kind(pages: Sequence[PageText]) -> Reading[Kind]:
    """Return the kind; `none` if the document does not look like a receipt of any sort."""
    lines = [line for page in pages for line in page.lines]
    found = next(_rules(lines), None)
    if found is None:
        return Reading(Kind.NONE, 0.6 if lines else 0.9, _whole(pages))
    kind, sureness, line = found
    letters = 0.6 + 0.4 * line.confidence
    return Reading(kind, round(sureness * letters, 4), evidence_of(line, pages))


def _rules(lines: Sequence[Line]) -> Iterator[tuple[Kind, float, Line]]:
    """Yield what each rule says, the most certain rule first."""
    local = _hits(_LOCAL, lines) + 2 * any(True for line in lines for _ in find_tax_ids(line.text))
    abroad = _hits(_ABROAD, lines)
    if local > abroad / 2:
        yield from _by_code(lines)
        yield from _by_heading(lines)
    transfer = [line for line in lines if _TRANSFER.search(fold(line.text))]
    if len(transfer) >= 2 and (local or not abroad):  # noqa: PLR2004 - one word alone is no proof
        yield Kind.TRANSFER, min(0.6 + 0.09 * len(transfer), 0.96), transfer[0]
    yield from _by_letter(lines)
    priced = [ln for ln in lines if any(m.is_amount for m in find_money(ln.text))]
    if not priced or local + abroad == 0:
        return
    ticket = next((ln for ln in lines if _TICKET.search(fold(ln.text))), priced[-1])
    if local >= abroad:
        yield Kind.TICKET, min(0.55 + 0.06 * (local - abroad), 0.9), ticket
    yield Kind.FOREIGN, min(0.6 + 0.06 * (abroad - local), 0.95), priced[-1]


def _by_code(lines: Sequence[Line]) -> Iterator[tuple[Kind, float, Line]]:
    for line in lines[:_HEAD_ROWS]:
        match = _CODE.search(fold(line.text))
        kind = KIND_OF_CODE.get(int(match[1])) if match else None
        if kind:
            yield kind, 0.97, line


def _by_heading(lines: Sequence[Line]) -> Iterator[tuple[Kind, float, Line]]:
    head = lines[:_HEAD_ROWS]
    for kind, pattern in ((Kind.NOTA_CREDITO, _CREDIT), (Kind.NOTA_DEBITO, _DEBIT)):
        yield from ((kind, 0.93, line) for line in head if pattern.search(fold(line.text)))
    for line in head:
        match = _FACTURA_LETTER.search(fold(line.text))
        if match:
            letter = next(g for g in match.groups() if g)
            yield _LETTERS[letter], 0.94, line
    yield from ((Kind.RECIBO, 0.9, ln) for ln in head if _RECEIPT.search(fold(ln.text)))


def _by_letter(lines: Sequence[Line]) -> Iterator[tuple[Kind, float, Line]]:
    """Find the letter in its own box, or what the parties' tax condition says it must be."""
    head = lines[:_HEAD_ROWS]
    heading = next((line for line in head if _is_invoice(fold(line.text))), None)
    if heading is None:
        return
    for line in head:
        for part in fold(line.text).split(COLUMN):
            alone = _ALONE.match(part)
            if alone:
                yield _LETTERS[alone[1]], 0.9, line
    text = "\n".join(fold(line.text) for line in lines)
    for kind, sureness, words in _IMPLIED:
        if words.search(text):
            yield kind, sureness, heading
            return


def _is_invoice(folded: str) -> bool:
    return bool(_FACTURA.search(folded)) and not _NO_FACTURA.search(folded)


def _hits(pattern: re.Pattern[str], lines: Sequence[Line]) -> int:
    return sum(1 for line in lines if pattern.search(fold(line.text)))


def _whole(pages: Sequence[PageText]) -> Evidence:
    source = pages[0].source if pages else Source.OCR
    return Evidence(page=1, box=None, text="", source=source)
