"""The currency: what a symbol means depends on where the document is from."""

from __future__ import annotations

import pytest

from acuse.reading.currency import read_currency
from acuse.reading.values import Kind
from support.reading_pages import page_of_rows

DOCUMENTS = {
    "peso sign": (Kind.FACTURA_B, ("TOTAL $ 100,00",), "ARS"),
    "no sign at home": (Kind.TICKET, ("TOTAL 100,00",), "ARS"),
    "dollars at home": (Kind.FACTURA_E, ("Importe Total: U$S 100,00",), "USD"),
    "rate beside pesos": (
        Kind.FACTURA_A,
        ("Importe Total: $ 100,00", "Cotización USD 1.380,00"),
        "ARS",
    ),
    "dollar sign abroad": (Kind.FOREIGN, ("Total: $100.00",), "USD"),
    "ringgit": (Kind.FOREIGN, ("TOTAL RM 8.60",), "MYR"),
    "euro": (Kind.FOREIGN, ("Totaal € 717,97",), "EUR"),
    "unknown abroad": (Kind.FOREIGN, ("TOTAL 8.60",), None),
    "no receipt": (Kind.NONE, ("TOTAL $ 8.60",), None),
}


@pytest.mark.parametrize(("kind", "rows", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_currency_is_read(kind: Kind, rows: tuple[str, ...], code: str | None) -> None:
    reading = read_currency(page_of_rows(*rows), kind)

    assert (reading.value if reading else None) == code
