"""Who issued the document: its legal or trade name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from acuse.reading.dates import find_dates
from acuse.reading.folding import fold
from acuse.reading.money import find_money
from acuse.reading.picking import Candidate, pick
from acuse.reading.rows import COLUMN
from acuse.reading.values import Line, PageText, Reading

# Letters; what has fewer is seldom a business's whole name.
_SHORTEST_NAME = 5

_LABEL = re.compile(
    r"(?:(?P<receiver>APELLIDO[^:]{0,20}|CLIENTE[^:]{0,12}|RECEPTOR[^:]{0,12})?RAZON SOCIAL|"
    r"SOLD BY|VENDIDO POR|EMISOR|NOMBRE DE FANTASIA|NOMBRE COMERCIAL|DENOMINACION|MERCHANT|"
    r"COMERCIO|SELLER)\s?[:.]\s?"
)
LEGAL_FORM = re.compile(
    r"\bS[DO0]N\.? ?B[HN][DO0U]\b|\b[S5]/B\b|\bSB\b(?=\W|$)|\bBHD\b|\bS\.? ?R\.? ?L\b\.?|"
    r"\bS\.? ?A\.? ?S\b\.?|\bS\.? ?A\b\.?(?! \d)|\bS\.? ?C\.? ?A\b|\bLTD[A.]?\b|\bINC\b|\bLLC\b|"
    r"\bGMBH\b|\bB\.V\b|\bPTE\b|\bPVT\b|\bSARL\b|\bCORP\b|\bPLC\b|\bS\.P\.A\b|\bSPZ|\bSAS\b|"
    r"\bENTERPRISE\b|\bTRADING\b|\bCIA\b|\bE HIJOS\b|\bHNOS\b|\bCOOP|\bS\. ?DE R|\bSP\. Z|\bAG\b"
)
_TRADE = re.compile(
    r"RESTORAN|RESTAURAN|\bMART\b|MARKET|STATIONER|HARDWARE|PHARMACY|FARMACIA|\bCAFE\b|BAKER|"
    r"PANADERIA|KIOSCO|KIOSKO|SUPERMERC|\bHOTEL\b|LIBRERIA|FERRETERIA|\bBAR\b|\bSHOP\b|"
    r"\bSTORES?\b|\bKEDAI\b|PERNIAGAAN|PETROL|ESTACION|ALMACEN|PARRILLA|PIZZ|HELADERIA|"
    r"DISTRIBUIDORA|COMERCIAL\b|AUTOSERVICIO|TIENDA|CLINIC|BOOK|FASHION|ELECTRI|\bGIFTS?\b|"
    r"\bDECO|SUPPL(?:Y|IES)\b|\bFOODS?\b|SEAFOOD|\bMOTOR|GLASS|BEAUTY|OPTIC|KITCHEN|BISTRO|"
    r"\bHOUSE\b"
)
# Lines that stand at a document's head and are not a name.
_HEADING = re.compile(
    r"^\W*(?:SIMPLIFIED )?(?:TAX |SALES |CASH |RETAIL )?(?:INVOICES?|RECEIPT|BILL|FACTURA|"
    r"FACTUUR|RECHNUNG|TICKET|TIQUE)\b|\bORIGINAL\b|DUPLICA|TRIPLIC|\bCOPY\b|^\W*COD|"
    r"NOTA DE (?:CRED|DEB)|^\W*RECIBO|COMPROBANTE|WELCOME|BIENVENID|THANK|GRACIAS|CUSTOMER|"
    r"CLIENTE|CASHIER|CAJERO|CAJA\b|SALESP|TABLE|\bMESA\b|OPERATOR|OWNED|PAGE\b|^\W*(?:DATE|"
    r"FECHA|TIME|HORA)\b|CONTROLADOR|LICENSEE|PUNTO DE VENTA|P\.? ?V\.? ?N|^\W*N(?:RO|O|UMERO)\b|"
    r"BILL TO|SHIP TO|ATTN|MEMBER|REPRINT|DESCRIPTION|PAYMENT|SETTLEMENT|POSTED|DELIVERED|PRINT|"
    r"CONSUMIDOR|CANT\b|DOCUMENTO|^\W*[ABCEM]\W*$|^\W*RESP|SALE\b"
)
_ADDRESS = re.compile(
    r"^\W*(?:NO|LOT|UNIT|LEVEL|BLOCK|BLK|AV|AVDA|CALLE|RUTA|DOM)\b\.?,? ?[\dA-Z]?|\bJALAN\b|"
    r"\bJLN\b|\bTAMAN\b|\bTMN\b|\bLORONG\b|\bROAD\b|\bSTREET\b|\bAVENUE\b|\bFLOOR\b|AVENIDA|"
    r"BARRIO|\bC\.?P\.?\s?[:A-Z]?\d|\b\d{5}\b|SELANGOR|JOHOR|LUMPUR|BUENOS AIRES|C\.A\.B\.A|"
    r"\bCABA\b|ARGENTINA$|DOMICILIO|\bPISO\b|LOCALIDAD|PROVINCIA|\bRUE\b|STRASSE|SEKSYEN|\bAV\. |"
    r"\bAVDA|\bKM \d|MALAYSIA$|^\W*\d+[A-Z]?[,-]"
)
_CONTACT = re.compile(
    r"\bTEL(?:E[FP]\w*|F|S)?\b|\bFAX\b|PHONE|MOBILE|E-?MAIL|@\w|WWW|HTTP|\.COM\b|WHATSAPP|"
    r"HOTLINE|\bGST\b|\bSST\b|"
    r"C\.?U\.?I\.?T|ING\.? ?BR|INGRESOS|\bIVA\b|I\.V\.A|INICIO|\bREG\b|COMPANY NO|"
    r"\bCO\.? ?(?:REG|NO)|ROC NO|\bVAT\b|\bBTW\b|\bIIBB\b|MONOTRIB|\bROC\b"
)
# Whoever it is made out to, also with a letter misread.
_RECEIVER = re.compile(r"^\W*(?:SE[NFM]I?O[RL]|CLIENTE\b|RECEPTOR\b|COMPRADOR\b|ADQUIRENTE\b)")
_REGISTRATION = re.compile(
    r"\s*[\[({]?\s*(?:CO\.?|COMPANY|REG|ROC)?\.? ?(?:NO|REG)?[.:]? ?\d{5,}\s?-? ?[A-Z]?\b.*$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:TAX )?(?:INVOICE|FACTURA|RECEIPT|FACTUUR|BILL)\W*$|^FACTU+RA?\W+", re.IGNORECASE
)
# Letters that engines mistake in a legal form everyone knows.
_SDN_BHD = re.compile(r"\bS[DO0]N\.? ?B[HN][DO0U]\b", re.IGNORECASE)
# What a confidence is worth whose name goes on where nothing was read.
_BROKEN_OFF = 0.6
_CUT_OFF = re.compile(r"\w ?[-&,]$")
_HEAD_ROWS = 14
# What stands below "TAX INVOICE", once a name was seen, is rather the customer.
_BEHIND = 2.0


def read_vendor(pages: Sequence[PageText]) -> Reading[str] | None:
    """Return the issuer's name as printed, or None if no line looks like one."""
    found = pick(_candidates(pages), pages)
    if found is None or not (_is_open(found.value) or _CUT_OFF.search(found.evidence.text)):
        return found
    return replace(found, confidence=round(_BROKEN_OFF * found.confidence, 4))


