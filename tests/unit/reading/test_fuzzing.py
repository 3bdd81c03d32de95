"""Whatever stands on a document, it is read or not, and what is read can be true.

`ACUSE_FUZZ_EXAMPLES=200000 pytest tests/unit/reading/test_fuzzing.py` looks for longer.
"""

from __future__ import annotations

import os
import re
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.ar import cbu, cuit

from acuse.reading.interpret import interpret
from acuse.reading.rows import page_of
from acuse.reading.values import Box, DocumentReading, Kind, Party, Source, Transfer, Word
from acuse.reading.wire import contract_of, reading_from_data, reading_to_data

TODAY = date(2026, 11, 23)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
EXAMPLES = int(os.environ.get("ACUSE_FUZZ_EXAMPLES", "150"))

LABELS = st.sampled_from(
    (
        "TOTAL", "Importe Total: $", "SUBTOTAL", "IVA 21%", "Neto gravado", "Su vuelto",
        "Efectivo", "CUIT:", "C.U.I.T. Nro.:", "Fecha", "Fecha de Emisión:", "Vto.", "FACTURA A",
        "TIQUE", "COD. 011", "P.V. Nro.", "Nro. T.", "CAE N°:", "Transferencia", "Destinatario",
        "Para", "De", "CBU", "Alias", "INVOICE", "RM", "GST", "S.R.L.", "SDN BHD", "CANT", "@",
        "Percepción IIBB", "Número de operación", "ROUNDING", "NOTA DE CRÉDITO", "Señor(es):",
        "x", "Razón Social:", "CASH", "CHANGE", "DUE", "Vto. CAE:", "Hora", "PM", "Propina",
        "VISA DEBITO", "XXXX", "Forma de pago:", "CVU", "CBU destino", "Banco origen", "Entidad",
        "Código de identificación", "remedios.muestra.fic", "Imp. Internos", "GST SUMMARY", "SR",
        "21%", "Cliente:", "Transparencia fiscal", "IVA Contenido", "Total IVA",
    )
)  # fmt: skip
NUMBERS = st.one_of(
    st.from_regex(r"\A\$? ?-?\d{1,3}(?:[.,]\d{3}){0,4}(?:[.,]\d{1,3})?\Z"),
    st.from_regex(r"\A\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:\d{2}:\d{2})?\Z"),
    st.from_regex(r"\A(?:20|27|30|33)-?\d{8}-?\d\Z"),
    st.from_regex(r"\A\d{4,5}-\d{8}\Z"),
    st.from_regex(r"\A[67]\d{13}\Z"),
    st.from_regex(r"\A(?:000|285|099)\d{4} ?\d{15}\Z"),
    st.from_regex(r"\A[A-Z0-9]{22}\Z"),
    st.from_regex(r"\A[0-2]?\d[:.][0-5]\d(?::\d\d)?(?: ?[AP]M)?\Z"),
    st.from_regex(r"\A(?:XXXX|\*{2,12}) ?\d{4}\Z"),
    st.from_regex(r"\A\d{1,3},\d{3} x \d{1,6}[.,]\d\d\Z"),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.integers().map(str),
)
WORDS = st.one_of(LABELS, NUMBERS, st.text(max_size=30))
PLACES = st.floats(min_value=-1e4, max_value=1e4, allow_nan=False)
SIZES = st.floats(min_value=0, max_value=400, allow_nan=False)


@st.composite
def words(draw: st.DrawFn) -> Word:
    """Return a word of any size at any place."""
    left, top, wide, tall = draw(PLACES), draw(PLACES), draw(SIZES), draw(SIZES)
    box = Box(left, top, left + wide, top + tall)
    return Word(draw(WORDS), box, draw(st.floats(min_value=0, max_value=1)), 1)


def check(found: DocumentReading) -> None:
    """Fail unless what was read can be true, and comes through the pipe as it is."""
    assert reading_from_data(reading_to_data(found)) == found
    assert 0 <= found.document_confidence <= 1
    assert all(0 <= sure <= 1 for sure in contract_of(found)["confidence"].values())
    if found.amount is not None:
        assert Decimal(0) < found.amount.value < Decimal(10) ** 12
    if found.issued_on is not None:
        assert found.issued_on.value.year >= 2000
        # Nobody is sure of a day that is yet to come.
        assert found.issued_on.value <= TODAY or found.issued_on.confidence < 0.6
    if found.tax_id is not None:
        assert cuit.is_valid(found.tax_id.value)
    for item in found.items:
        assert item.amount.is_finite()
    check_details(found)
    check_transfer(found)


def check_details(found: DocumentReading) -> None:
    """Fail unless what stands beside the head can be true."""
    if found.receiver_tax_id is not None:
        assert cuit.is_valid(found.receiver_tax_id.value)
        assert found.tax_id is None or found.receiver_tax_id.value != found.tax_id.value
    if found.cae is not None:
        assert re.fullmatch(r"[0-9]{14}", found.cae.value)
    if found.card_tail is not None:
        assert re.fullmatch(r"[0-9]{4}", found.card_tail.value)
    assert found.tip is None or found.tip.value > 0
    for tax in found.taxes:
        assert tax.amount > 0
        assert found.amount is None or tax.amount < found.amount.value
        assert tax.rate is None or 0 < tax.rate <= 40
        assert tax.name
    assert len(set(found.taxes)) == len(found.taxes)


def check_transfer(found: DocumentReading) -> None:
    """Fail unless the parties of a transfer can be some, and no other document has any."""
    transfer = found.transfer
    if transfer is None:
        return
    assert found.kind.value is Kind.TRANSFER
    assert transfer != Transfer()
    for party in (transfer.payer, transfer.payee):
        assert party != Party()
        if party is not None and party.cbu is not None:
            assert cbu.is_valid(party.cbu.value)
        if party is not None and party.alias is not None:
            assert re.fullmatch(r"[A-Za-z0-9.-]{6,20}", party.alias.value)
        if party is not None and party.tax_id is not None:
            assert cuit.is_valid(party.tax_id.value)
    if transfer.coelsa_id is not None:
        assert re.fullmatch(r"[A-Za-z0-9]{22}", transfer.coelsa_id.value)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(st.lists(words(), max_size=60), st.lists(st.text(max_size=200), max_size=2))
def test_words_anywhere_are_read_or_not(found: list[Word], codes: list[str]) -> None:
    page = page_of(found, 1, width=1000.0, height=1500.0, source=Source.OCR)

    check(interpret([page], codes, today=TODAY, engine="fuzz"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=5), max_size=40))
def test_rows_of_a_document_are_read_or_not(rows: list[list[str]]) -> None:
    found = [
        Word(text, Box(left, 30.0 * row, left + 200.0, 30.0 * row + 22.0), 0.9, 1)
        for row, texts in enumerate(rows)
        for left, text in zip(range(0, 1250, 250), texts, strict=False)
    ]
    page = page_of(found, 1, width=1300.0, height=1300.0, source=Source.TEXT_LAYER)

    check(interpret([page], [], today=TODAY, engine="fuzz"))
