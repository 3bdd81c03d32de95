"""The currency of the total, as an ISO 4217 code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from acuse.reading.folding import fold
from acuse.reading.money import find_money
from acuse.reading.picking import evidence_of
from acuse.reading.values import Kind, Line, PageText, Reading

# Words that name a currency without standing beside an amount; the first that matches counts.
_WORDS = (
    ("USD", re.compile(r"U\$[SD]|\bUSD\b|DOLARES|US DOLLARS?|DOLAR ESTADOUNIDENSE")),
    ("EUR", re.compile(r"\bEUR(?:OS?)?\b|€|\bTVA\b|\bBTW\b|\bMWST\b")),
    ("MYR", re.compile(r"\bRM\b|\(RM\)|\bSDN\.? ?BHD|MALAYSIA|\bRINGGIT")),
    ("BRL", re.compile(r"R\$|\bREAIS\b|\bCNPJ\b")),
    ("INR", re.compile(r"₹|\bRUPEES?\b|\bINDIA\b|\bGSTIN\b")),
    ("GBP", re.compile(r"£|\bGBP\b")),
    ("ARS", re.compile(r"PESOS ARGENTINOS|\bARS\b|C\.?U\.?I\.?T\b")),
    ("UYU", re.compile(r"PESOS URUGUAYOS|\bUYU\b")),
    ("CLP", re.compile(r"PESOS CHILENOS|\bCLP\b")),
)
_RATE = re.compile(r"COTIZACION|TIPO DE CAMBIO|EXCHANGE RATE|\bTC:|EQUIVALE")
_TOTAL = re.compile(r"TOTAL|TOTAAL|IMPORTE|MONTO|AMOUNT")


def read_currency(pages: Sequence[PageText], kind: Kind) -> Reading[str] | None:
    """Return the currency; "$" alone is the peso in an Argentine document, else the dollar."""
    lines = [line for page in pages for line in page.lines]
    votes = _votes(lines)
    if not lines or kind is Kind.NONE:
        return None
    local = kind is not Kind.FOREIGN
    dollar_sign = votes.pop("$", None)
    if votes:
        code, (weight, line) = max(votes.items(), key=lambda vote: vote[1][0])
        if not (local and dollar_sign and dollar_sign[0] > weight):
            sure = 0.93 if weight > 1 else 0.8
            return Reading(code, sure, evidence_of(line, pages))
    if dollar_sign or local:
        line = dollar_sign[1] if dollar_sign else lines[-1]
        sure = 0.9 if dollar_sign and local else 0.6
        return Reading("ARS" if local else "USD", sure, evidence_of(line, pages))
    return None


def _votes(lines: Sequence[Line]) -> dict[str, tuple[float, Line]]:
    """Weigh each currency by the amounts that carry its symbol, totals most, and by its words."""
    weights: Counter[str] = Counter()
    first: dict[str, Line] = {}
    for line in lines:
        folded = fold(line.text)
        if _RATE.search(folded):
            continue
        beside = 3 if _TOTAL.search(folded) else 1
        found = [(m.symbol, beside) for m in find_money(line.text) if m.symbol]
        found += [(code, beside) for code, word in _WORDS if word.search(folded)]
        for code, weight in found:
            weights[code] += weight
            first.setdefault(code, line)
    return {code: (float(weight), first[code]) for code, weight in weights.items()}