def _candidates(pages: Sequence[PageText]) -> Iterator[Candidate[str]]:
    for page in pages[:1]:
        size = median([line.box.height for line in page.lines] or [1.0]) or 1.0
        rank, penalty = 0, 0.0
        for place, line in enumerate(page.lines):
            below = page.lines[place + 1 : place + 3]
            yield from _labelled(line, below)
            penalty = _BEHIND if rank and _HEADING.search(fold(line.text)) else penalty
            for text in line.text.split(COLUMN)[: 3 if place < _HEAD_ROWS else 0]:
                if not _may_be_name(text):
                    continue
                tall = 0.6 * (min(line.box.height / size, 2.0) - 1.0) - 0.06 * place - penalty
                for name, bonus in _joined(text, below):
                    points = _points(name, line, rank) + tall + bonus
                    yield Candidate(clean_name(name), points, line)
                rank += 1


def _labelled(line: Line, below: Sequence[Line]) -> Iterator[Candidate[str]]:
    match = _LABEL.search(fold(line.text))
    if match is None or match["receiver"]:
        return
    value = line.text[match.end() :].split(COLUMN)[0].strip()
    name = clean_name(re.split(r"\s+(?:Fecha|CUIT|C\.U\.I\.T|Punto)\b", value)[0])
    if _letters(name) >= 3:  # noqa: PLR2004 - shorter is noise
        sure = 4.0 if match[0].startswith("SOLD") and not LEGAL_FORM.search(fold(name)) else 7.0
        yield Candidate(name, sure, line)
    elif below:
        yield Candidate(clean_name(below[0].text.split(COLUMN)[0]), 4.0, below[0])


