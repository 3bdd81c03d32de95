"""Confidence as a frequency: of fields that are read with 0.9, nine in ten are right.

What readers and engines say of themselves orders what is surer, and no more. A curve for each
engine and field turns it into a share: p = 1 / (1 + exp(-(offset + slope * logit(raw)))), after
J. Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
likelihood methods", 1999. The slopes are positive, so that the order stays. docs/reading.md says
what they were fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from acuse.reading.curves import CURVES
from acuse.reading.values import DocumentReading, Kind, Reading, Source

T = TypeVar("T")

# That a document is no receipt has a curve of its own: mostly it is one that nobody can read.
NOTHING: Final = "nothing"

# Nobody is surer than this by letters alone, nor less sure than this of what was found at all.
_MOST: Final = 0.995
_LEAST: Final = 0.01
_RAW_BOUND: Final = 0.999


@dataclass(frozen=True, slots=True)
class Curve:
    """A share of right fields as a function of the raw confidence; `slope` is positive."""

    slope: float
    offset: float

    def __call__(self, raw: float) -> float:
        """Return the share (0..1) of such fields that are right."""
        at = self.offset + self.slope * logit(raw)
        return round(min(max(1 / (1 + math.exp(-at)), _LEAST), _MOST), 4)


_CURVES: Final[Mapping[str, Mapping[str, Curve]]] = {
    engine: {name: Curve(slope, offset) for name, (slope, offset) in curves.items()}
    for engine, curves in CURVES.items()
}


def logit(share: float) -> float:
    """Return ln(p / (1 - p)) of a share, of the nearest that has one."""
    bounded = min(max(share, 1 - _RAW_BOUND), _RAW_BOUND)
    return math.log(bounded / (1 - bounded))


def calibrated(reading: DocumentReading) -> DocumentReading:
    """Return the reading and its others with shares for confidences; of an unknown engine as is."""
    others = tuple(map(calibrated, reading.others))
    return replace(_calibrated(reading), others=others) if others else _calibrated(reading)


def _calibrated(reading: DocumentReading) -> DocumentReading:
    curves = _curves_for(reading)
    if curves is None:
        return reading

    def sure(name: str, field: Reading[T] | None) -> Reading[T] | None:
        if field is None or field.evidence.source is Source.QR:
            # A QR is no matter of letters: it fits its document or it does not.
            return field
        return replace(field, confidence=curves[name](field.confidence))

    kind = NOTHING if reading.kind.value is Kind.NONE else "kind"
    return whole(
        replace(
            reading,
            kind=sure(kind, reading.kind) or reading.kind,
            issued_on=sure("date", reading.issued_on),
            amount=sure("amount", reading.amount),
            vendor=sure("vendor", reading.vendor),
            tax_id=sure("tax_id", reading.tax_id),
            number=sure("number", reading.number),
            currency=sure("currency", reading.currency),
            cae_expires_on=sure("cae_expires", reading.cae_expires_on),
            issued_at=sure("time", reading.issued_at),
            payment_method=sure("payment_method", reading.payment_method),
            card_tail=sure("card_tail", reading.card_tail),
        )
    )


def _curves_for(reading: DocumentReading) -> Mapping[str, Curve] | None:
    """Return the engine's curves; of a local document's own text those of PP-OCR, by its rules.

    Labelled PDFs are few, and all from abroad, where issuers are harder to tell.
    """
    is_local_text = reading.engine == "pdfplumber" and reading.kind.value is not Kind.FOREIGN
    return _CURVES.get("ppocr" if is_local_text else reading.engine)


def whole(reading: DocumentReading) -> DocumentReading:
    """Return it with its own confidence: that kind, amount, date and vendor are all right.

    They are taken as independent. Without an amount nothing of a receipt is right.
    """
    if reading.kind.value is Kind.NONE or reading.amount is None:
        return replace(reading, document_confidence=0.0)
    fields = (reading.kind, reading.amount, reading.issued_on, reading.vendor)
    together = math.prod(field.confidence for field in fields if field is not None)
    return replace(reading, document_confidence=round(together, 4))
