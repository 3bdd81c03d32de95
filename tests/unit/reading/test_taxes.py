"""The taxes of a document: each once, with its rate where it is printed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acuse.reading.taxes import read_taxes
from support.reading_pages import page_of_rows


def taxes(*rows: str, total: str | None = None) -> list[tuple[str, str, str | None, str]]:
    found = read_taxes(page_of_rows(*rows), total=Decimal(total) if total else None)
    return [
        (tax.kind, tax.name, None if tax.rate is None else f"{tax.rate:f}", f"{tax.amount:.2f}")
        for tax in found
    ]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("IVA 21%: $   42.000,00", ("iva", "IVA 21%", "21", "42000.00")),
        ("IVA 10,5 %   1.050,00", ("iva", "IVA 10,5 %", "10.5", "1050.00")),
        ("I.V.A. 27,00%   $ 270,00", ("iva", "I.V.A. 27,00%", "27", "270.00")),
        ("Importe IVA 21% $ 210,00", ("iva", "Importe IVA 21%", "21", "210.00")),
        ("IVA (21,00)   210,00", ("iva", "IVA", "21", "210.00")),
        ("IVA 21 $ 210,00", ("iva", "IVA", "21", "210.00")),
        ("IVA INSC. 21%   210,00", ("iva", "IVA INSC. 21%", "21", "210.00")),
        ("IVA Contenido   $ 8.866,23", ("iva", "IVA Contenido", None, "8866.23")),
        ("Percepción IIBB CABA 3%: $ 6.000,00",
         ("percepcion", "Percepción IIBB CABA 3%", "3", "6000.00")),
        ("Perc. IVA RG 2408 3%   30,00", ("percepcion", "Perc. IVA RG 2408 3%", "3", "30.00")),
        ("Percep. Ing. Brutos Bs. As. 1,50 %   15,00",
         ("percepcion", "Percep. Ing. Brutos Bs. As. 1,50 %", "1.5", "15.00")),
        ("IIBB Córdoba   $ 12,00", ("percepcion", "IIBB Córdoba", None, "12.00")),
        ("Imp. Internos: $ 155,20", ("internal", "Imp. Internos", None, "155.20")),
        ("Impuestos Internos   155,20", ("internal", "Impuestos Internos", None, "155.20")),
        ("Importe Otros Tributos: $   500,00",
         ("other", "Importe Otros Tributos", None, "500.00")),
        ("Tasa municipal 2%   20,00", ("other", "Tasa municipal 2%", "2", "20.00")),
        ("GST 6%   RM0.28", ("iva", "GST 6%", "6", "0.28")),
        ("VAT (20%)   £ 4.00", ("iva", "VAT (20%)", "20", "4.00")),
        ("Sales Tax 8.875%   $ 1.24", ("other", "Sales Tax 8.875%", "8.875", "1.24")),
        ("SST 6% : 1.20", ("other", "SST 6%", "6", "1.20")),
        ("IVA 21% sobre   200.000,00   42.000,00", ("iva", "IVA 21% sobre", "21", "42000.00")),
    ],
)  # fmt: skip
def test_a_tax_has_its_kind_name_rate_and_amount(
    row: str, expected: tuple[str, str, str | None, str]
) -> None:
    assert taxes("FACTURA", row, "TOTAL   $ 999.999,00") == [expected]


@pytest.mark.parametrize(
    "row",
    [
        "IVA RESPONSABLE INSCRIPTO   $ 10,00",
        "Condición frente al IVA: Exento",
        "Importe Neto Gravado: $   200,00",
        "Importe Otros Tributos: $   0,00",
        "Precio sin IVA   $ 100,00",
        "TOTAL INCL. GST   12.00",
        "TAX INVOICE   12.00",
        "GST REG NO   12.00",
        "Ingresos Brutos: 901-123456-7",
        "YERBA MATE (IVA 21,00)   4.350,50",
        "Subtotal s/IVA   82,64",
        "TOTAL SALES (EXCLUDING GST) : 31.03",
        "SERVICE CHARGE 10%   3.00",
    ],
)
def test_other_rows_are_no_taxes(row: str) -> None:
    assert taxes("FACTURA", row, "TOTAL   $ 999.999,00") == []


def test_several_taxes_keep_the_order_they_are_printed_in() -> None:
    found = taxes(
        "Importe Neto Gravado: $   300,00",
        "IVA 27%: $   0,00",
        "IVA 21%: $   42,00",
        "IVA 10.5%: $   10,50",
        "Percepción IIBB 3%   9,00",
        "Importe Otros Tributos: $   9,00",
        "Importe Total: $   361,50",
    )

    assert [(name, amount) for _, name, _, amount in found] == [
        ("IVA 21%", "42.00"),
        ("IVA 10.5%", "10.50"),
        ("Percepción IIBB 3%", "9.00"),
    ]


def test_two_taxes_of_one_row_are_two() -> None:
    found = taxes("Neto 300,00   IVA 21% 42,00   Perc. IIBB 9,00", "TOTAL   351,00")

    assert [(kind, amount) for kind, _, _, amount in found] == [
        ("iva", "42.00"),
        ("percepcion", "9.00"),
    ]


def test_headings_name_the_amounts_below_them() -> None:
    found = taxes(
        "Subtotal   I.V.A. 21%   Imp. Int.   Total", "1.000,00   210,00   15,00   1.225,00"
    )

    assert [(kind, amount) for kind, _, _, amount in found] == [
        ("iva", "210.00"),
        ("internal", "15.00"),
    ]


def test_the_rate_of_what_was_bought_is_no_tax() -> None:
    assert taxes("Descripción   Cant.   IVA   Importe", "Yerba   1,00   21,00   4.350,50") == []


def test_a_sum_of_taxes_counts_only_alone() -> None:
    parts = ("IVA 21%   21,00", "IVA 10,5%   10,50")

    assert len(taxes(*parts, "Total IVA   31,50")) == 2
    assert taxes("Total IVA   31,50") == [("iva", "Total IVA", None, "31.50")]


def test_what_the_law_of_transparency_asks_for_is_not_counted_again() -> None:
    law = (
        "Régimen de Transparencia Fiscal al Consumidor (Ley 27.743)",
        "IVA Contenido: $   21,00",
        "Otros Impuestos Nacionales Indirectos: $   0,00",
    )

    assert taxes(*law) == [("iva", "IVA Contenido", None, "21.00")]
    assert taxes("IVA 21%   21,00", *law) == [("iva", "IVA 21%", "21", "21.00")]


def test_a_foreign_summary_counts_only_where_no_row_names_the_tax() -> None:
    summary = ("GST SUMMARY   AMOUNT(RM)   TAX(RM)", "SR @ 6%   8.49   0.51", "TOTAL   8.49   0.51")

    assert taxes("TOTAL   9.00", *summary) == [("iva", "SR @ 6%", "6", "0.51")]
    assert taxes("GST 6%   0.51", "TOTAL   9.00", *summary) == [("iva", "GST 6%", "6", "0.51")]


def test_what_a_tax_is_taken_of_is_none() -> None:
    found = taxes("TAX AMT (S) 6%   RM 13.30", "GST 6%   RM 0.80", "TOTAL   RM 14.10")

    assert found == [("iva", "GST 6%", "6", "0.80")]
    assert taxes("TAX AMT   RM 43.40", total="43.40") == []


def test_copies_of_an_invoice_show_the_same_taxes() -> None:
    assert len(taxes("ORIGINAL", "IVA 21%   21,00", "DUPLICADO", "IVA 21%   21,00")) == 1
