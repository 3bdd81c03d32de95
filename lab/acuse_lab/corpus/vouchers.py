"""Screens that wallets and banks show after money was sent, and what is no receipt at all."""

from __future__ import annotations

import random
from typing import Final

from acuse_lab.corpus.facts import Facts, person
from acuse_lab.corpus.layouts import Drawn, Truth, layout
from acuse_lab.corpus.sheet import Sheet, Style
from acuse_lab.documents.parties import Party
from acuse_lab.documents.sample import day, pesos

_MONTHS: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_BANKS: Final = (
    "Banco del Litoral",
    "Banco Austral",
    "Billetera Sol",
    "Banco Provincial",
    "Cuenta Dígito",
)


def _truth(facts: Facts, to: Party, number: str) -> Truth:
    return {
        "kind": "transfer",
        "date": facts.issued_on.isoformat(),
        "amount": f"{facts.total:.2f}",
        "currency": "ARS",
        "vendor": to.name,
        "tax_id": to.tax_id,
        "number": number,
    }


def _written(facts: Facts) -> str:
    return (
        f"{facts.issued_on.day} de {_MONTHS[facts.issued_on.month - 1]} de {facts.issued_on.year}"
    )


@layout("dev", share=4, width=1080, size=34)
def wallet_screen(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a wallet's: who it is from, and below it who it is for."""
    sender = person(chance)
    sheet = Sheet(style)
    sheet.space(1)
    sheet.line("Comprobante de transferencia", bold=True, scale=1.3)
    sheet.line(f"{_written(facts)} a las {facts.time} hs", scale=0.9)
    sheet.line(f"$ {pesos(facts.total)}", bold=True, scale=2.2)
    sheet.line(f"Motivo: {chance.choice(('Varios', 'Factura', 'Alquiler'))}", scale=0.9)
    sheet.rule()
    for title, who in (("De", sender), ("Para", facts.issuer)):
        sheet.line(title, scale=0.85)
        sheet.line(who.name, bold=True, scale=1.1)
        sheet.line(f"CUIT/CUIL: {who.dashed_tax_id}", scale=0.9)
        sheet.line(chance.choice(_BANKS), scale=0.9)
    sheet.line(f"CVU: {facts.cbu}", scale=0.9)
    sheet.rule()
    sheet.line("Número de operación", scale=0.85)
    sheet.line(facts.operation)
    return Drawn(sheet.image(), _truth(facts, facts.issuer, facts.operation), is_screen=True)


@layout("dev", share=3, width=1080, size=32)
def bank_screen(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a bank's: labels at the left, values at the right."""
    sender = person(chance)
    sheet = Sheet(style)
    sheet.space(1)
    sheet.centre("Transferencia realizada", bold=True, scale=1.3)
    sheet.rule()
    for label, value in (
        ("Fecha", f"{day(facts.issued_on)} {facts.time}"),
        ("Importe", f"$ {pesos(facts.total)}"),
        ("Titular origen", sender.name),
        ("Cuenta origen", f"CA $ 4{chance.randrange(10**6)}-1"),
        ("Destinatario", facts.issuer.name),
        ("CUIT destinatario", facts.issuer.dashed_tax_id),
        ("CBU destino", facts.cbu),
        ("Banco destino", chance.choice(_BANKS)),
        ("Concepto", "VARIOS"),
        ("Nro. de comprobante", facts.operation),
    ):
        sheet.line(label, value)
        sheet.space(0.4)
    return Drawn(sheet.image(), _truth(facts, facts.issuer, facts.operation), is_screen=True)


@layout("test", share=4, width=1080, size=33)
def sent_screen(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a wallet's, spoken to the sender: you sent so much to somebody."""
    sender = person(chance)
    sheet = Sheet(style)
    sheet.space(1.5)
    sheet.centre("¡Listo! Enviaste", scale=1.2)
    sheet.centre(f"$ {pesos(facts.total)}", bold=True, scale=2.0)
    sheet.centre(f"{day(facts.issued_on)} - {facts.time} h", scale=0.9)
    sheet.rule()
    sheet.line("Destinatario", bold=True)
    sheet.line(facts.issuer.name)
    sheet.line(f"CUIT {facts.issuer.tax_id}")
    sheet.line(f"CVU {facts.cbu}")
    sheet.line(f"Entidad {chance.choice(_BANKS)}")
    sheet.space(0.6)
    sheet.line("Origen", bold=True)
    sheet.line(sender.name)
    sheet.line(f"CUIL {sender.tax_id}")
    sheet.rule()
    sheet.line("Código de identificación", facts.cae[:12])
    sheet.line("Nro. de operación", facts.operation)
    return Drawn(sheet.image(), _truth(facts, facts.issuer, facts.operation), is_screen=True)


@layout("test", share=3, width=1000, size=30)
def bank_paper(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a bank's paper: both parties side by side."""
    sender = person(chance)
    sheet = Sheet(style)
    sheet.line("Comprobante de transferencia", day(facts.issued_on), bold=True)
    sheet.line("Transferencia inmediata", f"{facts.time} hs")
    sheet.rule()
    sheet.columns(((0.05, "Ordenante"), (0.53, "Beneficiario")), bold=True)
    sheet.columns(((0.05, sender.name), (0.53, facts.issuer.name)))
    sheet.columns(
        ((0.05, f"CUIL {sender.dashed_tax_id}"), (0.53, f"CUIT {facts.issuer.dashed_tax_id}"))
    )
    sheet.columns(((0.05, chance.choice(_BANKS)), (0.53, chance.choice(_BANKS))))
    sheet.rule()
    sheet.line("Importe debitado", f"$ {pesos(facts.total)}", bold=True)
    sheet.line("Referencia", "VAR - Varios")
    sheet.line("Número de comprobante", facts.operation)
    return Drawn(sheet.image(), _truth(facts, facts.issuer, facts.operation), is_screen=True)


_NOTHING: Final[Truth] = {"kind": "none", "amount": None, "date": None, "vendor": None}


@layout("dev", share=1, width=1080, size=32)
def chat(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a chat, in which money is only spoken of."""
    sheet = Sheet(style)
    sheet.line(person(chance).name, "en línea", bold=True)
    sheet.rule()
    for text in ("Hola! te mando el comprobante más tarde", "Dale, gracias", "cuánto era?"):
        sheet.line(text, f"{chance.randrange(8, 23)}:{chance.randrange(10, 60)}")
        sheet.space(0.5)
    sheet.line(f"eran {facts.total:.0f} más o menos", "11:20")
    return Drawn(sheet.image(), dict(_NOTHING), is_screen=True)


@layout("test", share=1, width=1000, size=30)
def notice(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a notice on a wall."""
    sheet = Sheet(style)
    sheet.centre(chance.choice(("AVISO A LOS VECINOS", "ATENCIÓN")), bold=True, scale=1.6)
    sheet.space(1)
    for text in (
        f"El día {facts.issued_on.day} de {_MONTHS[facts.issued_on.month - 1]} no habrá agua",
        "por tareas de limpieza de tanques.",
        "Rogamos juntar lo necesario.",
        f"La administración, {facts.issuer.address}",
    ):
        sheet.line(text)
    return Drawn(sheet.image(), dict(_NOTHING))
