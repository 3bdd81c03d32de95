"""What the words before an amount say of a tax: which one it is, and at which rate."""

from __future__ import annotations

import re
from decimal import Decimal

from acuse.reading.folding import fold
from acuse.reading.values import TaxKind

# Before a tax's own name: "Total IVA", "Importe IVA 21%", "Add: GST".
_LEAD = (
    r"^\W*(?:(?:TOTAL|IMPORTE|MONTO|MTO\.?|LIQ\.?|ADD|PLUS|MAS|OF WHICH|DONT|"
    r"INC(?:L(?:UDES|UYE)?)?|"
    r"\d{1,2}(?:[.,]\d{1,2})?\s?%)[\s:]*){0,2}"
)
_PERCEPTION = (
    r"(?:PERC(?:EP(?:CION(?:ES)?)?)?\b\.?|IIBB\b|I\.I\.B\.B\b|ING(?:RESOS)?\.? BRUTOS\b|"
    r"RG\.? ?(?:AFIP|ARCA|DGI)?\s?\d{4})"
)
_INTERNAL = r"IMP(?:UESTOS?)?\.? ?INT(?:ERNOS?)?\b"
# Taxes on value added, in the languages that invoices come in.
_VALUE_ADDED = (
    r"(?:I\.?\s?V\.?\s?A\b\.?|IMPUESTO AL VALOR AGREGADO|V\.?A\.?T\b\.?|G\.?S\.?T\b\.?|"
    r"T\.?V\.?A\b\.?|BTW\b|MWST\b|UST\b|IGV\b|VALUE ADDED TAX)"
)
_OTHER = (
    r"(?:S\.?S\.?T\b\.?|SERVICE TAX|SALES TAX|(?:STATE |CITY |LOCAL )?TAX(?:ES)?\b|"
    r"IMP(?:UESTOS?)?\b\.?|"
    r"OTROS (?:TRIBUTOS|IMP(?:UESTOS)?)|TRIBUTOS|TASA (?:MUNICIPAL|VIAL)|TASA\b|"
    r"I\.?D\.?C\b|I\.?C\.?L\b|ITC\b)"
)
_KINDS: tuple[tuple[TaxKind, re.Pattern[str]], ...] = (
    (TaxKind.PERCEPCION, re.compile(_LEAD + _PERCEPTION)),
    (TaxKind.INTERNAL, re.compile(_LEAD + _INTERNAL)),
    (TaxKind.IVA, re.compile(_LEAD + _VALUE_ADDED)),
    (TaxKind.OTHER, re.compile(_LEAD + _OTHER)),
)
# Words that make it no amount of a tax: a condition, a number of registration, a base, a total.
_NO_TAX = re.compile(
    r"RESP(?:ONSABLE|\.)|INSCRIPT|CONDICION|EXENT|\bNETO\b|GRAVAD|BASE IMP|SUBTOTAL|TAX INVOICE|"
    r"\b(?:TAX|GST|VAT|SST) ?(?:REG|ID|NO|NUM|CODE|PAYER|ABLE|INCL|AMT EXCL|FREE|EXEMPT|SUMMARY)|"
    r"EXCL|BEFORE|WITHOUT|SIN IVA|SIN IMP|INCLUSIVE|\bINC\.? (?:GST|TAX|VAT|SST)|CON IVA|"
    r"IMPORTE TOTAL|TOTAL (?:SALES|AMOUNT|A PAGAR|INC)|MONOTRIB|DISCRIMIN|RETENCI|"
    r"\bN[RO]{1,2}\b\.?|ANTES DE|CREDITO FISCAL|TOTAL.{0,9}(?:INCL|WITH)"
)
# Sums of other rows: left out where those rows are there.
_SUM = re.compile(
    r"^\W*TOTAL\b|\bCONTENIDO\b|OTROS (?:TRIBUTOS|IMP)|^\W*(?:IMPORTE )?TRIBUTOS|"
    r"\bTOTAL\W*$|NACIONALES"
)
_RATE = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,3})?)\s?%")
_BARE_RATE = re.compile(
    r"(?:IVA|I\.V\.A\.?|VAT|GST|SST)\s?(?:AL )?\(?(\d{1,2}(?:[.,]\d{1,3})?)\)?\W*$"
)
# "IVA 70" is no rate: nobody asks for more.
HIGHEST_RATE = Decimal(40)


def tax_kind(text: str) -> TaxKind | None:
    """Return which tax the words name, or None where they name none or something beside one."""
    folded = fold(text)
    if _NO_TAX.search(folded):
        return None
    return next((kind for kind, words in _KINDS if words.match(folded)), None)


def is_sum(text: str) -> bool:
    """Whether the words speak of several taxes' sum: "Total IVA", "IVA contenido"."""
    return bool(_SUM.search(fold(text)))


def tax_rate(text: str) -> Decimal | None:
    """Return the rate in per cent that the words give, or None."""
    folded = fold(text)
    match = _RATE.search(folded) or _BARE_RATE.search(folded)
    rate = Decimal(match[1].replace(",", ".")) if match else None
    return rate.normalize() if rate is not None and 0 < rate <= HIGHEST_RATE else None


def tax_name(text: str) -> str:
    """Return the words as a name, without what leads to the amount."""
    return " ".join(text.split()).strip(" :.-=*|(").removesuffix("$").rstrip(" :.-(")
