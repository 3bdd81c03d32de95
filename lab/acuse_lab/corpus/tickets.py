"""Tickets of shops: strips of thermal paper."""

from __future__ import annotations

import random
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


def _short(facts: Facts) -> str:
    return facts.issued_on.strftime("%d/%m/%y")


def _qr(sheet: Sheet, facts: Facts, code: int, *, module: int = 5) -> None:
    sheet.paste(qr_image(fiscal_address(fiscal_of(facts, code)), module=module))


def _truth(facts: Facts, kind: str, *, number: str | None) -> Truth:
    return {**truth_of(facts, kind, number=number), "time": facts.time}


@layout("dev", share=6, width=620, size=24, is_ticket=True)
def fiscal_ticket(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a fiscal printer's ticket: all in capitals, quantity above what it is of."""
    sheet = Sheet(style)
    sheet.centre(facts.issuer.name.upper(), bold=True)
    sheet.line(f"C.U.I.T. Nro.: {facts.issuer.dashed_tax_id}")
    sheet.line(f"Ing. Brutos: {facts.issuer.tax_id}")
    sheet.line(facts.issuer.address)
    sheet.line("IVA RESPONSABLE INSCRIPTO")
    sheet.line("A CONSUMIDOR FINAL")
    sheet.rule(dashed=True)
    sheet.line("TIQUE (Cod. 083)")
    sheet.line(f"P.V. Nro. {facts.number[0]:05d}", f"Nro. T. {facts.number[1]:08d}")
    sheet.line(f"Fecha {day(facts.issued_on)}", f"Hora {facts.time}")
    sheet.rule(dashed=True)
    for item in facts.items:
        if item.quantity > 1 or chance.choice((True, False, False)):
            sheet.line(f"{item.quantity},000 x {pesos(item.unit_price)}")
        sheet.line(f"{item.description.upper()} (21,00)", pesos(item.amount))
    sheet.rule(dashed=True)
    sheet.line("TOTAL", pesos(facts.total), bold=True, scale=chance.choice((1.0, 1.3, 1.6)))
    paid = _paid(sheet, facts, chance)
    sheet.centre("GRACIAS POR SU COMPRA")
    truth = {**_truth(facts, "ticket", number=facts.printed_number), **paid}
    return Drawn(sheet.image(), truth, items_of(facts))


def _paid(sheet: Sheet, facts: Facts, chance: random.Random) -> Truth:
    if chance.choice((True, False)):
        given = Decimal(int(facts.total) // 1000 * 1000 + 1000)
        sheet.line("Efectivo", pesos(given))
        sheet.line("Su vuelto", pesos(given - facts.total))
        return {"payment_method": "cash"}
    tail = str(chance.randrange(1000, 9999))
    sheet.line("TARJETA DEBITO", pesos(facts.total))
    sheet.line(f"Tarj: XXXX XXXX XXXX {tail}")
    return {"payment_method": "debit_card", "card_tail": tail}


@layout("dev", share=5, width=640, size=25, is_ticket=True)
def ticket_invoice_b(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a ticket that is an invoice B, with its QR."""
    sheet = Sheet(style)
    sheet.line(facts.issuer.name, bold=True)
    sheet.line(f"CUIT: {facts.issuer.dashed_tax_id}")
    sheet.line(facts.issuer.address)
    sheet.line(f"Inicio de actividades: 01/0{chance.randrange(1, 9)}/2014")
    sheet.centre("FACTURA B", bold=True, scale=1.2)
    sheet.line("Codigo 006", f"N° {facts.printed_number}")
    sheet.line(f"Fecha: {day(facts.issued_on)}", f"Hora: {facts.time}")
    sheet.line("Cliente: Consumidor Final")
    sheet.rule()
    for item in facts.items:
        sheet.line(item.description)
        sheet.line(f"   {item.quantity} u. x {pesos(item.unit_price)}", pesos(item.amount))
    sheet.rule()
    sheet.line("Subtotal", pesos(facts.total))
    sheet.line("TOTAL $", pesos(facts.total), bold=True, scale=1.3)
    sheet.line("IVA Contenido (Ley 27.743)", pesos(facts.total - facts.net), scale=0.8)
    words, method = facts.spare.choice(
        (("Efectivo", "cash"), ("Tarjeta de crédito", "credit_card"), ("Mercado Pago", "wallet"))
    )
    sheet.line(f"Forma de pago: {words}")
    sheet.line(f"CAE: {facts.cae}", scale=0.9)
    sheet.line(f"Vto. CAE: {day(facts.cae_expires_on)}", scale=0.9)
    _qr(sheet, facts, 6)
    truth = {
        **_truth(facts, "factura_b", number=facts.printed_number),
        **authorized(facts),
        "payment_method": method,
    }
    return Drawn(sheet.image(), truth, items_of(facts), taxes=vat_of(facts))


@layout("dev", share=3, width=560, size=23, is_ticket=True)
def kiosk_slip(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a small trader's slip, no invoice; prices before names."""
    sheet = Sheet(style)
    sheet.centre(facts.issuer.name, bold=True, scale=1.2)
    sheet.centre(facts.issuer.address)
    sheet.centre(f"CUIT {facts.issuer.dashed_tax_id}")
    sheet.centre(f"{_short(facts)}  {facts.time} hs")
    sheet.rule(dashed=True)
    for item in facts.items:
        sheet.line(f"{item.quantity} {item.description}", f"${pesos(item.amount)}")
    sheet.rule(dashed=True)
    sheet.line("TOTAL A PAGAR", f"${pesos(facts.total)}", bold=True, scale=1.2)
    sheet.centre(chance.choice(("Comprobante no válido como factura", "¡Gracias por su visita!")))
    return Drawn(sheet.image(), _truth(facts, "ticket", number=None), items_of(facts))


@layout("test", share=6, width=600, size=23, is_ticket=True)
def supermarket_ticket(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a supermarket's: name and trade name, two lines an item, total far larger."""
    sheet = Sheet(style)
    sheet.centre(facts.issuer.name.upper(), scale=1.1)
    sheet.centre(f"CUIT {facts.issuer.dashed_tax_id} - IIBB 9{facts.issuer.tax_id[3:10]}")
    sheet.centre(facts.issuer.address.upper())
    sheet.centre("IVA RESP. INSCRIPTO")
    sheet.line("TIQUE", f"{facts.printed_number}")
    sheet.line(f"FECHA: {_short(facts)}", f"HORA: {facts.time}:0{chance.randrange(10)}")
    sheet.line(f"CAJA: {chance.randrange(1, 30):03d}", f"CAJERO: {chance.randrange(100, 999)}")
    sheet.rule(dashed=True)
    for item in facts.items:
        sheet.line(f"779{chance.randrange(10**9, 10**10)}")
        sheet.line(f"{item.description.upper()[:22]} x{item.quantity}", pesos(item.amount))
    sheet.rule(dashed=True)
    sheet.line(f"ARTICULOS: {len(facts.items)}")
    sheet.line("TOTAL $", pesos(facts.total), bold=True, scale=1.8)
    words, method = chance.choice(
        (
            ("EFECTIVO", "cash"),
            ("TARJETA CREDITO", "credit_card"),
            ("MERCADO PAGO QR", "wallet"),
        )
    )
    sheet.line(words, pesos(facts.total))
    tail = str(facts.spare.randrange(1000, 9999)) if method == "credit_card" else None
    if tail:
        sheet.line(f"NRO. ************{tail}")
    sheet.line("VUELTO", "0,00")
    sheet.centre("CONSERVE SU COMPROBANTE")
    truth = {
        **_truth(facts, "ticket", number=facts.printed_number),
        "payment_method": method,
        "card_tail": tail,
    }
    return Drawn(sheet.image(), truth, items_of(facts))


@layout("test", share=5, width=640, size=24, is_ticket=True)
def ticket_invoice(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a ticket that is an invoice C or B, its QR in the middle of it."""
    letter, code, kind = chance.choice((("B", 82, "factura_b"), ("C", 111, "factura_c")))
    sheet = Sheet(style)
    sheet.centre(facts.issuer.name, bold=True, scale=1.15)
    sheet.line(facts.issuer.address)
    sheet.line("CUIT", facts.issuer.dashed_tax_id)
    sheet.line("Responsable Monotributo" if letter == "C" else "Responsable Inscripto")
    sheet.line(f"TIQUE FACTURA {letter}", f"(Cod. {code:03d})", bold=True)
    sheet.line("Punto de venta", f"{facts.number[0]:05d}")
    sheet.line("Comprobante", f"{facts.number[1]:08d}")
    sheet.line("Emitido", f"{day(facts.issued_on)} {facts.time}")
    _qr(sheet, facts, 6 if letter == "B" else 11)
    for item in facts.items:
        sheet.line(f"{item.quantity} x {pesos(item.unit_price)}")
        sheet.line(item.description, pesos(item.amount))
    sheet.rule()
    sheet.line("Importe total", f"$ {pesos(facts.total)}", bold=True, scale=1.25)
    words, method = facts.spare.choice((("Débito", "debit_card"), ("Contado", "cash")))
    sheet.line("Medio de pago", words)
    sheet.line("CAE", facts.cae, scale=0.9)
    sheet.line("Fecha Vto.", day(facts.cae_expires_on), scale=0.9)
    truth = {
        **_truth(facts, kind, number=facts.printed_number),
        **authorized(facts),
        "payment_method": method,
    }
    return Drawn(sheet.image(), truth, items_of(facts))


@layout("test", share=3, width=540, size=22, is_ticket=True)
def card_slip(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a terminal's slip of a payment by card."""
    sheet = Sheet(style)
    sheet.centre(facts.issuer.name.upper(), bold=True)
    sheet.centre(facts.issuer.address.upper())
    sheet.line(f"CUIT: {facts.issuer.dashed_tax_id}")
    sheet.line(f"TERM: {chance.randrange(10**7, 10**8)}", f"LOTE: {chance.randrange(100, 999)}")
    sheet.line(f"FECHA: {day(facts.issued_on)}", f"HORA: {facts.time}")
    sheet.line("COMPRA", "VISA DEBITO")
    tail = str(chance.randrange(1000, 9999))
    sheet.line(f"XXXXXXXXXXXX{tail}", "CONTACTLESS")
    sheet.line(f"AUT: {chance.randrange(10**5, 10**6)}", f"CUPON: {chance.randrange(1000, 9999)}")
    sheet.line("IMPORTE: $", pesos(facts.total), bold=True, scale=1.3)
    sheet.centre("COPIA CLIENTE")
    paid = {"payment_method": "debit_card", "card_tail": tail}
    return Drawn(sheet.image(), {**_truth(facts, "ticket", number=None), **paid})
