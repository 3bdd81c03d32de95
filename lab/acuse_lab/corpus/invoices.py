"""Electronic invoices on A4 paper, with their QR."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from acuse_lab.corpus.facts import Facts
from acuse_lab.corpus.layouts import (
    Drawn,
    Truth,
    authorized,
    fiscal_of,
    items_of,
    layout,
    truth_of,
    vat_of,
)
from acuse_lab.corpus.sheet import Sheet, Style
from acuse_lab.documents.fiscal_qr import fiscal_address, qr_image
from acuse_lab.documents.sample import day, pesos

# A letter, ARCA's code, its heading and our kind.
_DEV_KINDS = (
    ("A", 1, "FACTURA", "factura_a"),
    ("B", 6, "FACTURA", "factura_b"),
    ("C", 11, "FACTURA", "factura_c"),
    ("B", 8, "NOTA DE CRÉDITO", "nota_credito"),
)
_TEST_KINDS = (
    ("A", 1, "FACTURA", "factura_a"),
    ("B", 6, "FACTURA", "factura_b"),
    ("C", 11, "FACTURA", "factura_c"),
    ("A", 3, "NOTA DE CRÉDITO", "nota_credito"),
    ("A", 2, "NOTA DE DÉBITO", "nota_debito"),
    ("M", 51, "FACTURA", "factura_m"),
)

_TERMS = (
    ("Contado", "cash"),
    ("Cuenta Corriente", "account"),
    ("Tarjeta de Crédito", "credit_card"),
    ("Transferencia Bancaria", "transfer"),
)


def _foot(sheet: Sheet, facts: Facts, code: int, *, expires: str) -> None:
    address = fiscal_address(fiscal_of(facts, code, receiver=facts.client.tax_id))
    sheet.line("", f"CAE N°: {facts.cae}")
    sheet.line("", f"{expires}: {day(facts.cae_expires_on)}")
    sheet.paste(qr_image(address, module=4), at=0.18)


def _truth(facts: Facts, kind: str, method: str) -> Truth:
    return {
        **truth_of(facts, kind, number=facts.printed_number),
        **authorized(facts),
        "receiver_tax_id": facts.client.tax_id,
        "payment_method": method,
    }


def _original(sheet: Sheet, letter: str) -> None:
    sheet.centre("ORIGINAL", bold=True)
    sheet.rule()
    sheet.box(letter)


def _table(sheet: Sheet, facts: Facts, *, taxed: bool) -> None:
    for item in facts.items:
        amount = item.amount if not taxed else (item.amount / Decimal("1.21"))
        unit = amount / item.quantity
        sheet.columns(
            (
                (0.05, item.description),
                (-0.58, f"{item.quantity},00"),
                (-0.76, pesos(unit.quantize(Decimal("0.01")))),
                (-0.95, pesos(amount.quantize(Decimal("0.01")))),
            )
        )


@layout("dev", share=6, width=1240, size=24)
def arca_invoice(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw the look of the fisc's own service: letter in a box, issuer left, numbers right."""
    letter, code, title, kind = chance.choice(_DEV_KINDS)
    sheet = Sheet(style)
    _original(sheet, letter)
    sheet.centre(f"COD. {code:03d}", scale=0.7)
    sheet.columns(((0.05, facts.issuer.name), (0.6, title)), bold=True, scale=1.3)
    sheet.columns(
        ((0.6, f"Punto de Venta: {facts.number[0]:05d}  Comp. Nro: {facts.number[1]:08d}"),)
    )
    sheet.columns(
        (
            (0.05, f"Razón Social: {facts.issuer.name}"),
            (0.6, f"Fecha de Emisión: {day(facts.issued_on)}"),
        )
    )
    sheet.columns(
        ((0.05, f"Domicilio: {facts.issuer.address}"), (0.6, f"CUIT: {facts.issuer.tax_id}"))
    )
    holder = "Responsable Monotributo" if letter == "C" else "IVA Responsable Inscripto"
    sheet.columns(
        (
            (0.05, f"Condición frente al IVA: {holder}"),
            (0.6, f"Ingresos Brutos: {facts.issuer.tax_id}"),
        )
    )
    sheet.rule()
    due = day(facts.issued_on + timedelta(days=chance.choice((0, 10, 15, 30))))
    sheet.line(
        f"Período Facturado Desde: {day(facts.issued_on.replace(day=1))}",
        f"Vto. para el pago: {due}",
    )
    sheet.line(
        f"CUIT: {facts.client.tax_id}   Apellido y Nombre / Razón Social: {facts.client.name}"
    )
    terms, method = facts.spare.choice(_TERMS)
    sheet.line(f"Condición de venta: {terms}")
    sheet.rule()
    sheet.columns(
        (
            (0.05, "Producto / Servicio"),
            (-0.58, "Cantidad"),
            (-0.76, "Precio Unit."),
            (-0.95, "Subtotal"),
        ),
        bold=True,
    )
    _table(sheet, facts, taxed=letter == "A")
    _arca_totals(sheet, facts, letter)
    _foot(sheet, facts, code, expires="Fecha de Vto. de CAE")
    taxes = vat_of(facts) if letter == "A" else ()
    truth, items = _truth(facts, kind, method), None if letter == "A" else items_of(facts)
    return Drawn(sheet.image(), truth, items, taxes=taxes)


