"""What the words beside an amount call it: the final total, a part of it, a payment, a tax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from acuse.reading.folding import fold
from acuse.reading.money import Money, find_money
from acuse.reading.rows import COLUMN
from acuse.reading.values import Line, PageText

_TOTAL = r"T[OA0]T[AE](?:L|AL|I|1|!|\|)"
# What the payer owes in the end, in the words of invoices, tickets and vouchers.
_FINAL = re.compile(
    rf"{_TOTAL} A PAGAR|IMPORTE {_TOTAL}|(?:GRAND|FINAL|NETT?|ROUNDED|BILL|INVOICE) {_TOTAL}|"
    rf"{_TOTAL} (?:ROUNDED|PAYABLE|DUE|AMOUNT DUE|AFTER|TTC|A COBRAR|FINAL|GENERAL|"
    rf"FACTURA(?!\w))|(?:AMOUNT|BALANCE) (?:DUE|PAYABLE)|SOMME A PAYER|SALDO A PAGAR|"
    rf"FACTUUR {_TOTAL}|TE BETALEN|MONTO {_TOTAL}|{_TOTAL} DEL? |VALOR {_TOTAL}|PAYABLE AMOUNT|"
    rf"AMT\.? DUE|RNDD? {_TOTAL}|AFTER ROUNDING|{_TOTAL} \(?ROUND|TO BE PAID|\bTO PAY\b|"
    rf"\bA PAGAR\b"
)
PLAIN = re.compile(
    rf"(?<![A-Z]){_TOTAL}(?![A-KM-Z])|TOTAAL|GESAMT|SUMME|RAZEM|TOTALE?\b|\bJUMLAH\b"
)
_DUE = re.compile(r"^\W*(?:DUE|PAYABLE|A PAGAR|NETT?)\b")
_INCLUSIVE = re.compile(r"INC(?:L|LUSIVE)?\b|TTC|INCLUID|ROUNDED|WITH (?:GST|TAX)")
_WEAK = re.compile(
    r"\bAMOUNT\b|\bMONTO\b|\bIMPORTE\b|\bAMT\b|\bVALOR\b|ENVIASTE|TRANSFERISTE|\bPAGASTE\b"
)
# Rows that say "total" of something else.
PARTIAL = re.compile(
    r"SUB\s?-?\s?T[O0]T|SUBT|\bNETO\b|GRAVADO|EXCL|BEFORE|\bHT\b|WITHOUT|SIN IVA|NO GRAV|EXENT|"
    r"TAXABLE"
)
_OTHER = re.compile(
    rf"QTY|QUANTITY|\bITEMS?\b|{_TOTAL} (?:TAX|GST|IVA|VAT|TVA|DISC|SAV|POINT|PCS|UNIT|DESC|"
    rf"ARTIC|TRIB|BONIF|"
    r"SUPPL|\d+ ?%|DE (?:ARTIC|ITEM|UNID|PROD|DESC))|(?:TAX|GST|IVA|VAT|DISCOUNT|SAVINGS?|"
    r"POINTS?) TOTAL|OTROS TRIBUTOS|CANT\b|CANTIDAD|INCLUDED IN|TOTAL INCLUDE[SD] |AHORR|"
    r"IVA CONTENIDO|IMP(?:UESTOS)?\.? NAC|PERCEP|UNITARIO|UNIT PRICE|SUPPLIES"
)
TENDER = re.compile(
    r"\bCASH\b|CHANGE|TUNAI|\bBAKI\b|VUELTO|EFECTIVO|TENDER|\bVISA\b|MASTER|\bPAID\b|PAGO CON|"
    r"RECIBID|\bCARD\b|SU PAGO|ENTREGO|\bCREDIT\b|DEBIT|TARJETA|\bSALDO\b(?! A PAGAR)|MEMBER|"
    r"CAMBIO\b|PAYMENT"
)
ROUNDING = re.compile(r"ROUND|RND|REDOND")
TAX = re.compile(r"\bGST\b|\bTAX\b|\bVAT\b|\bIVA\b|\bTVA\b|\bSST\b|SERVICE CH")
_SUMMARY = re.compile(
    r"(?:GST|TAX|VAT|IVA|SST)[\s:-]*(?:SUMMARY|ANALYSIS|BREAKDOWN|DETAIL)|TAX CODE|"
    r"SUMMARY.*(?:AM(?:OUN)?T|TAX)|AM(?:OUN)?T ?\((?:RM|\$)\).*TAX|TRANSPARENCIA FISCAL|GRONDSLAG"
)

# A total that says that it includes the tax.
_WHOLE = re.compile(rf"{_INCLUSIVE.pattern}|A PAGAR")
_PLAIN_INCLUSIVE = re.compile(rf"{_TOTAL}.*(?:{_INCLUSIVE.pattern})")
# The first label that fits says how much a row is worth.
_WORTH = (
    (_FINAL, 6.0),
    (_PLAIN_INCLUSIVE, 5.2),
    (PLAIN, 5.0),
    (_DUE, 4.5),
    (_WEAK, 2.6),
)
# A voucher has one amount, and "amount" is what it is called.
_WORTH_ON_VOUCHER = 5.0
# A label with at least this many points names a total.
LABELLED = 3.0
_SUMMARY_ROWS = 5
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class TotalRow:
    """One line with its amounts, and whether a tax summary holds it."""

    line: Line
    folded: str
    amounts: tuple[Money, ...]
    in_summary: bool
    is_of_voucher: bool = False

    @property
    def has_words(self) -> bool:
        """Whether it has words of its own beside its amount."""
        return len(re.findall(r"[A-Z]{3,}", self.folded)) > 1


def rows_with_amounts(page: PageText, *, is_voucher: bool = False) -> Iterator[TotalRow]:
    """Yield the page's lines with their amounts; a tax summary holds the rows below its heading."""
    left = 0
    for line in page.lines:
        folded = fold(line.text)
        left = _SUMMARY_ROWS if _SUMMARY.search(folded) else left - 1
        inside = left >= 0 and not _FINAL.search(folded)
        yield TotalRow(line, folded, tuple(find_money(line.text)), inside, is_voucher)


