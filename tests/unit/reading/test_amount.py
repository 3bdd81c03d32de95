"""The final total is told from subtotals, taxes, payments, change and roundings."""

from __future__ import annotations

import pytest

from acuse.reading.amount import read_amount
from support.reading_pages import page_of_rows

RECEIPTS = {
    "plain": (("TOTAL   $ 100,00",), "100.00"),
    "after_subtotal": (("SUBTOTAL   82,64", "IVA 21%   17,36", "TOTAL   100,00"), "100.00"),
    "before_cash": (("TOTAL   100,00", "EFECTIVO   500,00", "SU VUELTO   400,00"), "100.00"),
    "before_tax_summary": (
        (
            "TOTAL   100.00",
            "GST SUMMARY   AMOUNT(RM)   TAX(RM)",
            "SR 6%   94.34   5.66",
            "TOTAL   94.34   5.66",
        ),
        "100.00",
    ),
    "after_rounding": (
        ("TOTAL INCL. OF GST   31.47", "ROUNDING ADJ   -0.02", "TOTAL RM   31.45"),
        "31.45",
    ),
    "rounding_names_it": (
        (
            "TOTAL SALES (INCLUSIVE GST) RM   14.38",
            "ROUNDING ADJUSTMENT RM   .02",
            "ROUNDING RM   14.40",
            "CASH RM   20.00",
            "CHANGE RM   5.60",
        ),
        "14.40",
    ),
    "to_be_paid": (
        ("TOTAL :   25.44", "ROUNDING ADJUSTMENT:   0.01", "AMOUNT TO BE PAID :   25.45"),
        "25.45",
    ),
    "illegible_total": (
        (
            "TOTAL AMOUNT   31.47",
            "ROUNDING   -0.02",
            "TOTAL   1.4",
            "CASH   50.00",
            "CHANGE   18.55",
        ),
        "31.45",
    ),
    "count_on_the_same_row": (
        ("Qty: 1   Total RM:   11.60", "CASH   12.00", "Change   0.40"),
        "11.60",
    ),
    "quantity": (("TOTAL QTY   40.00", "TOTAL   9.00"), "9.00"),
    "value_below": (("IMPORTE TOTAL", "$ 1.500,00"), "1500.00"),
    "to_pay": (("TOTAL   900,00", "RECARGO   100,00", "TOTAL A PAGAR   1.000,00"), "1000.00"),
    "transparency_law": (
        (
            "Importe Total: $   121,00",
            "Régimen de Transparencia Fiscal al Consumidor",
            "IVA Contenido: $ 21,00",
            "Otros Imp. Nac. Indirectos: $ 5,00",
        ),
        "121.00",
    ),
    "credit_note": (("TOTAL   -4.350,50",), "4350.50"),
    "whole_pesos": (("TOTAL: $ 15.000",), "15000.00"),
    "letters_mistaken": (("T0TAL   77,00", "CAMBIO   23,00"), "77.00"),
    "nothing_labelled": (("CAFE   1.800,00", "MEDIALUNA   900,00", "2.700,00"), "2700.00"),
}


@pytest.mark.parametrize(("rows", "total"), RECEIPTS.values(), ids=RECEIPTS)
def test_the_total_is_what_is_to_pay(rows: tuple[str, ...], total: str) -> None:
    reading = read_amount(page_of_rows(*rows))

    assert reading is not None
    assert f"{reading.value:.2f}" == total


def test_a_document_without_amounts_has_no_total() -> None:
    assert read_amount(page_of_rows("Hola", "nos vemos 12/03/2025 a las 14:05")) is None


def test_a_confirmed_total_is_surer_than_a_lonely_number() -> None:
    sums = read_amount(page_of_rows("TOTAL   100,00", "EFECTIVO   500,00", "VUELTO   400,00"))
    lonely = read_amount(page_of_rows("100,00"))

    assert sums is not None
    assert lonely is not None
    assert 0 < lonely.confidence < sums.confidence <= 1


@pytest.mark.parametrize(
    "parts",
    [("EFECTIVO   500,00", "VUELTO   400,00"), ("SUBTOTAL   82,64", "IVA 21%   17,36")],
)
def test_a_total_that_the_other_amounts_contradict_is_less_sure_than_one_alone(
    parts: tuple[str, ...],
) -> None:
    alone = read_amount(page_of_rows("TOTAL   1100,00"))
    contradicted = read_amount(page_of_rows(parts[0], parts[1], "TOTAL   1100,00"))

    assert alone is not None
    assert contradicted is not None
    assert contradicted.value == alone.value
    assert contradicted.confidence < 0.9 * alone.confidence
