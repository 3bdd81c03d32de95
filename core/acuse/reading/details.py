"""What a document says beside its head and total: who for, by which authorization, how paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from acuse.reading.authorization import read_cae, read_cae_expiry
from acuse.reading.clock import read_time
from acuse.reading.parties import read_transfer
from acuse.reading.payment import read_card_tail, read_payment_method, read_tip
from acuse.reading.receiver import read_receiver_tax_id
from acuse.reading.taxes import read_taxes
from acuse.reading.values import DocumentReading, Kind, PageText, PaymentMethod, Reading


def with_details(reading: DocumentReading, pages: Sequence[PageText]) -> DocumentReading:
    """Return the reading with all that its pages say beside its head; nothing of no receipt."""
    kind = reading.kind.value
    if kind is Kind.NONE:
        return reading
    timed = replace(reading, issued_at=read_time(pages))
    if kind is Kind.TRANSFER:
        return _of_transfer(timed, pages)
    paid = replace(
        timed,
        tip=read_tip(pages),
        payment_method=read_payment_method(pages),
        card_tail=read_card_tail(pages),
        taxes=read_taxes(pages, total=reading.amount.value if reading.amount else None),
    )
    return paid if kind is Kind.FOREIGN else _of_invoice(paid, pages)


def _of_invoice(reading: DocumentReading, pages: Sequence[PageText]) -> DocumentReading:
    issuer = reading.tax_id.value if reading.tax_id else None
    return replace(
        reading,
        receiver_tax_id=read_receiver_tax_id(pages, issuer=issuer),
        cae=read_cae(pages),
        cae_expires_on=read_cae_expiry(pages),
    )


def _of_transfer(reading: DocumentReading, pages: Sequence[PageText]) -> DocumentReading:
    """Add the parties; that it is a transfer also says how it was paid."""
    kind = reading.kind
    return replace(
        reading,
        payment_method=Reading(PaymentMethod.TRANSFER, kind.confidence, kind.evidence),
        transfer=read_transfer(pages, name=reading.vendor, tax_id=reading.tax_id),
    )
