"""The lines of what was bought: description, quantity, unit price, amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from acuse.reading.dates import find_dates
from acuse.reading.folding import fold
from acuse.reading.money import Money, find_money, parse_number
from acuse.reading.values import Item, Kind, Line, PageText

# Letters; a row with fewer beside its figures describes nothing.
_SHORTEST_TEXT = 4

_HEADER = re.compile(
    r"DESCRIP|\bQTY\b|CANT\b|CANTIDAD|\bITEMS?\b|PRODUCTO|DETALLE|ARTICULO|P\. ?UNIT|PRECIO|U\.P|"
    r"PRICE|BESCHREIBUNG|OMSCHR|ARTIKEL|DESIGNATION|QUANTITY|IMPORTE|AMOUNT|\bAMT\b|SUBTOTAL"
)
_END = re.compile(
    r"T[O0]TA[AL]|\bSUMME\b|\bCASH\b|CHANGE|VUELTO|EFECTIVO|ROUNDING|REDONDEO|\bSUB ?-?T|"
    r"\bNETO\b|IMPORTE|ITEM\(S\)|SUBTOT|\bVISA\b|\bDUE\b|PAYMENT|TENDER|\bGST\b|\bIVA\b|\bTAX\b"
)
_TIMES = re.compile(
    r"(?<![\d.,])(?P<quantity>\d+(?:[.,]\d{1,4})?)\s?(?:UN?|PCS?|KGS?|"
    r"LTS?)?\s?[X@*]\s?(?:@ ?)?(?:[A-Z]{0,2}\$?\s?)(?P<price>[\d.,]+\d)(?!\d)"
)
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?:[.,]\d{1,4})?(?![\w.,]|\s?%)")
_LEADING_CODE = re.compile(r"^\W*\d{2,14}\s+(?=[A-Z(\"])")
_LEADING_QUANTITY = re.compile(r"^\W*(?P<quantity>\d{1,3})\s+(?=[A-Z(\"])")
_TRAILING = re.compile(r"\s(?P<quantity>\d+(?:[.,]\d+)?)\s*(?:[A-Za-z]{1,5})?$")
_CENT = Decimal("0.02")
_MOST = 200
_FEWEST_LETTERS = 3
_KINDS_WITHOUT = frozenset({Kind.TRANSFER, Kind.NONE})


@dataclass(frozen=True, slots=True)
class _Count:
    """How many, at which price: printed on a row of its own, above or below its item."""

    quantity: Decimal
    price: Decimal


def read_items(pages: Sequence[PageText], kind: Kind) -> tuple[Item, ...]:
    """Return what was bought, in the document's order; none for a transfer."""
    if kind in _KINDS_WITHOUT:
        return ()
    found = [item for page in pages for item in _of_page(page.lines)]
    # An Argentine invoice repeats itself on its copies' pages.
    return tuple(dict.fromkeys(found))[:_MOST]


def _of_page(lines: Sequence[Line]) -> list[Item]:
    items: list[Item] = []
    pending, count = "", None
    for line in lines[_first_row(lines) :]:
        folded = fold(line.text)
        if _END.search(folded):
            break
        amounts = [m for m in find_money(line.text) if m.is_amount and m.value]
        alone = _count_alone(folded, amounts)
        if alone is not None:
            count = None if _attach(items, alone) else alone
        elif not amounts:
            pending = line.text if _names_something(line.text) else pending
        elif (item := _item(line.text, amounts, pending)) is not None:
            items.append(_counted(item, count))
            pending, count = "", None
    return items


def _first_row(lines: Sequence[Line]) -> int:
    """Return where the items begin: below the table's heading, else near the first priced row."""
    for place, line in enumerate(lines):
        headings = set(_HEADER.findall(fold(line.text)))
        if len(headings) > 1 and not any(_with_cents(line.text)):
            return place + 1
    priced = (place for place, line in enumerate(lines) if any(_with_cents(line.text)))
    return max(next(priced, len(lines)) - 1, 0)


