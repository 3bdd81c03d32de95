"""Whom an invoice is made out to: by the words beside a tax id, else the second one."""

from __future__ import annotations

import pytest

from acuse.reading.receiver import read_receiver_tax_id
from support.reading_pages import page_of_rows

ISSUER, CLIENT, CARRIER = "30-99000002-2", "30-99000005-7", "30-99000008-1"
HEAD = ("ALMACEN LA QUIMERA S.A.", f"CUIT: {ISSUER}   Fecha: 02/10/2026")


def receiver(*rows: str, issuer: str | None = "30990000022") -> str | None:
    found = read_receiver_tax_id(page_of_rows(*rows), issuer=issuer)
    return found.value if found else None


@pytest.mark.parametrize(
    "rows",
    [
        (f"Señor(es): Macondo S.A.   CUIT: {CLIENT}",),
        (f"Sres. MACONDO S.A. C.U.I.T. Nro {CLIENT}",),
        (f"Cliente: {CLIENT} MACONDO S.A.",),
        (f"CUIT: {CLIENT.replace('-', '')}   Apellido y Nombre / Razón Social: MACONDO S.A.",),
        ("Razón Social Receptor: Macondo", "Domicilio: Siempreviva 742", f"CUIT {CLIENT}"),
        ("DATOS DEL CLIENTE", "MACONDO S.A.", f"C.U.I.T.: {CLIENT}"),
        ("Bill to: Macondo", f"CUIT {CLIENT}"),
        ("MACONDO S.A.", "La Plata", "IVA Responsable Inscripto", f"CUIT: {CLIENT}"),
    ],
    ids=["senores", "sres", "cliente", "arca", "receptor", "below", "bill to", "no word"],
)
def test_a_receiver_is_found_in_the_words_of_invoices(rows: tuple[str, ...]) -> None:
    assert receiver(*HEAD, *rows) == "30990000057"


def test_the_issuers_own_number_is_nobody_elses() -> None:
    assert receiver(*HEAD, f"Ingresos Brutos: {ISSUER}", "A CONSUMIDOR FINAL") is None


def test_who_printed_it_or_carries_the_goods_is_not_the_receiver() -> None:
    rows = (f"Transporte El Rayo CUIT {CARRIER}", f"Señores: Macondo   CUIT {CLIENT}")

    assert receiver(*HEAD, *rows) == "30990000057"


def test_a_word_for_it_makes_it_surer() -> None:
    named = read_receiver_tax_id(
        page_of_rows(*HEAD, f"Señores: Macondo CUIT {CLIENT}"), issuer="30990000022"
    )
    second = read_receiver_tax_id(page_of_rows(*HEAD, f"CUIT {CLIENT}"), issuer="30990000022")

    assert named is not None
    assert second is not None
    assert named.confidence > second.confidence
    assert named.evidence.text.startswith("Señores")


def test_without_an_issuer_only_a_word_says_so() -> None:
    assert receiver(f"CUIT {CLIENT}", issuer=None) is None
    assert receiver(f"Cliente CUIT {CLIENT}", issuer=None) == "30990000057"


def test_a_wrong_check_digit_is_no_tax_id() -> None:
    assert receiver(*HEAD, "Señores: Macondo CUIT 30-99000005-1") is None
