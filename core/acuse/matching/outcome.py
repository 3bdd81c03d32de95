"""What matching a receipt comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from acuse.matching.score import Feature, Scored


class Reason(StrEnum):
    """Why a person has to look at a receipt; stable codes."""

    DUPLICATE = "duplicate"
    NO_AMOUNT = "no_amount"
    NO_CANDIDATE = "no_candidate"
    AMBIGUOUS = "ambiguous"
    LOW_CONFIDENCE = "low_confidence"
    LOW_SCORE = "low_score"


@dataclass(frozen=True, slots=True)
class Matched:
    """The receipt stands matched to this transaction; `amount` is signed as in the ledger."""

    receipt_id: UUID
    transaction_id: UUID
    description: str
    posted_on: date
    amount: Decimal
    currency: str
    score: float
    explanation: tuple[Feature, ...]
    counterparty_id: UUID | None


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """The receipt waits for a person: why, the best candidates, and what it may repeat."""

    receipt_id: UUID
    reason: Reason
    candidates: tuple[Scored, ...]
    duplicate_of: UUID | None


Outcome = Matched | NeedsReview


def candidate_to_data(scored: Scored) -> dict[str, Any]:
    """Return a candidate as the plain data that `reviews.candidates` holds; money as text."""
    transaction = scored.transaction
    return {
        "transaction_id": str(transaction.id),
        "posted_on": transaction.posted_on.isoformat(),
        "amount": str(transaction.amount),
        "currency": transaction.currency,
        "description": transaction.description,
        "score": scored.score,
        "explanation": explanation_to_data(scored.explanation),
    }


def explanation_to_data(explanation: tuple[Feature, ...]) -> list[dict[str, Any]]:
    """Return the features as the plain data that `matches.explanation` holds."""
    data: list[dict[str, Any]] = msgspec.to_builtins(explanation)
    return data


def explanation_from_data(data: object) -> tuple[Feature, ...]:
    """Return the features that `explanation_to_data` wrote."""
    return msgspec.convert(data, tuple[Feature, ...])
