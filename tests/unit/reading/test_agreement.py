"""Several readings of one picture become one."""

from __future__ import annotations

from datetime import date

from acuse.reading.agreement import agreed, is_settled
from acuse.reading.interpret import interpret
from acuse.reading.values import DocumentReading, Source
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)


def reading(*rows: str, confidence: float = 0.7) -> DocumentReading:
    pages = page_of_rows(*rows, source=Source.OCR, confidence=confidence)
    return interpret(pages, [], today=TODAY, engine="test")


GOOD = ("TIQUE", "ACME S.A.", "CUIT: 30-99000002-2", "Fecha: 02/10/2026", "TOTAL   $ 100,00")


def test_what_two_readings_agree_on_is_surer() -> None:
    first, second = reading(*GOOD), reading(*GOOD)

    both = agreed([first, second])

    assert first.amount is not None
    assert both.amount is not None
    assert both.amount.value == first.amount.value
    assert both.amount.confidence > first.amount.confidence


def test_what_they_disagree_on_is_less_sure() -> None:
    first = reading(*GOOD)
    other = reading(*GOOD[:-1], "TOTAL   $ 700,00", confidence=0.3)

    both = agreed([other, first])

    assert first.amount is not None
    assert both.amount is not None
    assert both.amount.value == first.amount.value
    assert both.amount.confidence < first.amount.confidence


def test_a_field_that_one_reading_lacks_comes_from_the_other() -> None:
    both = agreed([reading(*GOOD[:3], GOOD[4]), reading(*GOOD)])

    assert both.issued_on is not None
    assert both.issued_on.value == date(2026, 10, 2)


VOUCHER = ("Transferencia enviada", "09/11/2026 11:06", "$ 98.760,00")


def test_a_transfers_parts_come_from_whichever_reading_has_them() -> None:
    one = reading(*VOUCHER, "Para", "Remedios Muestra", "CBU 2850590994009041813526")
    other = reading(
        *VOUCHER, "Para", "Remedios Muestra", "Alias: remedios.muestra", "De", "Aurelio E"
    )

    both = agreed([one, other]).transfer

    assert both is not None
    assert both.payee is not None
    assert both.payer is not None
    assert both.payee.cbu is not None
    assert both.payee.alias is not None
    assert both.payer.name is not None
    assert both.coelsa_id is None


def test_further_fields_are_carried_over() -> None:
    rows = (*GOOD, "IVA 21%   17,36", "EFECTIVO   100,00", "Propina   5,00", "VISA XXXX1234")
    one = reading(*rows[:6])
    both = agreed([one, reading(*rows, "CAE: 76401234567890 Vto. CAE: 12/10/2026", "Hora 18:42")])

    assert len(both.taxes) == 1
    found = (both.cae, both.cae_expires_on, both.issued_at, both.tip, both.payment_method)
    assert None not in (*found, both.card_tail)


def test_only_a_sure_total_and_day_settle_a_document() -> None:
    sure = reading(*GOOD, "EFECTIVO   150,00", "VUELTO   50,00", confidence=1.0)

    assert is_settled(sure)
    assert not is_settled(reading(*GOOD[:3], GOOD[4]))
