"""Both parties of a transfer, with their accounts, in the words of banks and wallets."""

from __future__ import annotations

from datetime import date

import pytest

from acuse.reading.accounts import bank_of, find_cbus, is_alias, is_cvu
from acuse.reading.interpret import interpret
from acuse.reading.rows import COLUMN, page_of
from acuse.reading.values import Box, PageText, Party, Source, Word
from acuse.reading.wire import contract_of
from support.reading_pages import page_of_text

CBU, CVU = "2850590994009041813526", "0000003110000990000072"
OTHER_CBU = "0990001130000000000070"
COELSA = "LQ7V6YN4KD0Z8EJ2PXM3RW"

WALLET = f"""
Comprobante de transferencia
Jueves, 12 de noviembre de 2026 a las 14:05 hs
$ 15.000
De
Aurelio Ejemplo
CUIT/CUIL: 20-99000006-9
Mercado Pago
CVU: {CVU}
Para
Remedios Muestra
CUIT/CUIL: 27-99000007-2
Banco Imaginario
CBU: {OTHER_CBU}
Número de operación
99120045871
Código de identificación
{COELSA}
"""

LABELLED = f"""
Transferencia inmediata
Fecha y hora   05/12/2026 11:06
Importe   $ 1.234.567,89
Titular cuenta origen   Aurelio Ejemplo
CUIT origen   20-99000006-9
CBU origen   {OTHER_CBU}
Banco origen   Banco Imaginario
Nombre del destinatario   Remedios Muestra
CUIT del destinatario   27990000072
CBU/CVU destino   {CVU}
Alias destino   remedios.muestra
Entidad destino   Billetera Sol
ID COELSA   {COELSA}
Nro. de comprobante   0099123456
"""

SIDE_BY_SIDE = f"""
Transferencia enviada
09/11/2026 11:06
$ 98.760,00
Origen   Destino
Aurelio Ejemplo   Remedios Muestra
20-99000006-9   27-99000007-2
CBU {OTHER_CBU}   CBU {CBU}
Coelsa ID: {COELSA}
"""

SPOKEN = f"""
¡Listo! Ya enviaste el dinero
$ 2.500,50
Le transferiste a
Remedios Muestra
Alias: Remedios.Muestra.Fic
CVU: {CVU[:8]} {CVU[8:]}
12/nov/2026 - 18:22 hs
Desde
Aurelio Ejemplo
Banco: Banco Imaginario
"""

PAYER = {"name": "Aurelio Ejemplo", "tax_id": "20990000069", "alias": None}
PAYEE = {"name": "Remedios Muestra", "tax_id": "27990000072", "alias": None}


def cvu(bank: str | None) -> dict[str, str | None]:
    return {"cbu": CVU, "bank": bank, "cbu_kind": "cvu"}


def cbu(digits: str, bank: str | None) -> dict[str, str | None]:
    return {"cbu": digits, "bank": bank, "cbu_kind": "cbu"}


CASES = {
    "wallet": (
        WALLET,
        {**PAYER, **cvu("Mercado Pago")},
        {**PAYEE, **cbu(OTHER_CBU, "Banco Imaginario")},
        COELSA,
    ),
    "labelled": (
        LABELLED,
        {**PAYER, **cbu(OTHER_CBU, "Banco Imaginario")},
        {**PAYEE, **cvu("Billetera Sol"), "alias": "remedios.muestra"},
        COELSA,
    ),
    "side_by_side": (
        SIDE_BY_SIDE,
        {**PAYER, **cbu(OTHER_CBU, None)},
        {**PAYEE, **cbu(CBU, "Banco Macro")},
        COELSA,
    ),
    "spoken": (
        SPOKEN,
        {**PAYER, "tax_id": None, "cbu": None, "bank": "Banco Imaginario", "cbu_kind": None},
        {**PAYEE, **cvu(None), "tax_id": None, "alias": "Remedios.Muestra.Fic"},
        None,
    ),
}


