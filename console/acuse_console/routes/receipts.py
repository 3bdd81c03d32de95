"""Receipts: the list, and all that is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from acuse.data.pool import Conn
from acuse.errors import NotFound
from acuse.tokens import Scope
from acuse_console.access import needs
from acuse_console.bodies import ApiRequest
from acuse_console.paging import Cursor, Limit, page, read_cursor, takes
from acuse_console.readings import field_readings, slips_seen, taxes_of
from acuse_console.responses import can_fail
from acuse_console.routes.ledger import one_transaction
from acuse_console.scope import Needed, rows, scoped
from acuse_console.shapes import (
    Candidate,
    Feature,
    Item,
    Match,
    Media,
    Receipt,
    ReceiptDetail,
    ReceiptPage,
    ReceiptStatus,
    Review,
)

# Uses receipts_recent (tenant_id, created_at DESC, id).
LIST: Final = """
    SELECT r.id, r.status, r.kind, r.number, r.issued_on, r.amount::text, r.currency, r.vendor,
           r.tax_id, r.category, r.confidence, r.error_code, r.duplicate_of, m.transaction_id,
           v.reason AS review_reason, r.message_id, r.sender_id, r.created_at, r.updated_at
      FROM acuse.receipts r
      LEFT JOIN acuse.matches m ON m.tenant_id = r.tenant_id AND m.receipt_id = r.id
                               AND m.undone_at IS NULL
      LEFT JOIN acuse.reviews v ON v.tenant_id = r.tenant_id AND v.receipt_id = r.id
                               AND v.closed_at IS NULL
     WHERE r.tenant_id = %(tenant_id)s
       AND (%(receipt_id)s::uuid IS NULL OR r.id = %(receipt_id)s)
       AND (%(status)s::text IS NULL OR r.status = %(status)s)
       AND (%(at)s::timestamptz IS NULL OR r.created_at < %(at)s
            OR (r.created_at = %(at)s AND r.id > %(id)s::uuid))
     ORDER BY r.created_at DESC, r.id
     LIMIT %(limit)s
"""
REST: Final = """
    SELECT r.readings, d.state, d.mime_type, d.size, d.sha256,
           m.transaction_id, m.score, m.explanation, m.created_at AS matched_at,
           v.reason, v.candidates, v.created_at AS opened_at
      FROM acuse.receipts r
      JOIN acuse.media d ON d.tenant_id = r.tenant_id AND d.id = r.file_id
      LEFT JOIN acuse.matches m ON m.tenant_id = r.tenant_id AND m.receipt_id = r.id
                               AND m.undone_at IS NULL
      LEFT JOIN acuse.reviews v ON v.tenant_id = r.tenant_id AND v.receipt_id = r.id
                               AND v.closed_at IS NULL
     WHERE r.tenant_id = %(tenant_id)s AND r.id = %(receipt_id)s
"""
ITEMS: Final = """
    SELECT description, quantity::text, unit_price::text, amount::text
      FROM acuse.receipt_items
     WHERE tenant_id = %(tenant_id)s AND receipt_id = %(receipt_id)s
     ORDER BY position
"""


@get(
    "/receipts",
    guards=[needs(Scope.RECEIPTS_READ), takes("status")],
    responses=can_fail(422),
    operation_id="listReceipts",
    summary="List receipts",
)
async def list_receipts(
    request: ApiRequest,
    means: Needed,
    status: Annotated[ReceiptStatus | None, QueryParameter()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReceiptPage:
    """List receipts, latest first."""
    at, last = read_cursor(cursor, tuple[datetime, UUID]) or (None, None)
    values: dict[str, Any] = {
        "tenant_id": request.auth.tenant_id,
        "receipt_id": None,
        "status": status,
        "at": at,
        "id": last,
        "limit": limit + 1,
    }
    async with scoped(request, means) as conn:
        found = await rows(conn, LIST, Receipt, values)
    items, following = page(found, limit=limit, place=lambda r: (r.created_at, r.id))
    return ReceiptPage(items=items, next=following)


@get(
    "/receipts/{receipt_id:uuid}",
    guards=[needs(Scope.RECEIPTS_READ)],
    responses=can_fail(404),
    operation_id="showReceipt",
    summary="Show a receipt",
)
async def show_receipt(
    request: ApiRequest, means: Needed, receipt_id: FromPath[UUID]
) -> ReceiptDetail:
    """Show a receipt: its fields with their evidence, items, match with explanation, review."""
    tenant_id = request.auth.tenant_id
    key: dict[str, Any] = {"tenant_id": tenant_id, "receipt_id": receipt_id}
    anywhere = {"status": None, "at": None, "id": None, "limit": 1}
    async with scoped(request, means) as conn:
        found = await rows(conn, LIST, Receipt, {**key, **anywhere})
        if not found:
            raise NotFound("there is no such receipt")
        (rest,) = await rows(conn, REST, _Rest, key)
        items = await rows(conn, ITEMS, Item, key)
        match = await _match(conn, tenant_id, rest)
    return ReceiptDetail(
        receipt=found[0],
        fields=field_readings(rest.readings),
        items=items,
        taxes=taxes_of(rest.readings),
        slips=slips_seen(rest.readings),
        media=Media(state=rest.state, mime_type=rest.mime_type, size=rest.size, sha256=rest.sha256),
        match=match,
        review=_review(rest),
    )


@dataclass(frozen=True, slots=True)
class _Rest:
    readings: object
    state: Any
    mime_type: str | None
    size: int | None
    sha256: str | None
    transaction_id: UUID | None
    score: float | None
    explanation: object
    matched_at: datetime | None
    reason: str | None
    candidates: object
    opened_at: datetime | None


async def _match(conn: Conn, tenant_id: UUID, rest: _Rest) -> Match | None:
    if rest.transaction_id is None or rest.score is None or rest.matched_at is None:
        return None
    return Match(
        transaction=await one_transaction(conn, tenant_id, rest.transaction_id),
        score=rest.score,
        explanation=msgspec.convert(rest.explanation, list[Feature]),
        created_at=rest.matched_at,
    )


def _review(rest: _Rest) -> Review | None:
    if rest.reason is None or rest.opened_at is None:
        return None
    return Review(
        reason=rest.reason,
        candidates=msgspec.convert(rest.candidates, list[Candidate]),
        created_at=rest.opened_at,
    )
