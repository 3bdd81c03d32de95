"""The samples that the demo sends and the tests read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from PIL import Image

from acuse_lab.documents import parties
from acuse_lab.documents.camera import encode, photograph, scanned_pdf, scanned_tiff
from acuse_lab.documents.invoice import InvoiceSpec, draw_invoice, invoice_truth
from acuse_lab.documents.sample import ItemSpec, Sample
from acuse_lab.documents.ticket import TicketSpec, draw_ticket, ticket_truth
from acuse_lab.documents.voucher import (
    VoucherSpec,
    draw_bank_voucher,
    draw_wallet_voucher,
    voucher_truth,
)

_PAPER = ItemSpec("Resma papel A4 75 g", 4, Decimal("8450.00"))
_TONER = ItemSpec("Toner alternativo negro", 1, Decimal("42999.90"))
_SUPPORT = ItemSpec("Abono mensual de soporte", 1, Decimal("185000.00"))
_GROCERIES = (
    ItemSpec("YERBA MATE 1 KG", 2, Decimal("4350.50")),
    ItemSpec("AZUCAR 1 KG", 1, Decimal("1290.00")),
    ItemSpec("FIDEOS TIRABUZON 500 G", 3, Decimal("1175.25")),
    ItemSpec("ACEITE GIRASOL 900 ML", 1, Decimal("2899.99")),
)
_SCREWS = (
    ItemSpec("CAJA TORNILLOS 6X1", 2, Decimal("5120.00")),
    ItemSpec("PINTURA LATEX 4 LT", 1, Decimal("28750.00")),
)
_TICKET = TicketSpec(
    shop=parties.ALMACEN,
    issued_on=date(2026, 10, 17),
    time="18:42",
    number=(12, 34567),
    items=_GROCERIES,
    cash=Decimal("20000.00"),
)
_TICKET_QR = TicketSpec(
    shop=parties.SHOP,
    issued_on=date(2026, 11, 3),
    time="09:15",
    number=(4, 8813),
    items=_SCREWS,
    cash=Decimal("40000.00"),
    with_qr=True,
)
_TRANSFER = VoucherSpec(
    sender=parties.SENDER,
    recipient=parties.RECIPIENT,
    sent_on=date(2026, 11, 12),
    time="14:05",
    amount=Decimal("152300.75"),
    operation="99120045871",
)
_BANK_TRANSFER = VoucherSpec(
    sender=parties.RECIPIENT,
    recipient=parties.CLIENT,
    sent_on=date(2026, 11, 9),
    time="11:06",
    amount=Decimal("98760.00"),
    operation="0099123456",
)


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """Return every sample, drawn anew in each process; names are unique."""
    return (*_invoices(), *_photos())


def sample(name: str) -> Sample:
    """Return the sample of that name; raise KeyError if there is none."""
    return {each.name: each for each in samples()}[name]


def _invoices() -> Iterator[Sample]:
    specs = {
        "factura-b": _invoice(6, 12345, (_PAPER, _TONER)),
        "factura-c": _invoice(11, 771, (_SUPPORT,)),
        "factura-a": _invoice(1, 90210, (_PAPER, _TONER, _SUPPORT)),
        "nota-credito-b": _invoice(8, 57, (_TONER,)),
    }
    for name, spec in specs.items():
        data = draw_invoice(spec)
        yield Sample(name, data, "application/pdf", f"{name}.pdf", invoice_truth(spec))


def _invoice(code: int, serial: int, items: tuple[ItemSpec, ...]) -> InvoiceSpec:
    issuer = parties.PAPELERIA
    if _SUPPORT in items:
        issuer = parties.ESTUDIO if len(items) == 1 else parties.SOFTWARE
    return InvoiceSpec(
        code=code,
        issuer=issuer,
        client=parties.CLIENT,
        issued_on=date(2026, 11, 5),
        number=(3, serial),
        items=items,
    )


def _photos() -> Iterator[Sample]:
    ticket = photograph(draw_ticket(_TICKET), seed=7)
    with_qr = photograph(draw_ticket(_TICKET_QR), seed=11)
    wallet = draw_wallet_voucher(_TRANSFER)
    bank = draw_bank_voucher(_BANK_TRANSFER)
    yield _image("ticket", ticket, "image/jpeg", ticket_truth(_TICKET))
    yield _image("ticket-webp", ticket, "image/webp", ticket_truth(_TICKET))
    yield _image("ticket-qr", with_qr, "image/jpeg", ticket_truth(_TICKET_QR))
    # Kept as a file: the encoders of this format are GPL. It shows `with_qr`.
    heic = Path(__file__).with_name("ticket-qr-heic.heic").read_bytes()
    truth = ticket_truth(_TICKET_QR)
    yield Sample("ticket-qr-heic", heic, "image/heic", "ticket-qr-heic.heic", truth)
    yield _image("transfer", wallet, "image/png", voucher_truth(_TRANSFER))
    yield _image("transfer-gif", wallet, "image/gif", voucher_truth(_TRANSFER))
    yield _image("transfer-bank", bank, "image/jpeg", voucher_truth(_BANK_TRANSFER))
    scan = scanned_pdf(draw_ticket(_TICKET))
    yield Sample("scan", scan, "application/pdf", "scan.pdf", ticket_truth(_TICKET))
    tiff = scanned_tiff(draw_ticket(_TICKET))
    yield Sample("scan-tiff", tiff, "image/tiff", "scan.tiff", ticket_truth(_TICKET))


def _image(name: str, picture: Image.Image, mime: str, truth: dict[str, str | None]) -> Sample:
    ending = mime.removeprefix("image/").replace("jpeg", "jpg")
    return Sample(name, encode(picture, mime), mime, f"{name}.{ending}", truth)
