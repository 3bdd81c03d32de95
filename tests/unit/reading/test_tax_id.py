"""Only a CUIT whose check digit holds is read, and the issuer's before the receiver's."""

from __future__ import annotations

import pytest
from stdnum.ar import cuit

from acuse.reading.tax_id import find_tax_ids, is_tax_id, read_tax_id
from support.reading_pages import page_of_rows

ISSUER, RECEIVER = "30990000022", "30990000057"


@pytest.mark.parametrize(
    "text",
    ["30-99000002-2", "30990000022", "CUIT: 30 99000002 2", "C.U.I.T. Nro.:30-99000002-2"],
)
def test_a_cuit_is_found_however_it_is_written(text: str) -> None:
    assert [digits for digits, _ in find_tax_ids(text)] == [ISSUER]


@pytest.mark.parametrize("text", ["30-99000002-3", "0990001300000000000071", "11-99000002-2"])
def test_digits_that_do_not_check_are_no_cuit(text: str) -> None:
    assert not list(find_tax_ids(text))


def test_a_changed_digit_never_passes() -> None:
    for place in range(10):
        for digit in "0123456789":
            changed = ISSUER[:place] + digit + ISSUER[place + 1 :]
            assert (changed == ISSUER) == (is_tax_id(changed) and cuit.is_valid(changed)) or (
                changed != ISSUER and not is_tax_id(changed)
            )


@pytest.mark.parametrize(
    "rows",
    [
        ("CUIT: 30-99000002-2", "Cliente: Macondo CUIT 30-99000005-7"),
        ("Señor(es): Macondo", "CUIT 30-99000005-7", "Emitido por", "x", "CUIT: 30-99000002-2"),
    ],
    ids=["issuer first", "receiver first"],
)
def test_the_issuers_cuit_is_told_from_the_receivers(rows: tuple[str, ...]) -> None:
    reading = read_tax_id(page_of_rows(*rows))

    assert reading is not None
    assert reading.value == ISSUER != RECEIVER
