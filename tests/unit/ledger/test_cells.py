"""Cells: one reading or a code, never a guess."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.ledger.cells import CellRefused, read_amount, read_currency, read_date, read_tax_id


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("-1234.50", "-1234.50"),
        ("-1.234,50", "-1234.50"),
        ("-1,234.50", "-1234.50"),
        ("1234,5", "1234.50"),
        ("+7", "7.00"),
        ("1234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("1,234,567", "1234567.00"),
        ("1.234.567,8", "1234567.80"),
        ("-0.01", "-0.01"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_is_read_as_written(text: str, amount: str) -> None:
    assert str(read_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.234", "amount_ambiguous"),
        ("-1,234", "amount_ambiguous"),
        ("12.3456", "amount_invalid"),
        ("1234.567", "amount_invalid"),
        ("1.23.456,00", "amount_invalid"),
        ("1.234.50", "amount_invalid"),
        ("$ 100", "amount_invalid"),
        ("1e3", "amount_invalid"),
        ("NaN", "amount_invalid"),
        ("١٢٣", "amount_invalid"),
        ("--1", "amount_invalid"),
        (".5", "amount_invalid"),
        ("10000000000000000", "amount_too_large"),
    ],
)
def test_an_amount_that_can_be_read_two_ways_or_none_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellRefused, match=code):
        read_amount(text)


@given(st.decimals(-(10**15), 10**15, places=2))
def test_any_amount_is_read_back_from_both_writings(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    argentine = english.translate(str.maketrans(",.", ".,"))

    assert read_amount(f"{amount:.2f}") == read_amount(argentine) == read_amount(english) == amount


@pytest.mark.parametrize("text", ["2026-03-10", "10/03/2026", "10/3/2026"])
def test_a_day_is_read_day_first_or_iso(text: str) -> None:
    assert read_date(text) == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/31/2026", "date_invalid"),
        ("2026-02-30", "date_invalid"),
        ("10/03/26", "date_invalid"),
        ("2026-3-1", "date_invalid"),
        ("20260310", "date_invalid"),
        ("0000-01-01", "date_invalid"),
        ("1889-01-01", "date_out_of_range"),
        ("9999-12-31", "date_out_of_range"),
    ],
)
def test_what_is_no_day_is_refused(text: str, code: str) -> None:
    with pytest.raises(CellRefused, match=code):
        read_date(text)


def test_a_tax_id_loses_its_punctuation_and_a_wrong_cuit_is_refused() -> None:
    assert read_tax_id("30-71234567-1") == "30712345671"
    assert read_tax_id("ie 1234567T") == "IE1234567T"
    for wrong in ("30-71234567-2", "x", "30712345671; DROP"):
        with pytest.raises(CellRefused, match="tax_id_invalid"):
            read_tax_id(wrong)


def test_a_currency_has_three_letters() -> None:
    assert read_currency("usd") == "USD"
    for wrong in ("US", "U$S", "PESOS", "ÑÑÑ"):
        with pytest.raises(CellRefused, match="currency_invalid"):
            read_currency(wrong)