def page_in_columns(text: str) -> list[PageText]:
    """Return one page whose columns begin at the same places in each row."""
    words = [
        Word(
            cell, Box(500.0 * column, 30.0 * row, 500.0 * column + 440.0, 30.0 * row + 20.0), 1.0, 1
        )
        for row, line in enumerate(text.strip().splitlines())
        for column, cell in enumerate(line.split(COLUMN))
    ]
    return [page_of(words, 1, width=1000.0, height=600.0, source=Source.TEXT_LAYER)]


def read(text: str) -> dict[str, object]:
    pages = page_in_columns(text)
    reading = interpret(pages, [], today=date(2026, 12, 23), engine="test")
    return contract_of(reading)


@pytest.mark.parametrize(("text", "payer", "payee", "coelsa"), CASES.values(), ids=CASES)
def test_a_voucher_says_who_paid_whom_and_into_which_account(
    text: str, payer: dict[str, str | None], payee: dict[str, str | None], coelsa: str | None
) -> None:
    found = read(text)

    assert found["transfer"] == {"payer": payer, "payee": payee, "coelsa_id": coelsa}
    assert (found["vendor"], found["tax_id"]) == (payee["name"], payee["tax_id"])
    assert found["payment_method"] == "transfer"


def test_a_wrong_check_digit_is_no_account() -> None:
    found = read(WALLET.replace(OTHER_CBU, OTHER_CBU[:-1] + "1"))

    transfer = found["transfer"]
    assert isinstance(transfer, dict)
    assert transfer["payee"]["cbu"] is None
    assert transfer["payee"]["cbu_kind"] is None


def test_a_party_of_which_nothing_is_said_is_none() -> None:
    text = "Transferencia enviada\nEnviaste $ 100,00\nPara\nRemedios Muestra\nCBU y alias ocultos"
    reading = interpret(page_of_text(text), [], today=date(2026, 12, 23), engine="test")

    assert reading.transfer is not None
    assert reading.transfer.payer is None
    assert reading.transfer.payee == Party(name=reading.vendor)


def test_other_documents_have_no_parties_of_a_transfer() -> None:
    assert (
        read(f"TIQUE\nACME S.A.\nCUIT 30-99000002-2\nCBU {CBU}\nTOTAL   $ 10,00")["transfer"]
        is None
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"CBU {CBU}", [CBU]),
        (f"CBU: {CBU[:8]} {CBU[8:]}", [CBU]),
        (f"{CBU[:3]}-{CBU[3:8]}-{CBU[8:]}", [CBU]),
        (f"CVU{CVU}", []),
        (f"1{CBU}", []),
        (CBU[:-1], []),
        ("0" * 22, []),
        # Each check digit by itself.
        (CBU[:7] + str((int(CBU[7]) + 1) % 10) + CBU[8:], []),
        (CBU[:21] + str((int(CBU[21]) + 1) % 10), []),
        # Two digits that changed places.
        (CBU[:9] + CBU[10] + CBU[9] + CBU[11:], []),
    ],
)
def test_an_account_is_22_digits_that_check(text: str, found: list[str]) -> None:
    assert list(find_cbus(text)) == found


def test_a_virtual_account_is_told_by_its_first_digits() -> None:
    assert is_cvu(CVU)
    assert not is_cvu(CBU)
    assert (bank_of(CBU), bank_of(OTHER_CBU), bank_of(CVU)) == ("Banco Macro", None, None)


@pytest.mark.parametrize(
    ("text", "named", "alone"),
    [
        ("remedios.muestra.fic", True, True),
        ("CUARTO.CENTRO.NAIPE", True, True),
        ("tienda-ñandu", False, False),
        ("remedios88", True, False),
        ("corto", False, False),
        ("un.alias.demasiado.largo", False, False),
        ("www.banco.com", False, False),
        ("12.345.678", False, False),
        ("dos palabras", False, False),
    ],
)
def test_an_alias_has_six_to_twenty_letters_digits_dots_and_dashes(
    text: str, *, named: bool, alone: bool
) -> None:
    assert is_alias(text, is_named=True) is named
    assert is_alias(text, is_named=False) is alone
