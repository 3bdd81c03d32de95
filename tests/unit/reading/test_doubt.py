"""What does not fit together is trusted less: a QR, a check digit, a sum."""

from __future__ import annotations

import base64
import json
from datetime import date

import pytest

from acuse.reading.interpret import interpret
from acuse.reading.values import DocumentReading, Source
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)
TEXT = """
MOLINOS DE VIENTO SOFTWARE S.A.   A   FACTURA
Cod. 01   Nº 0005-00012877
Av. Quijote 1605 - CABA   Fecha: 02/10/2026
C.U.I.T.: 33-99000004-8
Señor(es): DISTRIBUIDORA MACONDO S.A.
Descripción   Cant.   P. Unitario   Importe
Licencia anual   2   100.000,00   200.000,00
Importe Neto Gravado: $   200.000,00
IVA 21%: $   42.000,00
Importe Total: $   242.000,00
"""
FIELDS = {
    "ver": 1,
    "fecha": "2026-10-02",
    "cuit": 33990000048,
    "ptoVta": 5,
    "tipoCmp": 1,
    "nroCmp": 12877,
    "importe": 242000.0,
    "moneda": "PES",
    "ctz": 1,
    "tipoCodAut": "E",
    "codAut": 70417054367476,
}


def read(text: str = TEXT, *, qr: dict[str, object] | None = None) -> DocumentReading:
    """Return what the text says, with a QR of these fields beside it if any are given."""
    packed = base64.b64encode(json.dumps({**FIELDS, **(qr or {})}).encode()).decode()
    codes = [f"https://www.arca.gob.ar/fe/qr/?p={packed}"] if qr is not None else []
    rows = [line for line in text.splitlines() if line]
    pages = page_of_rows(*rows, source=Source.OCR, confidence=0.98)
    return interpret(pages, codes, today=TODAY, engine="ppocr")


def amount_confidence(reading: DocumentReading) -> float:
    assert reading.amount is not None
    return reading.amount.confidence


@pytest.mark.parametrize(
    "wrong", [{"importe": 24200.0}, {"fecha": "2026-01-31"}, {"cuit": 30990000014}]
)
def test_a_qr_that_says_something_else_than_the_document_is_doubted(
    wrong: dict[str, object],
) -> None:
    right, pasted = read(qr={}), read(qr=wrong)

    assert amount_confidence(right) >= 0.98
    assert amount_confidence(pasted) <= 0.5
    assert pasted.document_confidence < right.document_confidence - 0.2


def test_a_qr_beside_illegible_text_is_believed() -> None:
    assert amount_confidence(read("M~LI .. DE\nlegible nothing", qr={})) >= 0.9


def test_a_tax_id_with_a_wrong_check_digit_is_none() -> None:
    assert read().tax_id is not None
    assert read(TEXT.replace("99000004-8", "99000004-7")).tax_id is None


def test_a_total_that_is_not_net_and_tax_is_less_sure() -> None:
    wrong = read(TEXT.replace("42.000,00", "41.000,00", 1))

    assert amount_confidence(wrong) < amount_confidence(read())
