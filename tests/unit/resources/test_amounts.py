"""Processors and memory as numbers, in every unit that Kubernetes has and we take."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acuse.resources.values import amount


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("2", "2"),
        ("0.5", "0.5"),
        ("500m", "0.5"),
        ("1k", "1000"),
        ("2M", "2000000"),
        ("3G", "3000000000"),
        ("1T", "1000000000000"),
        ("1Ki", "1024"),
        ("512Mi", "536870912"),
        ("1.5Gi", "1610612736"),
        ("1Ti", "1099511627776"),
    ],
)
def test_a_quantity_is_so_many(quantity: str, number: str) -> None:
    assert amount(quantity) == Decimal(number)
