"""A fiscal ticket of a shop's printer: a narrow strip of thermal paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from PIL import Image, ImageDraw

from acuse_lab.documents.fiscal_qr import FiscalFacts, fiscal_address, qr_image
from acuse_lab.documents.parties import Party
from acuse_lab.documents.sample import ItemSpec, day, pesos, total_of
from acuse_lab.documents.typeface import typeface

_WIDTH = 720
_MARGIN = 36
_LINE = 40
_CODE_TICKET = 83
_CODE_INVOICE_B = 82


@dataclass(frozen=True, slots=True)
class TicketSpec:
    """What a ticket says; `cash` is what the customer gave, `with_qr` prints the fiscal QR."""

    shop: Party
    issued_on: date
    time: str
    number: tuple[int, int]
    items: tuple[ItemSpec, ...]
    cash: Decimal
    with_qr: bool = False


def draw_ticket(spec: TicketSpec) -> Image.Image:
    """Return the ticket as a flat grey picture."""
    rows = [*_head(spec), *_body(spec)]
    code = _code(spec)
    height = 2 * _MARGIN + _LINE * len(rows) + (code.height + _LINE if code else 0)
    paper = Image.new("L", (_WIDTH, height), 250)
    pen = ImageDraw.Draw(paper)
    top = _MARGIN
    for left, right in rows:
        bold = left.startswith(("TOTAL", spec.shop.name))
        face = typeface(26 if bold else 24, bold=bold)
        pen.text((_MARGIN, top), left, font=face, fill=30)
        wide = pen.textlength(right, font=face)
        pen.text((_WIDTH - _MARGIN - wide, top), right, font=face, fill=30)
        top += _LINE
    if code:
        paper.paste(code, ((_WIDTH - code.width) // 2, top + _LINE // 2))
    return paper


def ticket_truth(spec: TicketSpec) -> dict[str, str | None]:
    """Return what a reader should find on the ticket."""
    point, serial = spec.number
    return {
        "kind": "factura_b" if spec.with_qr else "ticket",
        "date": spec.issued_on.isoformat(),
        "amount": f"{total_of(spec.items):.2f}",
        "currency": "ARS",
        "vendor": spec.shop.name,
        "tax_id": spec.shop.tax_id,
        "number": f"{point:05d}-{serial:08d}",
    }


def _head(spec: TicketSpec) -> list[tuple[str, str]]:
    point, serial = spec.number
    title = "TIQUE FACTURA B (Cod. 082)" if spec.with_qr else "TIQUE (Cod. 083)"
    return [
        (spec.shop.name, ""),
        (f"C.U.I.T. Nro.: {spec.shop.dashed_tax_id}", ""),
        (spec.shop.address, ""),
        ("IVA RESPONSABLE INSCRIPTO", ""),
        ("A CONSUMIDOR FINAL", ""),
        (title, ""),
        (f"P.V. Nro. {point:05d}", f"Nro. T. {serial:08d}"),
        (f"Fecha {day(spec.issued_on)}", f"Hora {spec.time}"),
    ]


def _body(spec: TicketSpec) -> list[tuple[str, str]]:
    total = total_of(spec.items)
    rows: list[tuple[str, str]] = []
    for item in spec.items:
        if item.quantity > 1:
            rows.append((f"{item.quantity} x {pesos(item.unit_price)}", ""))
        rows.append((item.description, pesos(item.amount)))
    return [
        *rows,
        ("TOTAL", f"$ {pesos(total)}"),
        ("Efectivo", pesos(spec.cash)),
        ("Su vuelto", pesos(spec.cash - total)),
        ("GRACIAS POR SU COMPRA", ""),
    ]


def _code(spec: TicketSpec) -> Image.Image | None:
    if not spec.with_qr:
        return None
    said = FiscalFacts(
        issued_on=spec.issued_on,
        tax_id=spec.shop.tax_id,
        code=_CODE_INVOICE_B,
        number=spec.number,
        total=total_of(spec.items),
        cae="70417054367476",
    )
    return qr_image(fiscal_address(said), module=6)
