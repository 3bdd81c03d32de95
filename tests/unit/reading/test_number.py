"""The document's number, in the form that its kind has."""

from __future__ import annotations

import pytest

from acuse.reading.number import read_number
from acuse.reading.values import Kind
from support.reading_pages import page_of_rows

DOCUMENTS = {
    "dashed": (Kind.FACTURA_B, ("Nº 0003-00012345",), "00003-00012345"),
    "five and eight": (Kind.FACTURA_A, ("00003 - 00012345",), "00003-00012345"),
    "labelled": (
        Kind.FACTURA_C,
        ("Punto de Venta: 00003   Comp. Nro: 00012345",),
        "00003-00012345",
    ),
    "two rows": (Kind.TICKET, ("P.V. Nro. 00012", "Nro. T. 00034567"), "00012-00034567"),
    "operation": (Kind.TRANSFER, ("Número de operación", "99120045871"), "99120045871"),
    "not the hour": (
        Kind.TRANSFER,
        (
            "Comprobante de transferencia",
            "17 de enero a las12:57 hs",
            "Número de operación",
            "960820577",
        ),
        "960820577",
    ),
    "coelsa": (Kind.TRANSFER, ("Código de identificación", "L5X9QZ41E2R7"), "L5X9QZ41E2R7"),
    "foreign": (Kind.FOREIGN, ("INVOICE NO : 18039/103/T0209",), "18039/103/T0209"),
    "hash": (Kind.FOREIGN, ("Facture n° 2022089083",), "2022089083"),
}


@pytest.mark.parametrize(("kind", "rows", "number"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_number_is_read(kind: Kind, rows: tuple[str, ...], number: str) -> None:
    reading = read_number(page_of_rows(*rows), kind)

    assert reading is not None
    assert reading.value == number


@pytest.mark.parametrize(
    "row", ["Tel: 4555-1234", "CBU 0990001300000000000071", "CUIT 30-99000002-2"]
)
def test_other_numbers_are_not_the_documents(row: str) -> None:
    assert read_number(page_of_rows(row), Kind.FACTURA_B) is None
