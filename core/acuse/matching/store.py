"""The rows that matching reads and writes; the caller owns the connection and the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Json

from acuse.data.pool import Conn
from acuse.matching import queries
from acuse.matching.outcome import (
    Matched,
    Reason,
    candidate_to_data,
    explanation_from_data,
    explanation_to_data,
)
from acuse.matching.score import Claim, Rules, Scored, Transaction

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as matching needs it; `sha256` is its file's, `slip` its place among the file's.

    `confidence` is the document's, `key_confidence` the lesser of amount's and date's.
    """

    id: UUID
    status: str
    kind: str | None
    number: str | None
    issued_on: date | None
    amount: Decimal | None
    currency: str | None
    vendor: str | None
    tax_id: str | None
    confidence: float | None
    key_confidence: float | None
    sha256: str | None
    media_id: UUID
    slip: int


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


@dataclass(frozen=True, slots=True)
class _Standing:
    receipt_id: UUID
    transaction_id: UUID
    description: str
    posted_on: date
    amount: Decimal
    currency: str
    score: float
    explanation: object
    counterparty_id: UUID | None


async def rows(conn: Conn, query: LiteralString, kind: type[R], values: dict[str, Any]) -> list[R]:
    """Return the query's rows as values of `kind`."""
    async with conn.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def open_receipt(conn: Conn, tenant_id: UUID, receipt_id: UUID) -> ReceiptRow | None:
    """Return the receipt, locked against being decided elsewhere."""
    key = {"tenant_id": tenant_id, "receipt_id": receipt_id}
    await conn.execute(queries.LEDGER_LOCK_SHARED, key)
    found = await rows(conn, queries.RECEIPT, ReceiptRow, key)
    return found[0] if found else None


async def find_original(conn: Conn, tenant_id: UUID, receipt: ReceiptRow) -> UUID | None:
    """Return the earlier decided receipt that this one repeats, by its file or fiscal number."""
    document = None
    if receipt.number is not None:
        document = f"{receipt.tax_id or ''}/{receipt.kind or ''}/{receipt.number}"
    for key in (receipt.sha256, document):
        if key is not None:
            await conn.execute(queries.DOCUMENT_LOCK, {"tenant_id": tenant_id, "key": key})
    values = {
        "tenant_id": tenant_id,
        "receipt_id": receipt.id,
        "sha256": receipt.sha256,
        "media_id": receipt.media_id,
        "slip": receipt.slip,
        "number": receipt.number,
        "kind": receipt.kind,
        "tax_id": receipt.tax_id,
        "amount": receipt.amount,
        "issued_on": receipt.issued_on,
    }
    found = await rows(conn, queries.ORIGINAL, _Id, values)
    return found[0].id if found else None


async def find_candidates(
    conn: Conn, tenant_id: UUID, claim: Claim, rules: Rules
) -> list[Transaction]:
    """Return the free transactions of about this amount and day, nearest first, at most 50."""
    hundredths, allowed = claim.amount * 100, claim.amount * 100 * rules.tolerance
    values = {
        "tenant_id": tenant_id,
        "currency": claim.currency,
        "hundredths": int(hundredths),
        "least": ceil(hundredths - allowed),
        "most": floor(hundredths + allowed),
        "issued_on": claim.issued_on,
        "days": rules.window_days,
    }
    return await rows(conn, queries.CANDIDATES, Transaction, values)


async def keep_match(conn: Conn, tenant_id: UUID, receipt_id: UUID, best: Scored) -> bool:
    """Keep the match; False when another receipt took the transaction first."""
    cursor = await conn.execute(
        queries.KEEP_MATCH,
        {
            "tenant_id": tenant_id,
            "receipt_id": receipt_id,
            "transaction_id": best.transaction.id,
            "score": best.score,
            "explanation": Json(explanation_to_data(best.explanation)),
        },
    )
    return await cursor.fetchone() is not None


async def standing_match(conn: Conn, tenant_id: UUID, receipt_id: UUID) -> Matched | None:
    """Return the match that stands for this receipt."""
    key = {"tenant_id": tenant_id, "receipt_id": receipt_id}
    found = await rows(conn, queries.STANDING, _Standing, key)
    if not found:
        return None
    match = found[0]
    return Matched(
        receipt_id=match.receipt_id,
        transaction_id=match.transaction_id,
        description=match.description,
        posted_on=match.posted_on,
        amount=match.amount,
        currency=match.currency,
        score=match.score,
        explanation=explanation_from_data(match.explanation),
        counterparty_id=match.counterparty_id,
    )


async def set_status(
    conn: Conn, tenant_id: UUID, receipt_id: UUID, *, status: str, duplicate_of: UUID | None = None
) -> None:
    """Set where the receipt stands."""
    await conn.execute(
        queries.SET_STATUS,
        {
            "tenant_id": tenant_id,
            "receipt_id": receipt_id,
            "status": status,
            "duplicate_of": duplicate_of,
        },
    )


async def open_review(
    conn: Conn, tenant_id: UUID, receipt_id: UUID, *, reason: Reason, shown: Sequence[Scored]
) -> None:
    """Put the receipt on the reviewers' list, or bring its place there up to date."""
    await conn.execute(
        queries.OPEN_REVIEW,
        {
            "tenant_id": tenant_id,
            "receipt_id": receipt_id,
            "reason": reason.value,
            "candidates": Json([candidate_to_data(each) for each in shown]),
        },
    )
