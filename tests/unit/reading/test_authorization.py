"""The CAE of an electronic invoice, and the day it expires, in the words they are printed with."""

from __future__ import annotations

from datetime import date

import pytest

from acuse.reading.authorization import read_cae, read_cae_expiry
from support.reading_pages import page_of_rows

CAE, EXPIRES = "76401234567890", date(2026, 10, 12)


def read(*rows: str) -> tuple[str | None, date | None]:
    pages = page_of_rows(*rows)
    code, expires = read_cae(pages), read_cae_expiry(pages)
    return code.value if code else None, expires.value if expires else None


@pytest.mark.parametrize(
    "rows",
    [
        (f"CAE N°: {CAE}", "Fecha de Vto. de CAE: 12/10/2026"),
        (f"CAE: {CAE}   Vto. CAE: 12/10/2026",),
        (f"C.A.E. Nro. {CAE} Vencimiento: 12/10/2026",),
        (f"CAEA: {CAE}", "Fecha Vencimiento CAEA 12/10/2026"),
        (f"CAE Nº {CAE} - VTO.: 12/10/26",),
        ("Comprobante Autorizado   CAE", f"Pág. 1/1   {CAE}", "Vto CAE: 12-10-2026"),
        (f"CAE: {CAE}", "Fecha Vto.: 12/10/2026"),
        ("C.A.E.   Fecha Vto.", f"{CAE}   12/10/2026"),
        (f"CAE{CAE}", "FECHA VTO CAE: 20261012"),
        ("CAE N°: 7640 1234567890", "VENC. CAE 12/10/2026"),
        (f"Código de Autorización Electrónico: {CAE}", "Vigencia CAE: 12/10/2026"),
        (f"CAE: {CAE} Fecha: 02/10/2026 Vto: 12/10/2026",),
    ],
    ids=[
        "arca", "one row", "dots", "caea", "dash", "below", "next row", "columns", "glued", "gap",
        "in full", "two days",
    ],
)  # fmt: skip
def test_an_authorization_is_read_with_its_end(rows: tuple[str, ...]) -> None:
    head = ("FACTURA A", "Fecha: 02/10/2026", "Fecha de Vto. para el pago: 15/10/2026")

    assert read(*head, *rows) == (CAE, EXPIRES)


@pytest.mark.parametrize(
    "row",
    [
        f"Código de barras {CAE}",
        "CAE N°: 7640123456789",
        "CAE N°: 764012345678901",
        f"CAJERO {CAE}",
        "Vencimiento: 12/10/2026",
        "Fecha de Vto. para el pago: 12/10/2026",
    ],
)
def test_other_numbers_and_days_are_none(row: str) -> None:
    assert read("FACTURA A", "Fecha: 02/10/2026", row) == (None, None)


def test_when_a_payment_is_due_is_not_when_its_cae_ends() -> None:
    rows = (f"CAE: {CAE}", "Vto. para el pago: 30/10/2026")

    assert read(*rows) == (CAE, None)
