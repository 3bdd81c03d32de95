"""The final total to pay, among all the amounts of a document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from acuse.reading.folding import fold
from acuse.reading.money import Money, find_money
from acuse.reading.picking import Candidate, pick
from acuse.reading.values import Line, PageText, Reading

_TOTAL = r"T[O0]T[AE](?:L|AL|I|1|!|\|)"
# What the payer owes in the end, in the words of invoices, tickets and vouchers.
_FINAL = re.compile(
    rf"{_TOTAL} A PAGAR|IMPORTE {_TOTAL}|(?:GRAND|FINAL|NETT?|ROUNDED|BILL|INVOICE) {_TOTAL}|"
    rf"{_TOTAL} (?:ROUNDED|PAYABLE|DUE|AMOUNT DUE|AFTER|TTC|A COBRAR|FINAL|GENERAL|FACTURA(?!\w))|"
    rf"(?:AMOUNT|BALANCE) (?:DUE|PAYABLE)|SOMME A PAYER|SALDO A PAGAR|FACTUUR {_TOTAL}|"
    rf"TE BETALEN|MONTO {_TOTAL}|{_TOTAL} DEL? |VALOR {_TOTAL}|PAYABLE AMOUNT|AMT\.? DUE|"
    rf"RNDD? {_TOTAL}|AFTER ROUNDING|{_TOTAL} \(?ROUND"
)
_PLAIN = re.compile(
    rf"(?<![A-Z]){_TOTAL}(?![A-KM-Z])|TOTAAL|GESAMT|SUMME|RAZEM|TOTALE?\b|\bJUMLAH\b"
)
_DUE = re.compile(r"^\W*(?:DUE|PAYABLE|A PAGAR|NETT?)\b")
_INCLUSIVE = re.compile(r"INC(?:L|LUSIVE)?\b|TTC|INCLUID|ROUNDED|WITH (?:GST|TAX)")
_WEAK = re.compile(
    r"\bAMOUNT\b|\bMONTO\b|\bIMPORTE\b|\bAMT\b|\bVALOR\b|ENVIASTE|TRANSFERISTE|\bPAGASTE\b"
)
# Rows that say "total" of something else.
_PARTIAL = re.compile(
    r"SUB\s?-?\s?T[O0]T|SUBT|\bNETO\b|GRAVADO|EXCL|BEFORE|\bHT\b|WITHOUT|SIN IVA|NO GRAV|EXENT|TAXABLE"
)
_OTHER = re.compile(
    rf"QTY|QUANTITY|\bITEMS?\b|{_TOTAL} (?:TAX|GST|IVA|VAT|TVA|DISC|SAV|POINT|PCS|UNIT|DESC|ARTIC|TRIB|BONIF|"
    r"SUPPL|\d+ ?%)|(?:TAX|GST|IVA|VAT|DISCOUNT|SAVINGS?|POINTS?) TOTAL|OTROS TRIBUTOS|CANT\b|CANTIDAD|"
    r"INCLUDED IN|TOTAL INCLUDE[SD] |AHORR|IVA CONTENIDO|IMP(?:UESTOS)?\.? NAC|PERCEP|UNITARIO|UNIT PRICE|SUPPLIES"
)
_TENDER = re.compile(
    r"\bCASH\b|CHANGE|TUNAI|\bBAKI\b|VUELTO|EFECTIVO|TENDER|\bVISA\b|MASTER|\bPAID\b|PAGO CON|RECIBID|\bCARD\b|"
    r"SU PAGO|ENTREGO|\bCREDIT\b|DEBIT|TARJETA|\bSALDO\b(?! A PAGAR)|MEMBER|CAMBIO\b|PAYMENT"
)
_ROUNDING = re.compile(r"ROUND|RND|REDOND")
_TAX = re.compile(r"\bGST\b|\bTAX\b|\bVAT\b|\bIVA\b|\bTVA\b|\bSST\b|SERVICE CH")
_SUMMARY = re.compile(
    r"(?:GST|TAX|VAT|IVA|SST)[\s:-]*(?:SUMMARY|ANALYSIS|BREAKDOWN|DETAIL)|TAX CODE|SUMMARY.*(?:AM(?:OUN)?T|TAX)|"
    r"AM(?:OUN)?T ?\((?:RM|\$)\).*TAX|TRANSPARENCIA FISCAL|GRONDSLAG"
)
_SUMMARY_ROWS = 5
# A total that a printed rounding turns into another value has been replaced by that one.
_ROUNDED = 100
_LARGEST = Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class _Row:
    """One line with its amounts, and whether a tax summary holds it."""

    line: Line
    folded: str
    amounts: tuple[Money, ...]
    in_summary: bool


def read_amount(pages: Sequence[PageText]) -> Reading[Decimal] | None:
    """Return the total to pay, always positive; None if the document shows no amount."""
    rows = [row for page in pages for row in _rows(page)]
    seen = Counter(
        abs(m.value) for r in rows for m in r.amounts if m.is_amount and not r.in_summary
    )
    sums = _arithmetic(rows)
    candidates = [
        Candidate(c.value, c.points + _support(c.value, seen, sums), c.line)
        for c in _candidates(rows)
        if 0 < c.value < _LARGEST
    ]
    return pick(candidates, pages)


def _rows(page: PageText) -> Iterator[_Row]:
    left = 0
    for line in page.lines:
        folded = fold(line.text)
        left = _SUMMARY_ROWS if _SUMMARY.search(folded) else left - 1
        inside = left >= 0 and not _FINAL.search(folded)
        yield _Row(line, folded, tuple(find_money(line.text)), inside)


def _candidates(rows: Sequence[_Row]) -> Iterator[Candidate[Decimal]]:
    for place, row in enumerate(rows):
        label = _label_points(row)
        depth = place / len(rows)
        money = _rightmost(row.amounts, labelled=label >= _LABELLED)
        if money is not None:
            bonus = (
                0.4 * depth + (0.3 if money.symbol else 0.0) + (0.3 if money.decimals == 2 else 0)
            )  # noqa: PLR2004
            yield Candidate(abs(money.value), label + bonus, row.line)
        elif label >= _LABELLED:
            yield from _beside(rows, place, label)


_LABELLED = 3.0


def _rightmost(amounts: Sequence[Money], *, labelled: bool) -> Money | None:
    """Pick the row's amount; where a label asks for one, a whole number will do."""
    clear = [m for m in amounts if m.is_amount and m.value]
    if clear:
        return clear[-1]
    return amounts[-1] if labelled and amounts and amounts[-1].value else None


