"""How documents look, and what is right of each: several looks of every kind, none in both splits.

The looks are generic: made after descriptions of such documents, without anybody's mark.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from PIL import Image

from acuse_lab.corpus.facts import Facts
from acuse_lab.corpus.sheet import Style
from acuse_lab.documents.fiscal_qr import FiscalFacts

Split = Literal["dev", "test"]
Truth: TypeAlias = dict[str, str | None]
# The parties of a transfer and its number, as `acuse read --json` has them.
Transfer: TypeAlias = Mapping[str, Mapping[str, str | None] | str | None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A flat document, what is right of it, and whether it is a photo's subject or a screen."""

    image: Image.Image
    truth: Truth
    items: tuple[Mapping[str, str], ...] | None = None
    is_screen: bool = False
    taxes: tuple[Mapping[str, str], ...] = ()
    transfer: Transfer | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One look: what draws it, for which split, how often, and on what paper."""

    name: str
    split: Split
    draw: Callable[[Facts, Style, random.Random], Drawn]
    share: int
    width: int
    size: int
    is_ticket: bool = False


LAYOUTS: Final[list[Layout]] = []


def layout(
    split: Split, *, share: int, width: int, size: int, is_ticket: bool = False
) -> Callable[
    [Callable[[Facts, Style, random.Random], Drawn]],
    Callable[[Facts, Style, random.Random], Drawn],
]:
    """Register a look."""

    def register(
        draw: Callable[[Facts, Style, random.Random], Drawn],
    ) -> Callable[[Facts, Style, random.Random], Drawn]:
        """Add it to the list."""
        LAYOUTS.append(Layout(draw.__name__, split, draw, share, width, size, is_ticket))
        return draw

    return register


def truth_of(facts: Facts, kind: str, *, number: str | None) -> Truth:
    """Return what is right of a document that the issuer gave out."""
    return {
        "kind": kind,
        "date": facts.issued_on.isoformat(),
        "amount": f"{facts.total:.2f}",
        "currency": "ARS",
        "vendor": facts.issuer.name,
        "tax_id": facts.issuer.tax_id,
        "number": number,
        # Whoever draws one of these says so; elsewhere nothing of it must be read.
        **dict.fromkeys(
            ("receiver_tax_id", "cae", "cae_expires", "time", "tip", "payment_method", "card_tail")
        ),
    }


def authorized(facts: Facts) -> Truth:
    """Return what is right of a document that shows its CAE and the day that it ends."""
    return {"cae": facts.cae, "cae_expires": facts.cae_expires_on.isoformat()}


def vat_of(facts: Facts) -> tuple[Mapping[str, str], ...]:
    """Return the VAT as a label has it."""
    return ({"kind": "iva", "amount": f"{facts.total - facts.net:.2f}"},)


def fiscal_of(facts: Facts, code: int, *, receiver: str | None = None) -> FiscalFacts:
    """Return what the document's QR says."""
    return FiscalFacts(
        issued_on=facts.issued_on,
        tax_id=facts.issuer.tax_id,
        code=code,
        number=facts.number,
        total=facts.total,
        cae=facts.cae,
        receiver=receiver,
    )


def items_of(facts: Facts) -> tuple[Mapping[str, str], ...]:
    """Return the items as a label has them."""
    return tuple(
        {"description": item.description, "amount": f"{item.amount:.2f}"} for item in facts.items
    )
