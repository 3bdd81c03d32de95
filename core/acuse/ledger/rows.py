"""Lines of a ledger, checked: all of them, or a list of what is wrong with which."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar

from acuse.errors import LedgerFault, LedgerInvalid
from acuse.ledger.cells import (
    CellRefused,
    read_amount,
    read_currency,
    read_date,
    read_tax_id,
    read_text,
)

V = TypeVar("V")

REQUIRED: Final = ("date", "amount", "description")
OPTIONAL: Final = ("currency", "external_id", "counterparty", "tax_id", "reference")
MAX_ROWS: Final = 50_000
# More than anyone reads; the detail says how many there are in all.
MAX_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class RawRow:
    """A line as it was written: its number in the file, its cells by column, or what broke it."""

    line: int
    cells: Mapping[str, str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line that can be imported; `amount` is signed as in the ledger."""

    external_id: str
    posted_on: date
    amount: Decimal
    currency: str
    description: str
    counterparty_name: str | None
    tax_id: str | None
    reference: str | None


def check_rows(raw: Sequence[RawRow], *, currency: str) -> tuple[LedgerRow, ...]:
    """Return every line checked, `currency` where one names none.

    Raises LedgerInvalid with each line's fault when there is any.
    """
    if len(raw) > MAX_ROWS:
        raise refuse([LedgerFault(raw[MAX_ROWS].line, "too_many_lines")])
    faults: list[LedgerFault] = []
    rows: list[LedgerRow] = []
    seen: set[str] = set()
    copies: Counter[str] = Counter()
    for each in raw:
        row = _check(each, currency, faults)
        if row is None:
            continue
        if not row.external_id:
            row = _with_derived_id(row, copies)
        if row.external_id in seen:
            faults.append(LedgerFault(each.line, "external_id_repeated", "external_id"))
        seen.add(row.external_id)
        rows.append(row)
    if faults:
        raise refuse(faults)
    return tuple(rows)


def refuse(faults: Sequence[LedgerFault]) -> LedgerInvalid:
    """Return the error that tells the faults, the first hundred of them."""
    lines = ", ".join(f"line {fault.line}: {fault.code}" for fault in faults[:3])
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""  # noqa: PLR2004 - as many as shown
    return LedgerInvalid(f"nothing was imported; {lines}{more}", faults=tuple(faults[:MAX_FAULTS]))


def _check(raw: RawRow, currency: str, faults: list[LedgerFault]) -> LedgerRow | None:
    if raw.fault is not None:
        faults.append(LedgerFault(raw.line, raw.fault))
        return None

    def read(column: str, reader: Callable[[str], V], missing: V) -> V:
        text = raw.cells.get(column, "").strip()
        if not text:
            if column in REQUIRED:
                faults.append(LedgerFault(raw.line, "value_missing", column))
            return missing
        try:
            return reader(text)
        except CellRefused as exc:
            faults.append(LedgerFault(raw.line, str(exc), column))
            return missing

    before = len(faults)
    row = LedgerRow(
        posted_on=read("date", read_date, date.min),
        amount=read("amount", read_amount, Decimal(0)),
        currency=read("currency", read_currency, currency),
        description=read("description", partial(read_text, longest=500), ""),
        external_id=read("external_id", partial(read_text, longest=200), ""),
        counterparty_name=read("counterparty", partial(read_text, longest=200), "") or None,
        tax_id=read("tax_id", read_tax_id, "") or None,
        reference=read("reference", partial(read_text, longest=200), "") or None,
    )
    return row if len(faults) == before else None


def _with_derived_id(row: LedgerRow, copies: Counter[str]) -> LedgerRow:
    """Give the line an id made of what it says, and of how many equal ones stand before it."""
    said = (
        row.posted_on.isoformat(),
        f"{row.amount:.2f}",
        row.currency,
        row.description,
        row.counterparty_name or "",
        row.tax_id or "",
        row.reference or "",
    )
    digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:40]
    copies[digest] += 1
    return LedgerRow(
        external_id=f"line:{digest}:{copies[digest]}",
        posted_on=row.posted_on,
        amount=row.amount,
        currency=row.currency,
        description=row.description,
        counterparty_name=row.counterparty_name,
        tax_id=row.tax_id,
        reference=row.reference,
    )
