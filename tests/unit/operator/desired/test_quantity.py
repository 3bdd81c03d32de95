"""Quantities as the API server gives them back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse_operator.desired.quantity import canonical, value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("100m", "100m"),
        ("1024Mi", "1Gi"),
        ("1536Mi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1Ki", "1Ki"),
        ("512", "512"),
        ("1000", "1k"),
        ("1500k", "1500k"),
        ("1000k", "1M"),
        ("0", "0"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_quantity_is_written_as_kubernetes_does(text: str, written: str) -> None:
    assert canonical(text) == written


@given(
    st.integers(min_value=0, max_value=10**9),
    st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]),
)
def test_writing_it_otherwise_changes_no_worth(number: int, unit: str) -> None:
    text = f"{number}{unit}"

    assert value(canonical(text)) == value(text)
    assert canonical(canonical(text)) == canonical(text)


def test_what_is_no_quantity_has_no_worth() -> None:
    assert value("ten") is None
    assert value("1e3") == Decimal(1000)
    assert value("") is None
