"""An Argentine electronic invoice or credit note: an A4 PDF with text and its fiscal QR."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from acuse_lab.documents.fiscal_qr import FiscalFacts, fiscal_address, qr_modules
from acuse_lab.documents.parties import Party
from acuse_lab.documents.sample import ItemSpec, day, pesos, total_of

_TITLES = {
    1: ("FACTURA", "A", "factura_a"),
    6: ("FACTURA", "B", "factura_b"),
    8: ("NOTA DE CRÉDITO", "B", "nota_credito"),
    11: ("FACTURA", "C", "factura_c"),
}
_VAT = Decimal("1.21")
_WIDTH, _HEIGHT = A4
_LEFT = 40.0
_MIDDLE = _WIDTH / 2
_RIGHT = _WIDTH - 40.0
_QR_POINTS = 100.0
_CAE = "70417054367476"


@dataclass(frozen=True, slots=True)
class InvoiceSpec:
    """What an invoice says; `code` is ARCA's: 1 A, 6 B, 8 credit note B, 11 C."""

    code: int
    issuer: Party
    client: Party
    issued_on: date
    number: tuple[int, int]
    items: tuple[ItemSpec, ...]


def draw_invoice(spec: InvoiceSpec) -> bytes:
    """Return the invoice as a PDF; the same spec gives the same bytes."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    _draw_head(canvas, spec)
    _draw_client(canvas, spec)
    bottom = _draw_items(canvas, spec)
    _draw_totals(canvas, spec, bottom)
    _draw_foot(canvas, spec)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def invoice_truth(spec: InvoiceSpec) -> dict[str, str | None]:
    """Return what a reader should find on the invoice."""
    point, serial = spec.number
    return {
        "kind": _TITLES[spec.code][2],
        "date": spec.issued_on.isoformat(),
        "amount": f"{total_of(spec.items):.2f}",
        "currency": "ARS",
        "vendor": spec.issuer.name,
        "tax_id": spec.issuer.tax_id,
        "number": f"{point:05d}-{serial:08d}",
        "receiver_tax_id": spec.client.tax_id,
        "cae": _CAE,
        "cae_expires": _expires_on(spec).isoformat(),
        "payment_method": "cash",
    }


def _expires_on(spec: InvoiceSpec) -> date:
    return spec.issued_on + timedelta(days=10)


def _draw_head(canvas: Canvas, spec: InvoiceSpec) -> None:
    title, letter, _ = _TITLES[spec.code]
    point, serial = spec.number
    canvas.rect(_LEFT - 10, _HEIGHT - 220, _RIGHT - _LEFT + 20, 180)
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawCentredString(_MIDDLE, _HEIGHT - 34, "ORIGINAL")
    canvas.setFont("Helvetica-Bold", 26)
    canvas.drawCentredString(_MIDDLE, _HEIGHT - 70, letter)
    canvas.setFont("Helvetica", 7)
    canvas.drawCentredString(_MIDDLE, _HEIGHT - 82, f"COD. {spec.code:03d}")
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(_LEFT, _HEIGHT - 72, spec.issuer.name)
    canvas.drawString(_MIDDLE + 40, _HEIGHT - 72, title)
    left = (
        f"Razón Social: {spec.issuer.name}",
        f"Domicilio Comercial: {spec.issuer.address}",
        _condition(spec),
    )
    right = (
        f"Punto de Venta: {point:05d}    Comp. Nro: {serial:08d}",
        f"Fecha de Emisión: {day(spec.issued_on)}",
        f"CUIT: {spec.issuer.tax_id}",
        "Ingresos Brutos: 901-000001-1",
        "Fecha de Inicio de Actividades: 01/03/2015",
    )
    _draw_lines(canvas, left, x=_LEFT, top=_HEIGHT - 120)
    _draw_lines(canvas, right, x=_MIDDLE + 40, top=_HEIGHT - 100)


def _condition(spec: InvoiceSpec) -> str:
    kind = _TITLES[spec.code][2]
    holder = "Responsable Monotributo" if kind == "factura_c" else "IVA Responsable Inscripto"
    return f"Condición frente al IVA: {holder}"


def _draw_client(canvas: Canvas, spec: InvoiceSpec) -> None:
    start = spec.issued_on.replace(day=1)
    due = spec.issued_on + timedelta(days=10)
    lines = (
        f"Período Facturado Desde: {day(start)} Hasta: {day(spec.issued_on)}"
        f"    Fecha de Vto. para el pago: {day(due)}",
        f"CUIT: {spec.client.tax_id}    Apellido y Nombre / Razón Social: {spec.client.name}",
        f"Condición frente al IVA: Consumidor Final    Domicilio: {spec.client.address}",
        "Condición de venta: Contado",
    )
    _draw_lines(canvas, lines, x=_LEFT, top=_HEIGHT - 245)


def _draw_items(canvas: Canvas, spec: InvoiceSpec) -> float:
    columns = (_LEFT, _LEFT + 50, _MIDDLE + 50, _MIDDLE + 110, _RIGHT)
    top = _HEIGHT - 340
    canvas.setFont("Helvetica-Bold", 9)
    for x, text in zip(
        columns, ("Código", "Producto / Servicio", "Cantidad", "Precio Unit.", ""), strict=True
    ):
        canvas.drawString(x, top, text)
    canvas.drawRightString(_RIGHT, top, "Subtotal")
    canvas.setFont("Helvetica", 9)
    for place, item in enumerate(spec.items, start=1):
        row = top - 18 * place
        canvas.drawString(columns[0], row, f"{place:03d}")
        canvas.drawString(columns[1], row, item.description)
        canvas.drawRightString(columns[2] + 35, row, f"{item.quantity},00")
        canvas.drawRightString(columns[3] + 60, row, pesos(item.unit_price))
        canvas.drawRightString(_RIGHT, row, pesos(item.amount))
    return top - 18 * (len(spec.items) + 2)


def _draw_totals(canvas: Canvas, spec: InvoiceSpec, top: float) -> None:
    total = total_of(spec.items)
    net = (total / _VAT).quantize(Decimal("0.01"))
    rows = [("Subtotal: $", total), ("Importe Otros Tributos: $", Decimal(0))]
    if _TITLES[spec.code][2] == "factura_a":
        rows = [("Importe Neto Gravado: $", net), ("IVA 21%: $", total - net)]
    for place, (label, amount) in enumerate([*rows, ("Importe Total: $", total)]):
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawRightString(_RIGHT - 90, top - 16 * place, label)
        canvas.drawRightString(_RIGHT, top - 16 * place, pesos(amount))
    if _TITLES[spec.code][1] == "B":
        text = f"IVA Contenido: $ {pesos(total - net)}"
        lines = ("Régimen de Transparencia Fiscal al Consumidor (Ley 27.743)", text)
        _draw_lines(canvas, lines, x=_LEFT, top=top - 16)


def _draw_foot(canvas: Canvas, spec: InvoiceSpec) -> None:
    said = FiscalFacts(
        issued_on=spec.issued_on,
        tax_id=spec.issuer.tax_id,
        code=spec.code,
        number=spec.number,
        total=total_of(spec.items),
        cae=_CAE,
        receiver=spec.client.tax_id,
    )
    modules = qr_modules(fiscal_address(said))
    size = _QR_POINTS / len(modules)
    for row, line in enumerate(reversed(modules)):
        for column, dark in enumerate(line):
            if dark:
                canvas.rect(_LEFT + size * column, 50 + size * row, size, size, stroke=0, fill=1)
    lines = (
        f"CAE N°: {_CAE}",
        f"Fecha de Vto. de CAE: {day(_expires_on(spec))}",
        "Comprobante Autorizado",
    )
    _draw_lines(canvas, lines, x=_MIDDLE + 80, top=120)


def _draw_lines(canvas: Canvas, lines: tuple[str, ...], *, x: float, top: float) -> None:
    canvas.setFont("Helvetica", 9)
    for place, line in enumerate(lines):
        canvas.drawString(x, top - 16 * place, line)
