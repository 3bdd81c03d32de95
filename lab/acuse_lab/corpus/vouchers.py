"""Screens that wallets and banks show after money was sent, and what is no receipt at all."""

from __future__ import annotations

import random
from typing import Final, TypeAlias

from acuse_lab.corpus.facts import Facts, person
from acuse_lab.corpus.layouts import Drawn, Transfer, Truth, layout, truth_of
from acuse_lab.corpus.sheet import Sheet, Style
from acuse_lab.documents.parties import Party
from acuse_lab.documents.sample import day, pesos

# What is right of one party.
Side: TypeAlias = dict[str, str | None]
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


def _drawn(
    sheet: Sheet, facts: Facts, *, payer: Side, payee: Side, coelsa_id: str | None = None
) -> Drawn:
    truth: Truth = {
        **truth_of(facts, "transfer", number=facts.operation),
        "time": facts.time,
        "payment_method": "transfer",
    }
    transfer: Transfer = {"payer": payer, "payee": payee, "coelsa_id": coelsa_id}
    return Drawn(sheet.image(), truth, is_screen=True, transfer=transfer)


def _side(who: Party, **account: str) -> Side:
    """Return what is right of a party: name, tax id, and what is drawn of its account."""
    parts = ("tax_id", "cbu", "alias", "bank")
    return {"name": who.name, **dict.fromkeys(parts), "tax_id": who.tax_id, **account}


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
    banks: list[str] = []
    for title, who in (("De", sender), ("Para", facts.issuer)):
        sheet.line(title, scale=0.85)
        sheet.line(who.name, bold=True, scale=1.1)
        sheet.line(f"CUIT/CUIL: {who.dashed_tax_id}", scale=0.9)
        banks.append(chance.choice(_BANKS))
        sheet.line(banks[-1], scale=0.9)
    sheet.line(f"CVU: {facts.account.cvu}", scale=0.9)
    sheet.rule()
    sheet.line("Número de operación", scale=0.85)
    sheet.line(facts.operation)
    sheet.line("COELSA ID", scale=0.85)
    sheet.line(facts.coelsa_id)
    payee = _side(facts.issuer, cbu=facts.account.cvu, bank=banks[1])
    payer = _side(sender, bank=banks[0])
    return _drawn(sheet, facts, payer=payer, payee=payee, coelsa_id=facts.coelsa_id)


@layout("dev", share=3, width=1080, size=32)
def bank_screen(facts: Facts, style: Style, chance: random.Random) -> Drawn:
    """Draw a bank's: labels at the left, values at the right."""
    sender = person(chance)
    sheet = Sheet(style)
    sheet.space(1)
    sheet.centre("Transferencia realizada", bold=True, scale=1.3)
    sheet.rule()
    pocket, bank = chance.randrange(10**6), chance.choice(_BANKS)
    for label, value in (
        ("Fecha", f"{day(facts.issued_on)} {facts.time}"),
        ("Importe", f"$ {pesos(facts.total)}"),
        ("Titular origen", sender.name),
        ("Cuenta origen", f"CA $ 4{pocket}-1"),
        ("CBU origen", facts.sender_account.cbu),
        ("Destinatario", facts.issuer.name),
        ("CUIT destinatario", facts.issuer.dashed_tax_id),
        ("CBU destino", facts.account.cbu),
        ("Alias destino", facts.account.alias),
        ("Banco destino", bank),
        ("Concepto", "VARIOS"),
        ("Nro. de comprobante", facts.operation),
    ):
        sheet.line(label, value)
        sheet.space(0.4)
    payee = _side(facts.issuer, cbu=facts.account.cbu, alias=facts.account.alias, bank=bank)
    payer = {**_side(sender, cbu=facts.sender_account.cbu), "tax_id": None}
    return _drawn(sheet, facts, payer=payer, payee=payee)


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
    sheet.line(f"CVU {facts.account.cvu}")
    sheet.line(f"Alias {facts.account.alias}")
    bank = chance.choice(_BANKS)
    sheet.line(f"Entidad {bank}")
    sheet.space(0.6)
    sheet.line("Origen", bold=True)
    sheet.line(sender.name)
    sheet.line(f"CUIL {sender.tax_id}")
    sheet.rule()
    sheet.line("Código de identificación", facts.coelsa_id)
    sheet.line("Nro. de operación", facts.operation)
    account = facts.account
    payee = _side(facts.issuer, cbu=account.cvu, alias=account.alias, bank=bank)
    return _drawn(sheet, facts, payer=_side(sender), payee=payee, coelsa_id=facts.coelsa_id)


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
    banks = (chance.choice(_BANKS), chance.choice(_BANKS))
    sheet.columns(((0.05, banks[0]), (0.53, banks[1])))
    # So that both fit side by side.
    cbus = (facts.sender_account.cbu, facts.account.cbu)
    sheet.columns(((0.05, f"CBU {cbus[0]}"), (0.53, f"CBU {cbus[1]}")), scale=0.8)
    sheet.rule()
    sheet.line("Importe debitado", f"$ {pesos(facts.total)}", bold=True)
    sheet.line("Referencia", "VAR - Varios")
    sheet.line("Número de comprobante", facts.operation)
    payer = _side(sender, cbu=cbus[0], bank=banks[0])
    payee = _side(facts.issuer, cbu=cbus[1], bank=banks[1])
    return _drawn(sheet, facts, payer=payer, payee=payee)


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
