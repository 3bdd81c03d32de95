"""Importing the ledger, and listing it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from acuse.data.pool import Conn
from acuse.ledger.csv_file import read_csv
from acuse.ledger.rows import RawRow, check_rows
from acuse.ledger.store import import_transactions
from acuse.matching.decide import rematch_open
from acuse.tokens import Scope
from acuse_console.access import needs
from acuse_console.bodies import ApiRequest, Ledger, read_body, read_json, refuse_other_types
from acuse_console.paging import Cursor, Limit, page, read_cursor, takes
from acuse_console.responses import can_fail, ledger_can_fail
from acuse_console.scope import Needed, caller, rows, scoped
from acuse_console.shapes import Imported, Transaction, TransactionPage

CSV: Final = "text/csv"
JSON: Final = "application/json"
_LEDGER: Final = msgspec.json.Decoder(Ledger)

# Uses transactions_recent (tenant_id, posted_on DESC, id).
LIST: Final = """
    SELECT t.id, t.external_id, t.posted_on, t.amount::text, t.currency, t.description,
           t.counterparty_name, t.tax_id, t.reference, t.counterparty_id, m.receipt_id, t.created_at
      FROM acuse.transactions t
      LEFT JOIN acuse.matches m ON m.tenant_id = t.tenant_id AND m.transaction_id = t.id
                               AND m.undone_at IS NULL
     WHERE t.tenant_id = %(tenant_id)s
       AND (%(posted_from)s::date IS NULL OR t.posted_on >= %(posted_from)s)
       AND (%(posted_to)s::date IS NULL OR t.posted_on <= %(posted_to)s)
       AND (%(currency)s::text IS NULL OR t.currency = %(currency)s)
       AND (%(matched)s::boolean IS NULL OR (m.id IS NOT NULL) = %(matched)s)
       AND (%(day)s::date IS NULL OR t.posted_on < %(day)s
            OR (t.posted_on = %(day)s AND t.id > %(id)s::uuid))
     ORDER BY t.posted_on DESC, t.id
     LIMIT %(limit)s
"""
ONE: Final = """
    SELECT t.id, t.external_id, t.posted_on, t.amount::text, t.currency, t.description,
           t.counterparty_name, t.tax_id, t.reference, t.counterparty_id, m.receipt_id, t.created_at
      FROM acuse.transactions t
      LEFT JOIN acuse.matches m ON m.tenant_id = t.tenant_id AND m.transaction_id = t.id
                               AND m.undone_at IS NULL
     WHERE t.tenant_id = %(tenant_id)s AND t.id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which transactions a list is to show; None leaves the choice open."""

    posted_from: date | None
    posted_to: date | None
    currency: str | None
    matched: bool | None


def wanted_transactions(
    posted_from: Annotated[date | None, QueryParameter(description="First day.")] = None,
    posted_to: Annotated[date | None, QueryParameter(description="Last day.")] = None,
    currency: Annotated[str | None, QueryParameter(pattern=r"^[A-Z]{3}$(?!\n)")] = None,
    matched: Annotated[
        bool | None, QueryParameter(description="Only those with a receipt, or without.")
    ] = None,
) -> Wanted:
    """Return the filter that the query names."""
    return Wanted(posted_from, posted_to, currency, matched)


@post(
    "/ledger/imports",
    status_code=200,
    guards=[needs(Scope.LEDGER_WRITE)],
    responses=ledger_can_fail(),
    operation_id="importLedger",
    summary="Import ledger lines",
)
async def import_ledger(request: ApiRequest, means: Needed) -> Imported:
    """Import lines of the ledger as CSV or JSON, all or none; known lines change nothing.

    Receipts in review that waited for a transaction are tried again.
    """
    raw = await _raw_rows(request)
    async with scoped(request, means) as conn:
        tenant = await caller(request, conn, means)
        checked = check_rows(raw, currency=tenant.currency)
        result = await import_transactions(conn, tenant.id, checked)
        matched = await rematch_open(conn, tenant)
    return Imported(added=result.added, known=result.known, matched=matched)


@get(
    "/ledger/transactions",
    guards=[needs(Scope.LEDGER_READ), takes("posted_from", "posted_to", "currency", "matched")],
    dependencies={"wanted": Provide(wanted_transactions, sync_to_thread=False)},
    responses=can_fail(422),
    operation_id="listTransactions",
    summary="List transactions",
)
async def list_transactions(
    request: ApiRequest,
    means: Needed,
    wanted: NamedDependency[SkipValidation[Wanted]],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TransactionPage:
    """List transactions, latest day first."""
    day, last = read_cursor(cursor, tuple[date, UUID]) or (None, None)
    values: dict[str, Any] = {
        "tenant_id": request.auth.tenant_id,
        **dataclasses.asdict(wanted),
        "day": day,
        "id": last,
        "limit": limit + 1,
    }
    async with scoped(request, means) as conn:
        found = await rows(conn, LIST, Transaction, values)
    items, following = page(found, limit=limit, place=lambda t: (t.posted_on, t.id))
    return TransactionPage(items=items, next=following)


async def one_transaction(conn: Conn, tenant_id: UUID, transaction_id: UUID) -> Transaction:
    """Return a transaction that is known to be there."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "id": transaction_id}
    (found,) = await rows(conn, ONE, Transaction, values)
    return found


async def _raw_rows(request: ApiRequest) -> list[RawRow]:
    kind = refuse_other_types(request, CSV, JSON)
    body = await read_body(request)
    if kind == CSV:
        return read_csv(body)
    lines = read_json(body, _LEDGER).transactions
    return [line.raw(place) for place, line in enumerate(lines, start=1)]
