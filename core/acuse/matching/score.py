"""How well a transaction fits a receipt: a score from 0 to 1, and why, in words.

Pure: values in, values out. The weights say what a person would trust: an exact amount first, then
the day and who it was, then a number that both name. They follow published rules of expense
products: amount exact and date exact (Ramp), amount exact and date within 5 days (Fyle).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from uuid import UUID

from rapidfuzz import fuzz

from acuse.matching.names import fold, name_key
from acuse.matching.texts import sentence
from acuse.tenants.tenant import Locale

# Documents that move money away from the business, toward it, or either way.
_CREDIT: Final = frozenset({"nota_credito"})
_EITHER: Final = frozenset({"transfer", "recibo", "none"})
# Two unrelated names are about this alike by chance.
_CHANCE: Final = 0.6
_SHORTEST_NUMBER: Final = 5
_SHORTEST_NAME: Final = 3
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits and weights of the decision; docs/matching.md explains each."""

    window_days: int = 5
    # Share of the amount by which a transaction may differ and still be shown to a reviewer.
    tolerance: Decimal = Decimal("0.02")
    # At or above: matched without a person. Below `review`: not shown at all.
    auto: float = 0.60
    review: float = 0.30
    # How far the best must stand above the second.
    margin: float = 0.10
    # A document that was read with less confidence than this is never matched without a person.
    confidence: float = 0.40
    # How far a line must name the vendor, or the number, to confirm what was read unsurely.
    witness: float = 0.5
    weights: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"amount": 0.36, "sign": 0.06, "date": 0.21, "party": 0.21, "number": 0.16}
        )
    )


RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Claim:
    """What a receipt says of a payment; `amount` is positive, its kind carries the sign."""

    amount: Decimal
    currency: str
    kind: str | None = None
    issued_on: date | None = None
    vendor: str | None = None
    tax_id: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A line of the ledger; `amount` is signed as there."""

    id: UUID
    posted_on: date
    amount: Decimal
    currency: str
    description: str
    counterparty_name: str | None = None
    tax_id: str | None = None
    reference: str | None = None
    counterparty_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One reason for or against: its value (0 to 1), weight, and a sentence a person can read."""

    feature: str
    value: float
    weight: float
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A transaction with its score (0 to 1) and the features that make it up."""

    transaction: Transaction
    score: float
    explanation: tuple[Feature, ...]
    exact: bool


def score(
    claim: Claim, transaction: Transaction, *, rules: Rules = RULES, locale: Locale = "es-AR"
) -> Scored:
    """Return how well the transaction fits the receipt, between 0 and 1, and why."""
    said = (
        ("amount", _amount(claim, transaction, rules)),
        ("sign", _sign(claim, transaction)),
        ("date", _date(claim, transaction, rules)),
        ("party", _party(claim, transaction)),
        ("number", _number(claim, transaction)),
    )
    features = tuple(
        Feature(
            feature=name,
            value=round(found.value, 3),
            weight=rules.weights[name],
            text=sentence(found.key, locale, **found.values),
        )
        for name, found in said
    )
    total = sum(each.value * each.weight for each in features)
    return Scored(
        transaction=transaction,
        score=round(min(max(total, 0.0), 1.0), 4),
        explanation=features,
        exact=abs(transaction.amount) == claim.amount,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    value: float
    key: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])


def _amount(claim: Claim, transaction: Transaction, rules: Rules) -> _Found:
    difference = abs(abs(transaction.amount) - claim.amount)
    if difference == 0:
        return _Found(1.0, "amount_exact", _money("amount", claim.amount, claim))
    allowed = claim.amount * rules.tolerance
    if difference <= allowed:
        value = 0.5 * (1.0 - float(difference / allowed))
        return _Found(value, "amount_close", _money("difference", difference, claim))
    return _Found(0.0, "amount_far", _money("difference", difference, claim))


def _money(name: str, value: Decimal, claim: Claim) -> dict[str, object]:
    return {name: f"{value:.2f}", "currency": claim.currency}


def _sign(claim: Claim, transaction: Transaction) -> _Found:
    if claim.kind is None or claim.kind in _EITHER:
        return _Found(1.0, "sign_either")
    credit = claim.kind in _CREDIT
    if (transaction.amount >= 0) == credit:
        return _Found(1.0, "sign_expected")
    return _Found(0.0, "sign_credit" if credit else "sign_payment")


def _date(claim: Claim, transaction: Transaction, rules: Rules) -> _Found:
    if claim.issued_on is None:
        return _Found(0.0, "date_unknown")
    days = abs((transaction.posted_on - claim.issued_on).days)
    if days == 0:
        return _Found(1.0, "date_same")
    value = max(0.0, 1.0 - days / (rules.window_days + 1))
    return _Found(value, "date_near" if value else "date_far", {"days": days})


def _party(claim: Claim, transaction: Transaction) -> _Found:
    if claim.tax_id and claim.tax_id == transaction.tax_id:
        return _Found(1.0, "tax_id_equal", {"tax_id": claim.tax_id})
    if claim.tax_id and claim.tax_id in _runs_of_digits(transaction):
        return _Found(1.0, "tax_id_found", {"tax_id": claim.tax_id})
    alike = _vendor(claim, transaction)
    if claim.tax_id and transaction.tax_id and alike.value > 0:
        # The names agree and the tax ids do not: worth half, and worth saying.
        return _Found(alike.value / 2, "tax_id_other", {"tax_id": transaction.tax_id})
    return alike


def _vendor(claim: Claim, transaction: Transaction) -> _Found:
    key = name_key(claim.vendor or "")
    if claim.vendor is None or len(key) < _SHORTEST_NAME:
        return _Found(0.0, "vendor_unknown")
    names = (transaction.counterparty_name, transaction.description)
    value, name = max(
        (_similarity(key, name_key(name)), name) for name in names if name is not None
    )
    if value == 0:
        return _Found(0.0, "vendor_other", {"vendor": claim.vendor})
    said = {"vendor": claim.vendor, "name": name, "percent": round(value * 100)}
    return _Found(value, "vendor_similar", said)


def _similarity(one: str, other: str) -> float:
    """Return how alike two folded names are, 0 for what chance would give."""
    if len(other) < _SHORTEST_NAME:
        return 0.0
    alike = max(fuzz.token_set_ratio(one, other), fuzz.ratio(one, other)) / 100
    return max(0.0, (alike - _CHANCE) / (1 - _CHANCE))


def _number(claim: Claim, transaction: Transaction) -> _Found:
    if not claim.number:
        return _Found(0.0, "number_unknown")
    if _names_number(claim.number, transaction):
        return _Found(1.0, "number_found", {"number": claim.number})
    return _Found(0.0, "number_absent", {"number": claim.number})


def _names_number(number: str, transaction: Transaction) -> bool:
    """Whether the line names "00003-00012345" in full, without zeros, or by its last part."""
    runs = _runs_of_digits(transaction)
    parts = [part.lstrip("0") for part in _DIGITS.findall(number)]
    whole = "".join(_DIGITS.findall(number)).lstrip("0")
    wanted = {each for each in (whole, *parts[-1:]) if len(each) >= _SHORTEST_NUMBER}
    if wanted & runs:
        return True
    # An operation number with letters, as wallets give: compared as a word.
    word = fold(number).replace(" ", "")
    has_letters = not word.isdigit() and len(word) >= _SHORTEST_NUMBER
    return has_letters and word in {fold(text).replace(" ", "") for text in _words(transaction)}


def _words(transaction: Transaction) -> list[str]:
    return f"{transaction.description} {transaction.reference or ''}".split()


def _runs_of_digits(transaction: Transaction) -> frozenset[str]:
    """Return the digits that stand together, dashes and dots within ignored, leading zeros off."""
    return frozenset(
        run.lstrip("0")
        for word in _words(transaction)
        for run in (re.sub(r"\D", "", word), *_DIGITS.findall(word))
        if run.lstrip("0")
    )