def label_points(row: TotalRow) -> float:
    """Say how clearly the row's words call its last amount the final total."""
    text = _own_words(row)
    points = next((worth for label, worth in _WORTH if label.search(text)), _worth_alone(row))
    if row.is_of_voucher and _WEAK.search(text):
        points = max(points, _WORTH_ON_VOUCHER)
    if PARTIAL.search(text) and not _WHOLE.search(text):
        points = min(points - 2.2, 2.4)
    if _OTHER.search(text):
        points = min(points, 1.0) - 1.0
    if points < LABELLED and TENDER.search(text):
        points = -1.0
    if points < LABELLED and ROUNDING.search(text):
        points = 4.6 if any(m.value > 1 and m.is_amount for m in row.amounts) else -1.0
    return points - (3.0 if row.in_summary else 0.0)


def has_total_label(folded: str) -> bool:
    """Tell whether words name a total, and no part of one."""
    if _OTHER.search(folded) or (PARTIAL.search(folded) and not _WHOLE.search(folded)):
        return False
    return any(label.search(folded) for label, _ in _WORTH)


def labelled_amounts(page: PageText) -> Iterator[Decimal]:
    """Yield the amounts that words beside or above them call a total."""
    rows = list(rows_with_amounts(page))
    for row, below in zip_longest(rows, rows[1:]):
        if row.in_summary:
            continue
        amounts: tuple[Money, ...] = ()
        own, last = _own_words(row), row.folded.split(COLUMN)[-1]
        if row.amounts and has_total_label(own):
            amounts = row.amounts
        elif below and not below.has_words and has_total_label(last):
            amounts = below.amounts
        clear = [abs(money.value) for money in amounts if money.is_amount and money.value]
        yield from clear[-1:]


def _worth_alone(row: TotalRow) -> float:
    """Weigh an amount without a label: large on a voucher, it is all that its row holds."""
    first = row.amounts[0] if row.amounts else None
    rest = row.folded[: first.start] + row.folded[first.end :] if first else row.folded
    return 2.6 if first and first.symbol and not rest.strip(" .:-") else 1.0


def _own_words(row: TotalRow) -> str:
    """Return the words that belong to the row's last amount: those after any amount before it."""
    if len(row.amounts) < 2:  # noqa: PLR2004 - nothing to tell apart
        return row.folded
    cells = row.folded[: row.amounts[-1].start].split(COLUMN)
    for place in range(len(cells) - 1, 0, -1):
        own = COLUMN.join(cells[place:])
        if any(find_money(cells[place - 1])) and len(re.findall(r"[A-Z]", own)) >= _FEWEST_LETTERS:
            return own
    return row.folded
