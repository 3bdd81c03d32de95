"""What a reading is sure enough for: taken as it is, looked at by a person, or asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from acuse.reading.values import DocumentReading, Kind, Reading

_PESO: Final = "ARS"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidences (0..1) from which a reading is taken, and below which the sender is asked."""

    auto: float = 0.90
    resend: float = 0.20


THRESHOLDS: Final = Thresholds()


class Decision(StrEnum):
    """What is to be done with a reading; stable codes."""

    AUTO = "auto"
    REVIEW = "review"
    RESEND = "resend"


def decide(reading: DocumentReading, thresholds: Thresholds) -> Decision:
    """Return `auto` where every field that matters is sure enough, `resend` where next to none is.

    What is no receipt at all is for a person: nobody is asked to photograph it better. So is one
    of several receipts in a picture: the others were not read.
    """
    if reading.kind.value is Kind.NONE or reading.slips > 1:
        return Decision.REVIEW
    if reading.document_confidence < thresholds.resend:
        return Decision.RESEND
    return Decision.AUTO if weakest(reading) >= thresholds.auto else Decision.REVIEW


def weakest(reading: DocumentReading) -> float:
    """Return the least confidence of kind, date, amount, vendor and tax id; 0 of one not found.

    A document in another currency than pesos need not have a tax id.
    """
    wanted: list[Reading[Any] | None] = [
        reading.kind, reading.issued_on, reading.amount, reading.vendor,
    ]  # fmt: skip
    is_local = reading.currency is None or reading.currency.value == _PESO
    if reading.tax_id is not None or (is_local and reading.kind.value is not Kind.FOREIGN):
        wanted.append(reading.tax_id)
    return min(0.0 if field is None else field.confidence for field in wanted)
