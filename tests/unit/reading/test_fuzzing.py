"""Whatever stands on a document, it is read or not, and what is read can be true.

`ACUSE_FUZZ_EXAMPLES=200000 pytest tests/unit/reading/test_fuzzing.py` looks for longer.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.ar import cuit

from acuse.reading.interpret import interpret
from acuse.reading.rows import page_of
from acuse.reading.values import Box, DocumentReading, Source, Word
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
        "x", "Razón Social:", "CASH", "CHANGE", "DUE",
    )
)  # fmt: skip
NUMBERS = st.one_of(
    st.from_regex(r"\A\$? ?-?\d{1,3}(?:[.,]\d{3}){0,4}(?:[.,]\d{1,3})?\Z"),
    st.from_regex(r"\A\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:\d{2}:\d{2})?\Z"),
    st.from_regex(r"\A(?:20|27|30|33)-?\d{8}-?\d\Z"),
    st.from_regex(r"\A\d{4,5}-\d{8}\Z"),
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
