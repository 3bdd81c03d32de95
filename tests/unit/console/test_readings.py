"""What was read is shown field by field, whichever version read it."""

from __future__ import annotations

from datetime import date

from acuse.reading.interpret import interpret
from acuse.reading.wire import reading_to_data
from acuse_console.readings import field_readings, taxes_of
from acuse_console.shapes import Tax
from support.reading_pages import page_of_rows


def stored(*rows: str) -> dict[str, object]:
    pages = page_of_rows(*rows)
    return reading_to_data(interpret(pages, [], today=date(2026, 11, 23), engine="test"))


def test_further_fields_are_shown_as_people_read_them() -> None:
    data = stored(
        "FACTURA A", "ACME S.A.", "CUIT: 30-99000002-2", "Fecha: 02/10/2026   Hora: 18:42",
        "Señores: Macondo   CUIT: 30-99000005-7", "IVA 10,50%   105,00", "TOTAL   1.105,00",
        "EFECTIVO   1.105,00", "CAE: 76401234567890   Vto. CAE: 12/10/2026",
    )  # fmt: skip

    shown = {each.field: each.value for each in field_readings(data)}

    assert shown["receiver_tax_id"] == "30990000057"
    assert (shown["cae"], shown["cae_expires_on"]) == ("76401234567890", "2026-10-12")
    assert (shown["issued_at"], shown["payment_method"]) == ("18:42", "cash")
    assert taxes_of(data) == [Tax(kind="iva", name="IVA 10,50%", rate="10.5", amount="105.00")]


def test_the_parts_of_a_transfer_are_fields_with_their_party() -> None:
    data = stored("Transferencia", "$ 10,00", "Para", "Remedios Muestra", "Alias: rem.edios.x")

    shown = {each.field: each for each in field_readings(data)}

    assert shown["payee.alias"].value == "rem.edios.x"
    assert shown["payee.alias"].evidence.text == "Alias: rem.edios.x"
    assert not any(name.startswith("payer") for name in shown)


def test_where_nothing_was_read_nothing_is_shown() -> None:
    assert (field_readings(None), taxes_of(None)) == ([], [])
