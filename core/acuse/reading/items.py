"""The lines of what was bought: description, quantity, unit price, amount."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from acuse.reading.folding import fold
from acuse.reading.money import Money, find_money, parse_number
from acuse.reading.values import Item, Kind, Line, PageText

_HEADER = re.compile(
    r"DESCRIP|\bQTY\b|CANT\b|CANTIDAD|\bITEMS?\b|PRODUCTO|DETALLE|ARTICULO|P\. ?UNIT|PRECIO|U\.P|PRICE|BESCHREIBUNG|OMSCHR"
)
_END = re.compile(
    r"T[O0]TA[AL]|\bSUMME\b|\bCASH\b|CHANGE|VUELTO|EFECTIVO|ROUNDING|REDONDEO|\bSUB ?-?T|\bNETO\b|IMPORTE|ITEM\(S\)|SUBTOT|"
    r"\bVISA\b|AMOUNT DUE|PAYMENT|TENDER|\bGST\b|\bIVA\b|\bTAX\b"
)
_TIMES = re.compile(
    r"(?P<quantity>\d+(?:[.,]\d{1,4})?)\s?(?:U|UN|PCS?|KGS?|LTS?)?\s?[X@*]\s?(?:@ ?)?(?:[A-Z]{0,2}\$?\s?)(?P<price>[\d.,]+\d)"
)
_LEADING = re.compile(r"^\W*(?P<quantity>\d{1,3}(?:[.,]\d{1,3})?)\s+(?=[A-Z(\"])")
_MOST = 200
_KINDS_WITHOUT = frozenset({Kind.TRANSFER, Kind.NONE})


def read_items(pages: Sequence[PageText], kind: Kind) -> tuple[Item, ...]:
    """Return what was bought, in the document's order; none for a transfer."""
    if kind in _KINDS_WITHOUT:
        return ()
    found = [item for page in pages for item in _of_page(page.lines)]
    return tuple(dict.fromkeys(found[:_MOST]))


def _of_page(lines: Sequence[Line]) -> Iterator[Item]:
    start = _after_header(lines)
    pending = ""
    for line in lines[start:]:
        folded = fold(line.text)
        if _END.search(folded):
            return
        amounts = [m for m in find_money(line.text) if m.is_amount]
        if not amounts:
            pending = line.text if _wordy(folded) else pending
            continue
        item = _item(line.text, amounts, pending)
        pending = ""
        if item is not None:
            yield item


def _after_header(lines: Sequence[Line]) -> int:
    """Return where the items begin: after the table's heading, else at the first priced row."""
    for place, line in enumerate(lines):
        if len(_HEADER.findall(fold(line.text))) >= 2:  # noqa: PLR2004 - one word alone is any row
            return place + 1
    priced = (i for i, ln in enumerate(lines) if any(m.decimals == 2 for m in find_money(ln.text)))  # noqa: PLR2004
    return max(next(priced, len(lines)) - 1, 0)


def _item(text: str, amounts: Sequence[Money], pending: str) -> Item | None:
    folded = fold(text)
    times = _TIMES.search(folded)
    first = min([amounts[0].start, *([times.start()] if times else [])])
    description = text[:first].strip(" .:-*\t")
    leading = _LEADING.match(fold(description + " A"))
    quantity = parse_number(times["quantity"])[0] if times else None
    if quantity is None and leading and _wordy(fold(description[leading.end("quantity") :])):
        quantity = parse_number(leading["quantity"])[0]
        description = description[leading.end("quantity") :].strip()
    if not _wordy(fold(description)):
        description = pending.strip()
    if not _wordy(fold(description)) or not amounts[-1].value:
        return None
    price = parse_number(times["price"])[0] if times else _price(amounts)
    return Item(re.sub(r"\s+", " ", description), quantity, price, amounts[-1].value)


def _price(amounts: Sequence[Money]) -> Decimal | None:
    return amounts[-2].value if len(amounts) > 1 else None


def _wordy(folded: str) -> bool:
    return len(re.findall(r"[A-Z]", folded)) >= 3  # noqa: PLR2004 - fewer letters name nothing
