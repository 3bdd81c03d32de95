"""Amounts are read in every grouping; other numbers are not taken for amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.reading.money import find_money

FORMS = {
    "$ 1.234,56": ("1234.56", "$"),
    "1,234.56": ("1234.56", None),
    "1234,56": ("1234.56", None),
    "$1234.5": ("1234.5", "$"),
    "RM8.60": ("8.60", "MYR"),
    "TOTAL:8.60": ("8.60", None),
    "TOTAL 8 .60": ("8.60", None),
    "1 234,56 €": ("1234.56", "EUR"),
    "$ 15.000": ("15000", "$"),
    "$ 15.00000": ("15000.00", "$"),
    "$ 15.000 00": ("15000.00", "$"),
    "CHANGE RM   .20": ("0.20", "MYR"),
    "U$S 1.500,00": ("1500.00", "USD"),
    "USD 1,500.00": ("1500.00", "USD"),
    "AR$ 2.321.000,10": ("2321000.10", "ARS"),
    "1.234.56": ("1234.56", None),
    "-5.59": ("-5.59", None),
    "20,80-": ("-20.80", None),
    "£1'234.50": ("1234.50", "GBP"),
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items(), ids=FORMS)
def test_an_amount_is_read_in_any_form(text: str, expected: tuple[str, str | None]) -> None:
    money = next(m for m in find_money(text) if m.is_amount or m.decimals)

    assert (str(money.value), money.symbol) == expected


@pytest.mark.parametrize(
    "text",
    ["21,00 %", "30-71234567-1", "12/03/2025", "14:05:22", "0.500 KG", "Tel 4555-1234", "10.5%"],
)
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert not [m for m in find_money(text) if m.is_amount]


@given(st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2))
def test_every_amount_written_the_argentine_way_is_read_back(amount: Decimal) -> None:
    text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))

    assert [m.value for m in find_money(f"TOTAL $ {text}")] == [amount]


@given(st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2))
def test_every_amount_written_the_english_way_is_read_back(amount: Decimal) -> None:
    assert [m.value for m in find_money(f"TOTAL {amount:,.2f}")] == [amount]


@given(st.text(max_size=80))
def test_no_text_breaks_the_search(text: str) -> None:
    for money in find_money(text):
        assert money.value.is_finite()
