"""A reading as data: whole for the database, as promised for the command line."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest

from acuse.reading.interpret import interpret
from acuse.reading.wire import contract_of, empty_contract, reading_from_data, reading_to_data
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)
FIELDS = ["kind", "date", "amount", "currency", "vendor", "tax_id", "number", "category"]
READING = interpret(
    page_of_rows(
        "FACTURA B", "ACME S.A.", "CUIT: 30-99000002-2", "CAFE   900,50", "TOTAL   900,50"
    ),
    [],
    today=TODAY,
    engine="test",
)


def test_a_reading_survives_the_database() -> None:
    stored = json.loads(json.dumps(reading_to_data(READING)))

    assert reading_from_data(stored) == READING


def test_data_that_is_no_reading_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        reading_from_data({"kind": "factura_b"})


def test_the_contract_has_its_fields_in_their_forms() -> None:
    found = contract_of(READING)

    assert list(found) == [*FIELDS, "items", "slips", "confidence", "engine"]
    assert list(found["confidence"]) == [*FIELDS, "document"]
    assert (found["amount"], found["date"], found["tax_id"]) == ("900.50", None, "30990000022")
    assert all(0 <= value <= 1 for value in found["confidence"].values())
    assert found["confidence"]["date"] == 0
    assert found["slips"] == 1
    assert list(empty_contract()) == list(found)


def test_what_is_no_receipt_has_no_fields() -> None:
    found = contract_of(interpret(page_of_rows("Hola", "qué tal"), [], today=TODAY, engine="test"))

    assert found["kind"] == "none"
    assert [found[name] for name in FIELDS[1:]] == [None] * 7
    assert found["confidence"]["document"] == 0
