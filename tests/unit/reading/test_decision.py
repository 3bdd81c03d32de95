"""What a reading is sure enough for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from acuse.reading.decision import THRESHOLDS, Decision, Thresholds, decide
from acuse.reading.interpret import interpret
from acuse.reading.values import DocumentReading, Kind
from support.reading_pages import page_of_text

READ = interpret(
    page_of_text(
        """
        MOLINOS DE VIENTO S.A.   A   FACTURA
        Cod. 01   Nº 0005-00012877
        Fecha: 02/10/2026
        C.U.I.T.: 33-99000004-8
        Importe Total: $   242.000,00
        """
    ),
    [],
    today=date(2026, 11, 23),
    engine="test",
)


def reading(confidence: float = 0.97, *, document: float = 0.9) -> DocumentReading:
    """Return one whose fields are all as sure as this."""
    assert READ.issued_on
    assert READ.amount
    assert READ.vendor
    assert READ.tax_id
    return replace(
        READ,
        kind=replace(READ.kind, confidence=confidence),
        issued_on=replace(READ.issued_on, confidence=confidence),
        amount=replace(READ.amount, confidence=confidence),
        vendor=replace(READ.vendor, confidence=confidence),
        tax_id=replace(READ.tax_id, confidence=confidence),
        document_confidence=document,
    )


def test_what_is_sure_in_every_field_is_taken() -> None:
    assert decide(reading(), THRESHOLDS) is Decision.AUTO
    assert decide(reading(0.89), THRESHOLDS) is Decision.REVIEW
    assert decide(reading(0.89), Thresholds(auto=0.85)) is Decision.AUTO


@pytest.mark.parametrize(
    "found",
    [
        replace(reading(), issued_on=None),
        replace(reading(), amount=None),
        replace(reading(), vendor=None),
        replace(reading(), tax_id=None),
    ],
    ids=["date", "amount", "vendor", "tax id"],
)
def test_a_field_that_was_not_found_is_for_a_person(found: DocumentReading) -> None:
    assert decide(found, THRESHOLDS) is Decision.REVIEW


def test_a_document_in_another_currency_needs_no_tax_id() -> None:
    found = reading()
    assert found.currency is not None
    abroad = replace(found, tax_id=None, currency=replace(found.currency, value="MYR"))

    assert decide(abroad, THRESHOLDS) is Decision.AUTO


def test_one_of_several_receipts_is_for_a_person() -> None:
    assert decide(replace(reading(), slips=2), THRESHOLDS) is Decision.REVIEW


def test_what_is_hardly_legible_is_asked_for_again_unless_it_is_no_receipt() -> None:
    poor = reading(document=0.1)

    assert decide(poor, THRESHOLDS) is Decision.RESEND
    assert decide(poor, Thresholds(resend=0.0)) is Decision.AUTO
    nothing = replace(poor, kind=replace(poor.kind, value=Kind.NONE))
    assert decide(nothing, THRESHOLDS) is Decision.REVIEW
