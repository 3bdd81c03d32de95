"""The words of a document, and what was read from them: each field with evidence and confidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Source(StrEnum):
    """Where a value comes from: a fiscal QR, a PDF's own text, character recognition, or before."""

    QR = "qr"
    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    LEARNED = "learned"


class Kind(StrEnum):
    """What a document is; credit notes carry a sign that their amount does not."""

    FACTURA_A = "factura_a"
    FACTURA_B = "factura_b"
    FACTURA_C = "factura_c"
    FACTURA_E = "factura_e"
    FACTURA_M = "factura_m"
    NOTA_CREDITO = "nota_credito"
    NOTA_DEBITO = "nota_debito"
    RECIBO = "recibo"
    TICKET = "ticket"
    TRANSFER = "transfer"
    FOREIGN = "foreign"
    NONE = "none"


class TaxKind(StrEnum):
    """Which tax: value added (IVA, VAT, GST), collected in advance, internal, or any other."""

    IVA = "iva"
    PERCEPCION = "percepcion"
    INTERNAL = "internal"
    OTHER = "other"


class PaymentMethod(StrEnum):
    """How it was paid; `card` where nothing says debit or credit, `account` for on account."""

    CASH = "cash"
    DEBIT_CARD = "debit_card"
    CREDIT_CARD = "credit_card"
    CARD = "card"
    TRANSFER = "transfer"
    WALLET = "wallet"
    CHECK = "check"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, origin at the top left, in the unit of its page (or, in Evidence, 0..1)."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """How tall it is."""
        return self.bottom - self.top

    def around(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One word, where it stands, and how sure (0..1) the engine is of its letters."""

    text: str
    box: Box
    confidence: float
    page: int


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one row, left to right; a wide gap between columns is three spaces in `text`."""

    text: str
    box: Box
    confidence: float
    page: int
    source: Source


@dataclass(frozen=True, slots=True)
class PageText:
    """The rows of one page (numbered from 1), top to bottom, in the page's own unit."""

    number: int
    width: float
    height: float
    source: Source
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The text a value was read from; `box` in fractions of the page, None when it has no place."""

    page: int
    box: Box | None
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """One field's value, how sure (0..1) we are, and what it was read from."""

    value: T
    confidence: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Item:
    """One line of what was bought; `amount` is the line's total."""

    description: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax that the total holds: its name as printed, rate in per cent, amount as printed."""

    kind: TaxKind
    name: str
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a transfer; `cbu` is a CBU or a CVU, 22 digits whose check digits are right.

    `tax_id` has 11 digits; `bank` is as printed, else the bank that the CBU's first digits name.
    """

    name: Reading[str] | None = None
    tax_id: Reading[str] | None = None
    cbu: Reading[str] | None = None
    alias: Reading[str] | None = None
    bank: Reading[str] | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who paid whom, and the clearing house's 22 letters and digits that identify it."""

    payer: Party | None = None
    payee: Party | None = None
    coelsa_id: Reading[str] | None = None


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """All that was read from one document; a field that was not found is None.

    `amount` is the final total to pay, always positive; `vendor` and `tax_id` (11 digits) are the
    issuer's, or for a transfer the recipient's; `number` is "00003-00012345" where it is fiscal.
    What has a default came later: readings that were stored before decode without it.
    """

    kind: Reading[Kind]
    issued_on: Reading[date] | None
    amount: Reading[Decimal] | None
    currency: Reading[str] | None
    vendor: Reading[str] | None
    tax_id: Reading[str] | None
    number: Reading[str] | None
    category: Reading[str] | None
    items: tuple[Item, ...]
    document_confidence: float
    engine: str
    pages: int
    receiver_tax_id: Reading[str] | None = None
    cae: Reading[str] | None = None
    cae_expires_on: Reading[date] | None = None
    issued_at: Reading[time] | None = None
    tip: Reading[Decimal] | None = None
    payment_method: Reading[PaymentMethod] | None = None
    card_tail: Reading[str] | None = None
    taxes: tuple[Tax, ...] = ()
    transfer: Transfer | None = None
    # How many receipts were seen in the one picture; what was read is of one of them.
    slips: int = 1
    # The others of them, each read by itself, as they lie; without others of their own.
    others: tuple[DocumentReading, ...] = ()

    def apart(self) -> tuple[DocumentReading, ...]:
        """Return each receipt of the picture by itself, this one first."""
        return replace(self, others=()), *self.others