def _may_be_name(text: str) -> bool:
    folded = fold(text)
    if _letters(text) < 3 or len(text) > 60:  # noqa: PLR2004 - noise, or a sentence
        return False
    if _RECEIVER.match(folded):
        return False
    if LEGAL_FORM.search(folded) and not _CONTACT.search(folded):
        return True
    if _HEADING.search(folded) or _ADDRESS.search(folded) or _CONTACT.search(folded):
        return False
    has_figures = next(find_dates(text), None) or any(m.is_amount for m in find_money(text))
    return not has_figures and _letters(text) >= 0.5 * len(text.replace(" ", ""))


def _points(text: str, line: Line, rank: int) -> float:
    folded = fold(text)
    points = 4.0 - 0.55 * min(rank, 8)
    if LEGAL_FORM.search(folded):
        points += 2.4
    elif _TRADE.search(folded):
        points += 1.2
    if line.confidence < 0.6:  # noqa: PLR2004 - letters nobody should trust
        points -= 1.5
    if len(re.findall(r"[A-Z]{2,}", folded)) == 0 or _letters(text) < _SHORTEST_NAME:
        points -= 1.2
    return points


def _joined(text: str, below: Sequence[Line]) -> Iterator[tuple[str, float]]:
    """Yield the name, and it with the next rows when they carry it on to its legal form."""
    yield text, 0.0
    if LEGAL_FORM.search(fold(text)) and not _is_open(text):
        return
    if text.islower():
        # What somebody wrote above the name by hand.
        return
    whole = text
    for line in below:
        rest = line.text.split(COLUMN)[0]
        if not (_is_open(whole) or _carries_on(fold(rest))) or not _may_be_name(rest):
            return
        was_open, whole = _is_open(whole), f"{whole} {rest}"
        if not _is_open(whole) and (was_open or LEGAL_FORM.search(fold(rest))):
            yield whole, 0.6
            return


def _is_open(text: str) -> bool:
    """Whether a bracket waits for the next row to close it."""
    return text.count("(") > text.count(")")


def _carries_on(folded: str) -> bool:
    """Whether a row is the end of a name, its legal form with one more word at most."""
    if not LEGAL_FORM.search(folded):
        return False
    return len(re.findall(r"[A-Z]{3,}", LEGAL_FORM.sub("", folded))) <= 1


def clean_name(text: str) -> str:
    """Return a name without registration numbers, headings and stray signs around it."""
    name = _TAIL.sub("", text.strip())
    name = re.sub(r"\s*[\[({][^\])}]*\d{4,}.*$", "", name)
    name = _REGISTRATION.sub("", re.sub(r"\W*\d{2}\s?-\s?\d{8}\s?-\s?\d.*$", "", name))
    name = _SDN_BHD.sub("SDN BHD", name)
    name = re.sub(r"^[^\w(\"'&]+|[^\w).!\"']+$", "", name)
    return re.sub(r"\s+", " ", name)


def _letters(text: str) -> int:
    return sum(char.isalpha() for char in text)
