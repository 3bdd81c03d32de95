"""What was bought: each line's description, quantity, price and amount."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acuse.reading.items import read_items
from acuse.reading.values import Item, Kind
from support.reading_pages import page_of_rows


def item(description: str, quantity: str | None, price: str | None, amount: str) -> Item:
    return Item(
        description,
        None if quantity is None else Decimal(quantity),
        None if price is None else Decimal(price),
        Decimal(amount),
    )


TABLES = {
    "columns": (
        (
            "Código   Producto   Cantidad   Precio Unit.   Subtotal",
            "001   Resma A4 75 g   4,00   8.450,00   33.800,00",
            "Importe Total   33.800,00",
        ),
        item("Resma A4 75 g", "4.00", "8450.00", "33800.00"),
    ),
    "count above": (
        ("TIQUE", "2 x 4.350,50", "YERBA MATE 1KG   8.701,00", "TOTAL   8.701,00"),
        item("YERBA MATE 1KG", "2", "4350.50", "8701.00"),
    ),
    "count below": (
        ("INVOICE", "154 AJINOMOTO   RM20.80", "@2 X RM 10.40", "TOTAL   20.80"),
        item("AJINOMOTO", "2", "10.40", "20.80"),
    ),
    "name above": (
        ("ITEM QTY PRICE", "CARBON CARTRIDGE", "9063785   2 X 5.30   10.60", "TOTAL   10.60"),
        item("CARBON CARTRIDGE", "2", "5.30", "10.60"),
    ),
    "amount alone": (
        ("DESCRIPCION   IMPORTE", "CAFE CON LECHE   1.800,00", "TOTAL   1.800,00"),
        item("CAFE CON LECHE", None, None, "1800.00"),
    ),
    "a weight is no count": (
        ("DESCRIPCION   IMPORTE", "FIDEOS 500 G   1.175,25", "TOTAL   1.175,25"),
        item("FIDEOS 500 G", None, None, "1175.25"),
    ),
}


@pytest.mark.parametrize(("rows", "bought"), TABLES.values(), ids=TABLES)
def test_a_line_is_read_with_its_count(rows: tuple[str, ...], bought: Item) -> None:
    assert read_items(page_of_rows(*rows), Kind.TICKET) == (bought,)


def test_a_transfer_buys_nothing() -> None:
    assert read_items(page_of_rows("Importe   $ 10,00"), Kind.TRANSFER) == ()
