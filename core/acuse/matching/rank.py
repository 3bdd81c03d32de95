"""Which of the scored candidates it is, if any can be said without a person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acuse.matching.outcome import Reason
from acuse.matching.score import Claim, Rules, Scored, Transaction, score
from acuse.tenants.tenant import Locale

# As many as a person can compare at a glance.
SHOWN = 5


def rank(
    claim: Claim, transactions: Sequence[Transaction], *, rules: Rules, locale: Locale
) -> tuple[Scored, ...]:
    """Return the candidates worth showing, best first; equal ones in a fixed order."""
    scored = (score(claim, each, rules=rules, locale=locale) for each in transactions)
    worth = [each for each in scored if each.score >= rules.review]
    return tuple(sorted(worth, key=lambda s: (-s.score, s.transaction.posted_on, s.transaction.id)))


@dataclass(frozen=True, slots=True)
class Sureness:
    """How surely a receipt was read, from 0 to 1; None where that is not known.

    `key` is the lesser of amount's and date's. From `wanted` on these two need no other witness.
    """

    document: float | None
    key: float | None
    wanted: float


def choose(
    claim: Claim, ranked: Sequence[Scored], *, sureness: Sureness, rules: Rules
) -> Scored | Reason:
    """Return the one candidate to match, or the reason why a person must choose."""
    if not ranked:
        return Reason.NO_CANDIDATE
    best = ranked[0]
    if best.score < rules.auto or not best.exact:
        return Reason.LOW_SCORE
    if len(ranked) > 1 and best.score - ranked[1].score < rules.margin:
        return Reason.AMBIGUOUS
    illegible = sureness.document is not None and sureness.document < rules.confidence
    unsure = sureness.key is not None and sureness.key < sureness.wanted
    if illegible or claim.issued_on is None or (unsure and not _has_witness(best, rules)):
        return Reason.LOW_CONFIDENCE
    return best


def _has_witness(best: Scored, rules: Rules) -> bool:
    """Whether the ledger's line names the vendor or the number as well."""
    return any(
        each.value >= rules.witness
        for each in best.explanation
        if each.feature in {"party", "number"}
    )
