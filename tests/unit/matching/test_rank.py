"""Choosing: a match without a person only when nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from acuse.matching.outcome import Reason
from acuse.matching.rank import Sureness, choose, rank
from acuse.matching.score import RULES, Claim, Scored, Transaction

DAY = date(2026, 3, 10)
CLAIM = Claim(
    amount=Decimal(100), currency="ARS", kind="ticket", issued_on=DAY, vendor="Kiosco Don Pepe"
)
GOOD = Transaction(
    id=UUID(int=1),
    posted_on=DAY,
    amount=Decimal(-100),
    currency="ARS",
    description="Kiosco Don Pepe",
)
OTHER = replace(GOOD, id=UUID(int=2), description="Farmacia", posted_on=date(2026, 3, 13))


def decided(
    *lines: Transaction,
    claim: Claim = CLAIM,
    confidence: float | None = 0.9,
    key: float | None = 0.95,
    wanted: float = 0.9,
) -> UUID | Reason:
    ranked = rank(claim, lines, rules=RULES, locale="en")
    sureness = Sureness(confidence, key, wanted)
    chosen = choose(claim, ranked, sureness=sureness, rules=RULES)
    return chosen.transaction.id if isinstance(chosen, Scored) else chosen


def test_the_one_good_candidate_is_matched() -> None:
    assert decided(OTHER, GOOD) == GOOD.id


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), Reason.NO_CANDIDATE),
        ((replace(GOOD, amount=Decimal(-103)),), Reason.LOW_SCORE),
        ((replace(GOOD, amount=Decimal("-100.01")),), Reason.LOW_SCORE),
        ((OTHER,), Reason.LOW_SCORE),
        ((GOOD, replace(GOOD, id=UUID(int=3))), Reason.AMBIGUOUS),
        ((replace(OTHER, amount=Decimal(5000), posted_on=date(2020, 1, 1)),), Reason.NO_CANDIDATE),
    ],
    ids=["none", "other amount", "a cent off", "weak", "two alike", "far from it"],
)
def test_without_one_clear_candidate_a_person_chooses(
    lines: tuple[Transaction, ...], reason: Reason
) -> None:
    assert decided(*lines) == reason


def test_a_poor_reading_is_not_matched_by_itself() -> None:
    assert decided(GOOD, confidence=0.1) == Reason.LOW_CONFIDENCE


def test_an_amount_read_unsurely_needs_a_line_that_names_the_vendor_or_the_number() -> None:
    nameless = replace(GOOD, description="Débito automático")
    numbered = replace(nameless, reference="0003-00012345")
    with_number = replace(CLAIM, number="00003-00012345")

    assert decided(nameless, key=0.95) == GOOD.id
    assert decided(nameless, key=0.85) == Reason.LOW_CONFIDENCE
    assert decided(nameless, key=0.85, wanted=0.8) == GOOD.id
    assert decided(GOOD, key=0.85) == GOOD.id
    assert decided(numbered, claim=with_number, key=0.85) == GOOD.id
    assert decided(nameless, confidence=None, key=None) == GOOD.id


def test_a_receipt_without_a_date_is_not_matched_by_itself() -> None:
    assert decided(GOOD, claim=replace(CLAIM, issued_on=None)) in {
        Reason.LOW_CONFIDENCE,
        Reason.LOW_SCORE,
    }


def test_equal_candidates_keep_one_order() -> None:
    twins = [replace(GOOD, id=UUID(int=n)) for n in (3, 1, 2)]

    ranked = rank(CLAIM, twins, rules=RULES, locale="en")

    assert [each.transaction.id.int for each in ranked] == [1, 2, 3]
