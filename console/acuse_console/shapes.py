"""What the API says, field by field. Money is text with two decimals; times carry their offset."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Raw, Struct

Money = Annotated[str, Meta(pattern=r"^-?[0-9]+\.[0-9]{2}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Share = Annotated[float, Meta(ge=0, le=1)]
ReceiptStatus = Literal["read", "matched", "review", "rejected", "revoked"]
EventStatus = Literal["received", "processing", "processed", "ignored", "failed", "dead"]
ReplyStatus = Literal["pending", "sending", "sent", "failed", "unknown"]


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong: a stable code, and words for a person."""

    code: str
    detail: str


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong in one line of a ledger."""

    line: int
    code: str
    column: str | None


class LedgerProblem(Struct, frozen=True, kw_only=True):
    """Why a ledger was not imported; `faults` are the first hundred of its lines."""

    code: str
    detail: str
    faults: list[Fault] = []


class Healthy(Struct, frozen=True, kw_only=True):
    """The API answers, and so does its database."""

    status: Literal["ok"]
    version: str


class Imported(Struct, frozen=True, kw_only=True):
    """Lines that were new, that were known, and receipts in review that are matched now."""

    added: int
    known: int
    matched: int


class Transaction(Struct, frozen=True, kw_only=True):
    """A line of the ledger; `receipt_id` is the receipt that is matched to it."""

    id: UUID
    external_id: str
    posted_on: date
    amount: Money
    currency: Currency
    description: str
    counterparty_name: str | None
    tax_id: str | None
    reference: str | None
    counterparty_id: UUID | None
    receipt_id: UUID | None
    created_at: datetime


class TransactionPage(Struct, frozen=True, kw_only=True):
    """Transactions, latest day first; `next` is the cursor of the following page, if any."""

    items: list[Transaction]
    next: str | None


class Receipt(Struct, frozen=True, kw_only=True):
    """A document that was received, and where it stands."""

    id: UUID
    status: ReceiptStatus
    kind: str | None
    number: str | None
    issued_on: date | None
    amount: Money | None
    currency: Currency | None
    vendor: str | None
    tax_id: str | None
    category: str | None
    confidence: Share | None
    error_code: str | None
    duplicate_of: UUID | None
    transaction_id: UUID | None
    review_reason: str | None
    message_id: str
    sender_id: UUID
    created_at: datetime
    updated_at: datetime


class ReceiptPage(Struct, frozen=True, kw_only=True):
    """Receipts, latest first; `next` is the cursor of the following page, if any."""

    items: list[Receipt]
    next: str | None


class Box(Struct, frozen=True, kw_only=True):
    """A rectangle in fractions of the page, from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float


class Evidence(Struct, frozen=True, kw_only=True):
    """What a value was read from: page (from 1), place, text, and by what means."""

    page: int
    box: Box | None
    text: str
    source: str


class FieldReading(Struct, frozen=True, kw_only=True):
    """A field's value as it was read, how sure that is, and its evidence."""

    field: str
    value: str
    confidence: Share
    evidence: Evidence


class Item(Struct, frozen=True, kw_only=True):
    """One line of what was bought."""

    description: str
    quantity: str | None
    unit_price: Money | None
    amount: Money | None


class Tax(Struct, frozen=True, kw_only=True):
    """A tax of the document: its name as printed, its rate in per cent."""

    kind: Literal["iva", "percepcion", "internal", "other"]
    name: str
    rate: str | None
    amount: Money


class Feature(Struct, frozen=True, kw_only=True):
    """One reason for or against a match, with its weight, in words."""

    feature: str
    value: Share
    weight: Share
    text: str


class Match(Struct, frozen=True, kw_only=True):
    """The transaction that a receipt is matched to, and why."""

    transaction: Transaction
    score: Share
    explanation: list[Feature]
    created_at: datetime


class Candidate(Struct, frozen=True, kw_only=True):
    """A transaction that a reviewer may choose, and what speaks for it."""

    transaction_id: UUID
    posted_on: date
    amount: Money
    currency: Currency
    description: str
    score: Share
    explanation: list[Feature]


class Review(Struct, frozen=True, kw_only=True):
    """Why a receipt waits for a person, and the best candidates, best first."""

    reason: str
    candidates: list[Candidate]
    created_at: datetime


class Media(Struct, frozen=True, kw_only=True):
    """The file that a receipt was read from."""

    state: Literal["wanted", "stored", "rejected"]
    mime_type: str | None
    size: int | None
    sha256: str | None


class ReceiptDetail(Struct, frozen=True, kw_only=True):
    """All that is known of a receipt."""

    receipt: Receipt
    fields: list[FieldReading]
    items: list[Item]
    taxes: list[Tax]
    # How many receipts were seen in the picture; this is one of them.
    slips: int
    media: Media
    match: Match | None
    review: Review | None


class Event(Struct, frozen=True, kw_only=True):
    """One update that came from Meta, and where its work stands."""

    event_id: str
    region: str
    kind: str
    field: str
    status: EventStatus
    step: str | None
    reason: str | None
    retries: int
    occurred_at: datetime
    created_at: datetime
    processed_at: datetime | None


class EventPage(Struct, frozen=True, kw_only=True):
    """Events, latest first; `next` is the cursor of the following page, if any."""

    items: list[Event]
    next: str | None


class EventDetail(Struct, frozen=True, kw_only=True):
    """An event with its update exactly as Meta wrote it."""

    event: Event
    payload: Raw


class Queued(Struct, frozen=True, kw_only=True):
    """A reply in the outbox, and where it stands."""

    id: UUID
    sender_id: UUID
    kind: Literal["text", "template", "document"]
    status: ReplyStatus
    created_at: datetime