def _arca_totals(sheet: Sheet, facts: Facts, letter: str) -> None:
    sheet.space(2)
    if letter == "A":
        sheet.columns(((-0.76, "Importe Neto Gravado: $"), (-0.95, pesos(facts.net))))
        sheet.columns(((-0.76, "IVA 21%: $"), (-0.95, pesos(facts.total - facts.net))))
    else:
        sheet.columns(((-0.76, "Subtotal: $"), (-0.95, pesos(facts.total))))
    sheet.columns(((-0.76, "Importe Otros Tributos: $"), (-0.95, "0,00")))
    sheet.columns(((-0.76, "Importe Total: $"), (-0.95, pesos(facts.total))), bold=True)
    sheet.space(1)


@layout("test", share=6, width=1200, size=23)
def software_invoice(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw the look of accounting software: client in a frame, totals in a row."""
    letter, code, title, kind = chance.choice(_TEST_KINDS)
    sheet = Sheet(style)
    sheet.line(facts.issuer.name, f"{title} {letter}", bold=True, scale=1.4)
    sheet.line(facts.issuer.address, f"N° {facts.number[0]:04d}-{facts.number[1]:08d}")
    sheet.line(
        "Resp. Monotributo" if letter == "C" else "IVA Resp. Inscripto",
        f"Fecha: {day(facts.issued_on)}",
    )
    sheet.line(f"C.U.I.T.: {facts.issuer.dashed_tax_id}", f"Código {code:02d}")
    sheet.rule()
    sheet.line(f"Señor(es): {facts.client.name}")
    sheet.line(f"Domicilio: {facts.client.address}", f"CUIT: {facts.client.dashed_tax_id}")
    sheet.line(
        "Cond. de venta: Cuenta corriente",
        f"Vencimiento: {day(facts.issued_on + timedelta(days=30))}",
    )
    sheet.rule()
    sheet.columns(
        ((0.05, "Detalle"), (-0.58, "Cant."), (-0.76, "P. unitario"), (-0.95, "Importe")), bold=True
    )
    is_taxed = letter in {"A", "M"}
    _table(sheet, facts, taxed=is_taxed)
    sheet.space(1.5)
    sheet.rule()
    if is_taxed:
        sheet.columns(
            ((0.05, "Neto gravado"), (0.3, "IVA 21,00 %"), (0.55, "Percep. IIBB"), (-0.95, "TOTAL"))
        )
        sheet.columns(
            (
                (0.05, pesos(facts.net)), (0.3, pesos(facts.total - facts.net)), (0.55, "0,00"),
                (-0.95, f"$ {pesos(facts.total)}"),
            ),
            bold=True,
        )  # fmt: skip
    else:
        sheet.columns(((-0.76, "TOTAL"), (-0.95, f"$ {pesos(facts.total)}")), bold=True, scale=1.2)
    sheet.space(1)
    _foot(sheet, facts, code, expires="Vencimiento CAE")
    taxes = vat_of(facts) if is_taxed else ()
    truth, items = _truth(facts, kind, "account"), None if is_taxed else items_of(facts)
    return Drawn(sheet.image(), truth, items, taxes=taxes)
