"""The issuer's name is told from headings, addresses, numbers and customers."""

from __future__ import annotations

import pytest

from acuse.reading.vendor import clean_name, read_vendor
from support.reading_pages import page_of_rows

DOCUMENTS = {
    "first row": (("FERRETERIA BABEL", "Av. Falsa 123", "TOTAL 1,00"), "FERRETERIA BABEL"),
    "after a heading": (
        ("TAX INVOICE", "ACME TRADING SDN BHD", "NO. 5, JALAN X"),
        "ACME TRADING SDN BHD",
    ),
    "labelled": (("ORIGINAL", "Razón Social: ACME S.R.L.   Fecha: 01/02/2025"), "ACME S.R.L."),
    "before the customer": (
        ("ACME STORE", "Apellido y Nombre / Razón Social: CLIENTE S.A."),
        "ACME STORE",
    ),
    "two rows": (
        ("POPULAR BOOK", "CO. (M) SDN BHD", "(GST REG NO. 1)"),
        "POPULAR BOOK CO. (M) SDN BHD",
    ),
    "bracket left open": (
        ("AIK HARDWARE", "ENTERPRISE (SETIA", "ALAM) SDN BHD", "822737-X"),
        "AIK HARDWARE ENTERPRISE (SETIA ALAM) SDN BHD",
    ),
    "bracket closed by a row of its own": (
        ("FERRETERIA EL TORNILLO (SUCURSAL", "VILLA CRESPO)", "TEL. 4555"),
        "FERRETERIA EL TORNILLO (SUCURSAL VILLA CRESPO)",
    ),
    "registration beside it": (("99 SPEED MART S/B (519537-X)", "LOT 1"), "99 SPEED MART S/B"),
    "a saint that is no telephone": (
        ("Autoservicio San Telmo S.A.", "TEL. 4555"),
        "Autoservicio San Telmo S.A.",
    ),
    "not whom it is for": (("PANADERIA DEL SUR", "A CONSUMIDOR FINAL"), "PANADERIA DEL SUR"),
    "below what was written by hand": (
        ("tan woon yann", "MR D.I.Y. (M) SDN BHD"),
        "MR D.I.Y. (M) SDN BHD",
    ),
    "a five for an s": (("99 SPEED MART 5/B", "LOT 1"), "99 SPEED MART 5/B"),
    "letters mistaken": (("ACME FOODS SON BHD", "TEL: 1"), "ACME FOODS SDN BHD"),
}


@pytest.mark.parametrize(("rows", "name"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_issuer_is_found(rows: tuple[str, ...], name: str) -> None:
    reading = read_vendor(page_of_rows(*rows))

    assert reading is not None
    assert reading.value == name


@pytest.mark.parametrize("end", [" (SUCURSAL", "-", " &", ","])
def test_a_name_that_breaks_off_is_less_sure(end: str) -> None:
    whole = read_vendor(page_of_rows("FERRETERIA EL TORNILLO", "TEL. 4555"))
    broken = read_vendor(page_of_rows(f"FERRETERIA EL TORNILLO{end}", "TEL. 4555"))

    assert whole is not None
    assert broken is not None
    assert broken.confidence < whole.confidence


def test_a_document_of_numbers_has_no_issuer() -> None:
    assert read_vendor(page_of_rows("12/03/2025", "$ 100,00", "0800-222-1234")) is None


@pytest.mark.parametrize(
    ("printed", "name"),
    [("*** ACME ***", "ACME"), ("ACME S.A. 30-99000002-2", "ACME S.A"), ("Acme Invoice", "Acme")],
)
def test_a_name_loses_what_stands_around_it(printed: str, name: str) -> None:
    assert clean_name(printed).rstrip(".") == name
