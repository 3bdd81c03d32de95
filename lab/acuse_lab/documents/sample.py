"""A sample document: its bytes as WhatsApp would deliver them, and the truth it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Sample:
    """One document; `truth` has the fields of `acuse read --json` that it shows."""

    name: str
    data: bytes
    mime: str
    filename: str
    truth: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """One line of what was sold; `unit_price` includes VAT, in the document's currency."""

    description: str
    quantity: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """The line's total."""
        return self.quantity * self.unit_price


def total_of(items: tuple[ItemSpec, ...]) -> Decimal:
    """Return the sum of the items' amounts."""
    return sum((item.amount for item in items), Decimal(0))


def pesos(amount: Decimal) -> str:
    """Return an amount as Argentina writes it: 1.234,56."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def day(value: date) -> str:
    """Return a day as Argentina writes it: 31/12/2026."""
    return value.strftime("%d/%m/%Y")
