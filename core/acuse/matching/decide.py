"""Matching one receipt, inside the caller's transaction: duplicate, match, or review."""

from __future__ import annotations

from uuid import UUID

from acuse.data.pool import Conn
from acuse.errors import NotFound
from acuse.matching import queries, store
from acuse.matching.counterparties import find_or_create, party_of
from acuse.matching.outcome import Matched, NeedsReview, Outcome, Reason
from acuse.matching.rank import SHOWN, Sureness, choose, rank
from acuse.matching.score import RULES, Claim, Scored
from acuse.matching.store import ReceiptRow
from acuse.tenants.tenant import Tenant

# A line that arrives later can change these; a person's help is needed for the others.
_WORTH_ANOTHER_LOOK = [Reason.NO_CANDIDATE.value, Reason.LOW_SCORE.value]


async def match_receipt(conn: Conn, tenant: Tenant, receipt_id: UUID) -> Outcome:
    """Decide one receipt that was read, keep the decision, and return it.

    Needs the tenant's scope. A receipt already matched keeps its match, so it may be called again.
    Raises NotFound for a receipt that is not the tenant's, or was rejected or revoked.
    """
    receipt = await store.open_receipt(conn, tenant.id, receipt_id)
    if receipt is None or receipt.status in {"rejected", "revoked"}:
        raise NotFound("there is no such receipt to match")
    standing = await store.standing_match(conn, tenant.id, receipt_id)
    if standing is not None:
        return standing
    original = await store.find_original(conn, tenant.id, receipt)
    return await _decide(conn, tenant, receipt, original=original)


async def rematch_open(conn: Conn, tenant: Tenant) -> int:
    """Try again the receipts in review that lacked a transaction; return how many are matched now.

    To be called after transactions came in, in the same transaction as they did.
    """
    values = {"tenant_id": tenant.id, "reasons": _WORTH_ANOTHER_LOOK}
    waiting = await (await conn.execute(queries.WAITING, values)).fetchall()
    matched = 0
    for (receipt_id,) in waiting:
        receipt = await store.open_receipt(conn, tenant.id, receipt_id)
        if receipt is not None:
            outcome = await _decide(conn, tenant, receipt, original=None)
            matched += isinstance(outcome, Matched)
    return matched


async def undo_match(conn: Conn, tenant_id: UUID, receipt_id: UUID, reason: str) -> UUID | None:
    """Take back what was decided of a receipt; return the transaction that is free again, if any.

    Its review is closed and the receipt is as freshly read: the caller decides what comes next.
    """
    key = {"tenant_id": tenant_id, "receipt_id": receipt_id}
    row = await (await conn.execute(queries.UNDO, {**key, "reason": reason})).fetchone()
    await conn.execute(queries.CLOSE_REVIEW, key)
    await store.set_status(conn, tenant_id, receipt_id, status="read")
    if row is None:
        return None
    transaction_id: UUID = row[0]
    unlinked = {"tenant_id": tenant_id, "transaction_id": transaction_id, "counterparty_id": None}
    await conn.execute(queries.LINK, unlinked)
    return transaction_id


async def _decide(
    conn: Conn, tenant: Tenant, receipt: ReceiptRow, *, original: UUID | None
) -> Outcome:
    claim = claim_of(receipt, currency=tenant.currency)
    if claim is None:
        reason = Reason.NO_AMOUNT if original is None else Reason.DUPLICATE
        return await _review(conn, tenant, receipt, reason=reason, original=original)
    sureness = Sureness(receipt.confidence, receipt.key_confidence, tenant.thresholds.auto)
    while True:
        found = await store.find_candidates(conn, tenant.id, claim, RULES)
        ranked = rank(claim, found, rules=RULES, locale=tenant.locale)
        chosen = choose(claim, ranked, sureness=sureness, rules=RULES)
        if original is not None:
            chosen = Reason.DUPLICATE
        if isinstance(chosen, Reason):
            return await _review(
                conn, tenant, receipt, reason=chosen, ranked=ranked, original=original
            )
        # Lost to another receipt: that transaction is no candidate any more; decide again.
        if await store.keep_match(conn, tenant.id, receipt.id, chosen):
            return await _keep(conn, tenant, receipt, claim=claim, best=chosen)


def claim_of(receipt: ReceiptRow, *, currency: str) -> Claim | None:
    """Return what the receipt says of a payment; None when it names no amount."""
    if not receipt.amount:
        return None
    return Claim(
        amount=receipt.amount,
        currency=receipt.currency or currency,
        kind=receipt.kind,
        issued_on=receipt.issued_on,
        vendor=receipt.vendor,
        tax_id=receipt.tax_id,
        number=receipt.number,
    )


async def _keep(
    conn: Conn, tenant: Tenant, receipt: ReceiptRow, *, claim: Claim, best: Scored
) -> Matched:
    transaction = best.transaction
    counterparty_id = transaction.counterparty_id
    party = party_of(claim, transaction)
    if counterparty_id is None and party is not None:
        name, tax_id = party
        counterparty_id = await find_or_create(conn, tenant.id, name=name, tax_id=tax_id)
        await conn.execute(
            queries.LINK,
            {
                "tenant_id": tenant.id,
                "transaction_id": transaction.id,
                "counterparty_id": counterparty_id,
            },
        )
    key = {"tenant_id": tenant.id, "receipt_id": receipt.id}
    await conn.execute(queries.CLOSE_REVIEW, key)
    await store.set_status(conn, tenant.id, receipt.id, status="matched")
    return Matched(
        receipt_id=receipt.id,
        transaction_id=transaction.id,
        description=transaction.description,
        posted_on=transaction.posted_on,
        amount=transaction.amount,
        currency=transaction.currency,
        score=best.score,
        explanation=best.explanation,
        counterparty_id=counterparty_id,
    )


async def _review(
    conn: Conn,
    tenant: Tenant,
    receipt: ReceiptRow,
    *,
    reason: Reason,
    ranked: tuple[Scored, ...] = (),
    original: UUID | None,
) -> NeedsReview:
    shown = ranked[:SHOWN]
    await store.open_review(conn, tenant.id, receipt.id, reason=reason, shown=shown)
    await store.set_status(conn, tenant.id, receipt.id, status="review", duplicate_of=original)
    return NeedsReview(
        receipt_id=receipt.id, reason=reason, candidates=shown, duplicate_of=original
    )
