"""A transfer voucher: the screen a wallet or a bank's application shows after sending money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from PIL import Image, ImageDraw

from acuse_lab.documents.accounts import with_check_digits
from acuse_lab.documents.parties import Party
from acuse_lab.documents.sample import day, pesos
from acuse_lab.documents.typeface import typeface

_WIDTH, _HEIGHT = 1080, 1500
_MARGIN = 80
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoucherSpec:
    """What a voucher says; `operation` is the transfer's own number."""

    sender: Party
    recipient: Party
    sent_on: date
    time: str
    amount: Decimal
    operation: str


def draw_wallet_voucher(spec: VoucherSpec) -> Image.Image:
    """Return a wallet's screen: one column, the parties one below the other."""
    written = f"{spec.sent_on.day} de {_MONTHS[spec.sent_on.month - 1]} de {spec.sent_on.year}"
    rows = (
        ("Comprobante de transferencia", 44, True),
        (f"{written} a las {spec.time} hs", 30, False),
        (f"$ {pesos(spec.amount)}", 72, True),
        ("Motivo: Varios", 30, False),
        ("De", 28, False),
        (spec.sender.name, 38, True),
        (f"CUIT/CUIL: {spec.sender.dashed_tax_id}", 30, False),
        ("Billetera Ficticia", 30, False),
        ("Para", 28, False),
        (spec.recipient.name, 38, True),
        (f"CUIT/CUIL: {spec.recipient.dashed_tax_id}", 30, False),
        ("Banco Imaginario", 30, False),
        (f"CVU: {with_check_digits('0000031', '9900000000071')}", 30, False),
        ("Número de operación", 28, False),
        (spec.operation, 32, True),
    )
    return _screen(rows)


def draw_bank_voucher(spec: VoucherSpec) -> Image.Image:
    """Return a bank's screen: labels at the left, values at the right."""
    pairs = (
        ("Fecha", f"{day(spec.sent_on)} {spec.time}"),
        ("Importe", f"$ {pesos(spec.amount)}"),
        ("Cuenta origen", "CA $ 4099-000-1"),
        ("Titular origen", spec.sender.name),
        ("Destinatario", spec.recipient.name),
        ("CUIT destinatario", spec.recipient.dashed_tax_id),
        ("CBU destino", with_check_digits("0990001", "3000000000007")),
        ("Banco destino", "Banco Imaginario"),
        ("Concepto", "VARIOS"),
        ("Nro. de comprobante", spec.operation),
    )
    paper = _screen((("Transferencia enviada", 48, True),))
    pen = ImageDraw.Draw(paper)
    for place, (label, value) in enumerate(pairs, start=2):
        top = _MARGIN + 96 * place
        pen.text((_MARGIN, top), label, font=typeface(30), fill=90)
        face = typeface(30, bold=True)
        wide = pen.textlength(value, font=face)
        pen.text((_WIDTH - _MARGIN - wide, top), value, font=face, fill=20)
    return paper


def voucher_truth(spec: VoucherSpec) -> dict[str, str | None]:
    """Return what a reader should find: the recipient is the party of a transfer."""
    return {
        "kind": "transfer",
        "date": spec.sent_on.isoformat(),
        "amount": f"{spec.amount:.2f}",
        "currency": "ARS",
        "vendor": spec.recipient.name,
        "tax_id": spec.recipient.tax_id,
        "number": spec.operation,
    }


def _screen(rows: tuple[tuple[str, int, bool], ...]) -> Image.Image:
    paper = Image.new("L", (_WIDTH, _HEIGHT), 255)
    pen = ImageDraw.Draw(paper)
    top = _MARGIN
    for text, size, bold in rows:
        pen.text((_MARGIN, top), text, font=typeface(size, bold=bold), fill=25)
        top += size + 48
    return paper
