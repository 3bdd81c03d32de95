"""Names: one business has one key, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.matching.names import fold, name_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Panadería La Unión S.R.L.", "panaderia la union"),
        ("PANADERIA LA UNION SRL", "panaderia la union"),
        ("Y.P.F. S. A.", "ypfsa"),
        ("YPF S.A.", "ypf"),
        ("Ñandú & Hijos S.A.S.", "nandu hijos"),
        ("  Kiosco   Don-Pepe  ", "kiosco don pepe"),
        ("S.A.", "sa"),
        ("™ — !", "tm"),
        ("—", ""),
    ],
)
def test_a_name_is_folded_to_its_key(name: str, key: str) -> None:
    assert name_key(name) == key


@given(st.text())
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert name_key(name_key(name)) == name_key(name) or not name_key(name)
