"""How it was paid: the method, the card's last digits, the tip."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acuse.reading.payment import read_card_tail, read_payment_method, read_tip
from support.reading_pages import page_of_rows


def method(*rows: str) -> str | None:
    found = read_payment_method(page_of_rows(*rows))
    return found.value if found else None


def tail(*rows: str) -> str | None:
    found = read_card_tail(page_of_rows(*rows))
    return found.value if found else None


def tip(*rows: str) -> Decimal | None:
    found = read_tip(page_of_rows(*rows))
    return found.value if found else None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("EFECTIVO   10.000,00", "cash"),
        ("Su pago: Efectivo $ 500,00", "cash"),
        ("Condición de venta: Contado", "cash"),
        ("CASH   RM 20.00", "cash"),
        ("TUNAI   20.00", "cash"),
        ("TARJETA DEBITO   9.862,00", "debit_card"),
        ("Tarjeta de Débito   9.862,00", "debit_card"),
        ("COMPRA   VISA DEBITO", "debit_card"),
        ("Maestro   $ 500,00", "debit_card"),
        ("Forma de pago: Tarjeta de crédito", "credit_card"),
        ("T. CREDITO   500,00", "credit_card"),
        ("Mastercard Crédito   500,00", "credit_card"),
        ("AMERICAN EXPRESS   500,00", "credit_card"),
        ("TARJETA VISA   51.086,35", "card"),
        ("VISA   45.00", "card"),
        ("Medio de pago   Transferencia", "transfer"),
        ("MERCADO PAGO   500,00", "wallet"),
        ("Foma de pago: Mercado Pago", "wallet"),
        ("Pago con QR   $ 500,00", "wallet"),
        ("Forma de pago: Cheque", "check"),
        ("E-CHEQ   500,00", "check"),
        ("Cond. de venta: Cuenta corriente", "account"),
        ("CONDICION DE VENTA: CTA. CTE.", "account"),
        ("Payment method: Credit card", "credit_card"),
    ],
)
def test_a_method_is_told_by_the_words_of_tills(row: str, expected: str) -> None:
    assert method("TIQUE", row) == expected


@pytest.mark.parametrize(
    "row",
    [
        "EFECTIVO   0,00",
        "NOTA DE CRÉDITO",
        "CASHIER: ANA",
        "CASH SALES COUNTER",
        "Débito automático de su factura",
        "No se aceptan tarjetas",
        "Precio contado   $ 100,00",
        "Condición de venta: Otra",
        "CHEQUEO GENERAL   $ 100,00",
    ],
)
def test_other_words_are_no_payment(row: str) -> None:
    assert method("TIQUE", row) is None


def test_of_two_the_one_with_an_amount_counts() -> None:
    assert method("EFECTIVO   0,00", "TARJETA DEBITO   500,00") == "debit_card"
    assert method("Mercado Pago", "Forma de pago: Tarjeta de débito") == "debit_card"


@pytest.mark.parametrize(
    "row",
    [
        "Tarj: XXXX XXXX XXXX 4321",
        "************4321",
        "**** **** **** 4321",
        "XXXXXXXXXXXX4321   CONTACTLESS",
        "450799XXXXXX4321",
        "VISA ** 4321",
        "Visa terminada en 4321",
        "Tarjeta finalizada en 4321",
        "MASTERCARD ending in 4321",
        "Card •••• 4321",
        "Últimos 4 dígitos de la tarjeta: 4321 Últimos 4 dígitos: 4321",
        "VISA xxxx-xxxx-xxxx-4321",
    ],
)
def test_a_card_is_known_by_its_last_digits(row: str) -> None:
    assert tail("TIQUE", row, "TOTAL   500,00") == "4321"


@pytest.mark.parametrize(
    "row",
    [
        "Cuenta origen ****4321",
        "*** MESA 4321 ***",
        "*** 2026 ***",
        "3 X 4321",
        "TALLE XX 4321",
        "****43215",
        "CVU: 000000310001******4321",
    ],
)
def test_other_hidden_digits_are_no_cards(row: str) -> None:
    assert tail("TIQUE", row, "TOTAL   500,00") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Propina   $ 1.500,00", "1500.00"),
        ("PROPINA: 1.500,00", "1500.00"),
        ("Tip   $ 3.50", "3.50"),
        ("Gratuity 18%   $ 9.00", "9.00"),
        ("Propina   0,00", None),
        ("Propina sugerida 10%   $ 900,00", None),
        ("Suggested tip 20%   $ 9.00", None),
        ("Propina no incluida", None),
        ("TIPO DE CAMBIO   $ 1.380,00", None),
        ("Service charge 10%   $ 4.00", None),
        ("Servicio de mesa   $ 900,00", None),
        ("Total con propina   $ 900,00", None),
    ],
)
def test_a_tip_is_what_was_given(row: str, expected: str | None) -> None:
    assert tip("TIQUE", row, "TOTAL   $ 9.000,00") == (Decimal(expected) if expected else None)