def _label_points(row: _Row) -> float:
    """Say how clearly the row's words call its amount the final total."""
    text = row.folded
    points = 1.0
    if _FINAL.search(text):
        points = 6.0
    elif _PLAIN.search(text):
        points = 5.2 if _INCLUSIVE.search(text) else 5.0
    elif _DUE.search(text):
        points = 4.5
    elif _WEAK.search(text):
        points = 2.6
    if _PARTIAL.search(text) and not _INCLUSIVE.search(text):
        points = min(points - 2.2, 2.4)
    if _OTHER.search(text):
        points = min(points, 1.0) - 1.0
    if _TENDER.search(text) and points < _LABELLED:
        points = -1.0
    if _ROUNDING.search(text) and points < _LABELLED:
        points = 4.6 if any(m.value > 1 and m.is_amount for m in row.amounts) else -1.0
    return points - (3.0 if row.in_summary else 0.0)


def _beside(rows: Sequence[_Row], place: int, label: float) -> Iterator[Candidate[Decimal]]:
    """Yield the amount of the next row, or of the one before, for a label that stands alone."""
    for step, loss in ((1, 0.8), (-1, 1.6), (2, 1.6)):
        if not 0 <= place + step < len(rows):
            continue
        row = rows[place + step]
        money = _rightmost(row.amounts, labelled=step == 1)
        if money is not None and _label_points(row) < _LABELLED and not _words(row):
            yield Candidate(abs(money.value), label - loss, row.line)


def _words(row: _Row) -> bool:
    """Whether the row has words of its own beside its amount."""
    return len(re.findall(r"[A-Z]{3,}", row.folded)) > 1


def _arithmetic(rows: Sequence[_Row]) -> Counter[Decimal]:
    """Count the ways in which the document's own sums confirm a value as the total."""
    confirmed: Counter[Decimal] = Counter()
    tender = [m for r in rows if _TENDER.search(r.folded) for m in r.amounts[-1:] if m.is_amount]
    for paid in tender:
        for change in tender:
            if abs(paid.value) > abs(change.value) > 0:
                confirmed[abs(paid.value) - abs(change.value)] += 1
    nets = [
        m.value for r in rows if _PARTIAL.search(r.folded) for m in r.amounts[-1:] if m.is_amount
    ]
    totals = [
        m.value for r in rows if _PLAIN.search(r.folded) for m in r.amounts[-1:] if m.is_amount
    ]
    taxes = [m.value for r in rows if _TAX.search(r.folded) for m in r.amounts[-1:] if m.is_amount]
    rounding = [
        m.value for r in rows if _ROUNDING.search(r.folded) for m in r.amounts[-1:] if m.is_amount
    ]
    small = [value for value in rounding if 0 < abs(value) < Decimal("0.05")]
    for whole, part in {(n, t) for n in nets for t in taxes}:
        if 0 < abs(part) < whole:
            confirmed[whole + part] += 1
    for whole, part in {(t, r) for t in totals + nets for r in small}:
        confirmed[whole + part] += _ROUNDED
        confirmed[whole - part] += _ROUNDED if part > 0 else 0
    return confirmed


def _support(value: Decimal, seen: Counter[Decimal], sums: Counter[Decimal]) -> float:
    """Weigh what the rest of the document says for a value: sums that end in it, being largest."""
    points = 0.9 if sums[value] else 0.0
    points += 1.6 if sums[value] >= _ROUNDED else 0.0
    largest = max((v for v in seen), default=value)
    return points + (0.4 if value == largest else 0.0) + 0.25 * min(seen[value] - 1, 3)
