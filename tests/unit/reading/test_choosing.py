"""Of several receipts in one picture one is read, with its own QR, and their number is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from acuse.reading.agreement import agreed
from acuse.reading.calibration import calibrated
from acuse.reading.choosing import codes_of, read_all, read_surest
from acuse.reading.values import Box, Line, PageText, Source
from acuse.reading.wire import reading_from_data, reading_to_data
from acuse_lab.documents.fiscal_qr import FiscalFacts, fiscal_address

TODAY: Final = date(2026, 11, 23)
FIRST: Final = (
    "ALMACEN EL CEIBO S.R.L.", "CUIT 30-99000001-4", "TIQUE Nro. 00003-00012345",
    "Fecha 05/11/2026", "Yerba   1.234,50", "TOTAL   1.234,50",
)  # fmt: skip
SECOND: Final = (
    "BAZAR DON RAMON S.A.", "CUIT 30-71234567-1", "Fecha 17/10/2026", "TOTAL   88,00",
)  # fmt: skip


def page(*texts: str, sure: float = 0.95) -> PageText:
    lines = tuple(
        Line(text, Box(20, 40.0 * row, 300, 40.0 * row + 22), sure, 1, Source.OCR)
        for row, text in enumerate(texts)
    )
    return PageText(1, 400, 800, Source.OCR, lines)


def address(amount: str, tax_id: str, *, serial: int = 12_345) -> str:
    said = FiscalFacts(
        issued_on=date(2026, 11, 5),
        tax_id=tax_id,
        code=6,
        number=(3, serial),
        total=Decimal(amount),
        cae="70417054367476",
    )
    return fiscal_address(said)


def test_the_slip_that_is_read_most_surely_is_the_reading() -> None:
    slips = [page(*SECOND, sure=0.6), page(*FIRST)]

    found = read_surest(slips, [], today=TODAY, engine="ppocr")

    assert found.slips == 2
    assert found.amount is not None
    assert found.tax_id is not None
    assert (found.amount.value, found.tax_id.value) == (Decimal("1234.50"), "30990000014")


def test_the_others_are_read_each_by_itself_as_they_lie() -> None:
    third = ("KIOSCO LA PALOMA", "CUIT 20-12345678-6", "Fecha 18/10/2026", "TOTAL   15,00")
    slips = [page(*SECOND, sure=0.6), page(*FIRST), page(*third, sure=0.5)]

    found = read_surest(slips, [], today=TODAY, engine="ppocr")

    assert [(one.amount and one.amount.value, one.slips) for one in found.apart()] == [
        (Decimal("1234.50"), 3), (Decimal("88.00"), 3), (Decimal("15.00"), 3),
    ]  # fmt: skip
    assert [one.others for one in found.apart()] == [()] * 3
    assert reading_from_data(reading_to_data(found)) == found


def test_confidences_of_the_others_are_shares_too() -> None:
    slips = [page(*FIRST), page(*SECOND, sure=0.6)]
    raw = read_surest(slips, [], today=TODAY, engine="ppocr")

    assert calibrated(raw).others == tuple(calibrated(other) for other in raw.others)
    assert calibrated(raw).others != raw.others


def test_a_receipt_and_its_copy_are_one() -> None:
    found = read_surest([page(*FIRST)] * 2, [], today=TODAY, engine="ppocr")

    assert (found.slips, found.others) == (1, ())


def test_two_receipts_without_a_number_are_two_though_they_say_the_same() -> None:
    assert read_surest([page(*SECOND)] * 2, [], today=TODAY, engine="ppocr").slips == 2


def test_a_code_belongs_to_the_slip_that_says_the_same() -> None:
    code = address("1234.50", "30990000014")

    assert codes_of([[page(*SECOND)], [page(*FIRST)]], [code, "hello"]) == [[], [code]]


def test_a_code_that_fits_two_slips_is_nobodys() -> None:
    assert codes_of([[page(*FIRST)]] * 2, [address("1234.50", "30990000014")]) == [[], []]


def test_two_codes_in_one_picture_are_two_receipts_whose_text_is_doubted() -> None:
    codes = [address("1234.50", "30990000014"), address("88.00", "30712345671", serial=7)]

    found = read_all([page(*FIRST)], codes, today=TODAY, engine="ppocr")

    assert found.slips == 2
    assert found.items == ()
    assert found.vendor is not None
    assert found.vendor.confidence <= 0.5


def test_the_same_code_twice_is_one_receipt() -> None:
    code = address("1234.50", "30990000014")

    assert read_all([page(*FIRST)], [code, code], today=TODAY, engine="ppocr").slips == 1


def test_readings_of_several_slips_are_not_put_together() -> None:
    first = read_surest(
        [page(*FIRST), page(*SECOND, sure=0.5)], [], today=TODAY, engine="tesseract"
    )
    second = read_all([page(*SECOND)], [], today=TODAY, engine="tesseract")

    assert agreed([second, first]) == first


def test_a_reading_that_was_kept_before_is_of_one_receipt() -> None:
    found = read_all([page(*FIRST)], [], today=TODAY, engine="ppocr")
    kept = reading_to_data(replace(found, slips=3))
    del kept["slips"]

    assert reading_from_data(kept) == found
