"""The taxes that a document names with an amount, none of them twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from acuse.reading.folding import fold
from acuse.reading.money import Money, find_money
from acuse.reading.rows import COLUMN
from acuse.reading.tax_labels import HIGHEST_RATE, is_sum, tax_kind, tax_name, tax_rate
from acuse.reading.total_labels import TotalRow, rows_with_amounts
from acuse.reading.values import PageText, Tax, TaxKind

_MOST = 20
_CENTS = Decimal("0.01")
# A tax printed from its base and rate may be off by what each of some items was rounded by.
_ROUNDED = Decimal("0.05")
# A row of a foreign tax summary: a code, maybe a tax and a rate, the base, the tax.
_CODED = re.compile(
    r"^\W*(?:SR|S|T|TX|TXR|SV|A|\d{1,2}(?:[.,]\d+)?\s?%)?\b\W*(?:(?:GST|SST|VAT|TAX)\b)?[^A-Z]*$"
)
_VALUE_ADDED = re.compile(r"\b(?:GST|VAT|IVA|TVA|BTW)\b")
_SUMMARISED = 2
# Headings of what was bought: its columns hold a rate more often than a tax.
_BOUGHT = re.compile(r"DESCRIP|CANT|DETALLE|PRODUCT|ARTICULO|\bITEM|QTY|QUANTITY|UNIT|PRECIO|PRICE")
# What "Otros tributos" may be the sum of.
_SUMMED = (
    {TaxKind.PERCEPCION},
    {TaxKind.INTERNAL},
    {TaxKind.PERCEPCION, TaxKind.INTERNAL},
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A tax, and whether its row sums up others."""

    tax: Tax
    is_sum: bool


def read_taxes(pages: Sequence[PageText], *, total: Decimal | None) -> tuple[Tax, ...]:
    """Return the taxes in the document's order.

    Amounts are as printed, never zero, and less than the `total` where that is known. A sum of
    taxes ("Total IVA", "Otros tributos") counts only where none of those that it sums up is
    printed; so does the summary below a foreign receipt.
    """
    found: list[_Found] = []
    summaries: list[Tax] = []
    for page in pages:
        rows = [*rows_with_amounts(page)]
        for place, row in enumerate(rows):
            named = [*_in_row(row)]
            if row.in_summary:
                found += [each for each in named if each.is_sum]
                summaries += [each.tax for each in named if not each.is_sum]
                summaries += [] if named else [*_in_summary(row, rows)]
            else:
                found += named or [*_below_headings(row, rows[place + 1 : place + 2])]
    own = [each.tax for each in found if not each.is_sum]
    sums = [each.tax for each in found if each.is_sum and not _is_covered(each.tax, own)]
    # Of an invoice's copies, each shows the same ones.
    taxes = [*dict.fromkeys([*own, *_each_once(sums)])] or [*dict.fromkeys(summaries)]
    small = [tax for tax in taxes if total is None or tax.amount < total]
    return tuple(tax for tax in small if not _is_base(tax, small))[:_MOST]


def _is_base(tax: Tax, taxes: Sequence[Tax]) -> bool:
    """Whether it is what another tax was taken of: "TAX AMT 6%   13.30", "GST 6%   0.80"."""
    return any(
        each.rate is not None
        and tax.rate in {None, each.rate}
        and each.amount < tax.amount
        and abs(tax.amount * each.rate / 100 - each.amount) <= _CENTS
        for each in taxes
    )


def _is_covered(whole: Tax, own: Sequence[Tax]) -> bool:
    """Whether a sum's parts are among the taxes: any of its kind, or those that make it up."""
    alike = [tax for tax in own if tax.kind is whole.kind]
    return bool(alike) or whole.amount in {
        *(tax.amount for tax in own),
        *(sum((tax.amount for tax in own if tax.kind in kinds), Decimal(0)) for kinds in _SUMMED),
    }


def _each_once(sums: Sequence[Tax]) -> Iterator[Tax]:
    """Yield one sum of each kind and amount: "IVA contenido" is printed beside "Total IVA"."""
    seen: set[tuple[TaxKind, Decimal]] = set()
    for tax in sums:
        if (tax.kind, tax.amount) not in seen:
            seen.add((tax.kind, tax.amount))
            yield tax


def _in_row(row: TotalRow) -> Iterator[_Found]:
    """Yield the taxes that a row names before their amounts, left to right."""
    amounts = [money for money in row.amounts if money.is_amount]
    label, start = "", 0
    held: list[Money] = []
    for money in amounts:
        words = row.line.text[start : money.start]
        if _has_letters(words):
            yield from _named(label, held)
            label, held = words, []
        held.append(money)
        start = money.end
    yield from _named(label, held)


def _named(label: str, amounts: Sequence[Money]) -> Iterator[_Found]:
    """Yield the tax of a label and the amounts behind it: the base may stand before the tax."""
    cells = label.split(COLUMN)
    named = next(((kind, cell) for cell in cells if (kind := tax_kind(cell))), None)
    if named is None or not amounts:
        return
    kind, label = named
    rate, values = tax_rate(label), [abs(money.value) for money in amounts]
    if rate is None and len(values) > 1 and values[0] < values[1] and values[0] <= HIGHEST_RATE:
        # "IVA (21,00)   4.200,00": no base is smaller than its tax.
        rate, values = values[0].normalize() or None, values[1:]
    amount = _taxed(values, rate)
    if amount:
        yield _Found(Tax(kind, tax_name(label), rate, amount), is_sum(label))


def _taxed(amounts: Sequence[Decimal], rate: Decimal | None) -> Decimal:
    """Return the amount that is the rate's share of another, else the last one."""
    if rate is not None:
        for base, tax in pairwise(amounts):
            if abs(base * rate / 100 - tax) <= _ROUNDED:
                return tax.quantize(_CENTS)
    return amounts[-1].quantize(_CENTS)


def _below_headings(row: TotalRow, below: Sequence[TotalRow]) -> Iterator[_Found]:
    """Yield the taxes of a row of headings whose amounts stand in the row below it."""
    headings = row.line.text.split(COLUMN)
    priced = any(money.is_amount for money in row.amounts)
    if len(headings) < _SUMMARISED or priced or _BOUGHT.search(row.folded):
        return
    for values in below:
        cells = values.line.text.split(COLUMN)
        if len(cells) != len(headings) or _has_letters(values.line.text):
            return
        for heading, cell in zip(headings, cells, strict=True):
            amounts = [money for money in find_money(cell) if money.is_amount]
            if len(amounts) == 1:
                yield from _named(heading, amounts)


def _in_summary(row: TotalRow, rows: Sequence[TotalRow]) -> Iterator[Tax]:
    """Yield the tax of a row of a summary: "SR @ 6%   8.49   0.51"."""
    amounts = [abs(money.value) for money in row.amounts if money.is_amount]
    if len(amounts) < _SUMMARISED or not _CODED.match(row.folded):
        return
    label = row.line.text[: row.amounts[0].start]
    rate = tax_rate(label)
    amount = _taxed(amounts, rate)
    if amount and amount < amounts[0]:
        is_iva = any(_VALUE_ADDED.search(each.folded) for each in rows)
        yield Tax(TaxKind.IVA if is_iva else TaxKind.OTHER, tax_name(label), rate, amount)


def _has_letters(text: str) -> bool:
    return bool(re.search(r"[A-Z]{2}|%", fold(text)))