def _with_cents(text: str) -> Iterator[Money]:
    yield from (money for money in find_money(text) if money.is_amount)


def _count_alone(folded: str, amounts: Sequence[Money]) -> _Count | None:
    """Return the row's count if it says nothing else: "2 x 4.350,50"."""
    times = _TIMES.search(folded)
    described = times is not None and _letters(folded.replace(times[0], "")) >= _SHORTEST_TEXT
    if times is None or len(amounts) > 1 or described:
        return None
    return _Count(parse_number(times["quantity"])[0], parse_number(times["price"])[0])


def _attach(items: list[Item], count: _Count) -> bool:
    """Give the count to the item above it if it explains that amount."""
    if not items or items[-1].quantity is not None or not _explains(count, items[-1].amount):
        return False
    items[-1] = replace(items[-1], quantity=count.quantity, unit_price=count.price)
    return True


def _counted(item: Item, count: _Count | None) -> Item:
    if count is None or not _explains(count, item.amount):
        return item
    return replace(item, quantity=count.quantity, unit_price=count.price)


def _explains(count: _Count, amount: Decimal) -> bool:
    return abs(count.quantity * count.price - amount) <= _CENT


def _item(text: str, amounts: Sequence[Money], pending: str) -> Item | None:
    total = amounts[-1]
    count = _count_in(text, total, amounts)
    description = _description(text, amounts)
    if not _names_something(description):
        description = pending
    if not _names_something(description):
        return None
    leading = _LEADING_QUANTITY.match(fold(description))
    if count is None and leading:
        count = _Count(Decimal(leading["quantity"]), total.value / int(leading["quantity"] or 1))
        count = count if _whole_cents(count.price) and int(leading["quantity"]) else None
    return Item(
        description=_cleaned(_without(description, count)),
        quantity=count.quantity if count else None,
        unit_price=count.price if count else None,
        amount=total.value,
    )


def _count_in(text: str, total: Money, amounts: Sequence[Money]) -> _Count | None:
    """Find the quantity and price in the row whose product is its amount."""
    times = _TIMES.search(fold(text))
    if times:
        count = _Count(parse_number(times["quantity"])[0], parse_number(times["price"])[0])
        if _explains(count, total.value):
            return count
    numbers = [(m.start(), parse_number(m[0])[0]) for m in _NUMBER.finditer(text[: total.start])]
    # The quantity's column stands before the price's more often than after it.
    ordered = [(n, p.value) for p in reversed(amounts[:-1]) for at, n in numbers if at < p.start]
    swapped = [(n, p.value) for p in amounts[:-1] for at, n in numbers if at > p.start]
    pairs = (_Count(quantity, price) for quantity, price in ordered + swapped if quantity)
    return next((pair for pair in pairs if _explains(pair, total.value)), None)


def _description(text: str, amounts: Sequence[Money]) -> str:
    """Return the row's words: what stands before its first number column."""
    times = _TIMES.search(fold(text))
    ends = [amounts[0].start, *([times.start()] if times else [])]
    return text[: min(ends)].rstrip(" €$")


def _without(description: str, count: _Count | None) -> str:
    """Cut the quantity's column off the words before it."""
    match = _TRAILING.search(description)
    if match and count and parse_number(match["quantity"])[0] == count.quantity:
        return description[: match.start()]
    return description


def _cleaned(description: str) -> str:
    without_code = description[_match_end(_LEADING_CODE, description) :]
    kept = without_code[_match_end(_LEADING_QUANTITY, without_code) :]
    return re.sub(r"\s+", " ", kept).strip(" .:-*\t€$|")


def _match_end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(fold(text))
    return match.end() if match else 0


def _whole_cents(price: Decimal) -> bool:
    return price == price.quantize(Decimal("0.01"))


def _names_something(text: str) -> bool:
    return _letters(fold(text)) >= _FEWEST_LETTERS and not any(find_dates(text))


def _letters(folded: str) -> int:
    return len(re.findall(r"[A-Z]", folded))
