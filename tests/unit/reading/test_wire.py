"""A reading as data: whole for the database, as promised for the command line."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest

from acuse.reading.interpret import interpret
from acuse.reading.wire import (
    contract_of,
    empty_contract,
    reading_from_data,
    reading_to_data,
    transfer_fields_of,
)
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)
FIELDS = [
    "kind", "date", "amount", "currency", "vendor", "tax_id", "number", "category",
    "receiver_tax_id", "cae", "cae_expires", "time", "tip", "payment_method", "card_tail",
]  # fmt: skip
# What readings have that were stored by versions before this one.
LATER = (
    "receiver_tax_id", "cae", "cae_expires_on", "issued_at", "tip", "payment_method", "card_tail",
    "taxes", "transfer",
)  # fmt: skip
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


def test_all_that_can_be_read_survives_the_database() -> None:
    rich = interpret(
        page_of_rows(
            "FACTURA A", "ACME S.A.", "CUIT: 30-99000002-2", "Fecha: 02/10/2026   Hora: 18:42",
            "Señores: Macondo   CUIT: 30-99000005-7", "Neto   1.000,00", "IVA 21%   210,00",
            "TOTAL   1.210,00", "Propina   50,00", "VISA DEBITO XXXX1234   1.260,00",
            "CAE: 76401234567890   Vto. CAE: 12/10/2026",
        ),
        [],
        today=TODAY,
        engine="test",
    )  # fmt: skip

    assert reading_from_data(json.loads(json.dumps(reading_to_data(rich)))) == rich
    found = contract_of(rich)
    assert {name: found[name] for name in FIELDS[8:]} == {
        "receiver_tax_id": "30990000057",
        "cae": "76401234567890",
        "cae_expires": "2026-10-12",
        "time": "18:42",
        "tip": "50.00",
        "payment_method": "debit_card",
        "card_tail": "1234",
    }
    assert found["taxes"] == [{"kind": "iva", "name": "IVA 21%", "rate": "21", "amount": "210.00"}]


def test_a_reading_that_was_stored_earlier_is_still_one() -> None:
    stored = reading_to_data(READING)
    earlier = {name: value for name, value in stored.items() if name not in LATER}

    found = reading_from_data(earlier)

    assert len(earlier) == len(stored) - len(LATER)
    assert (found.amount, found.tax_id) == (READING.amount, READING.tax_id)
    assert [getattr(found, name) for name in LATER] == [*[None] * 7, (), None]


def test_data_that_is_no_reading_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        reading_from_data({"kind": "factura_b"})


def test_the_contract_has_its_fields_in_their_forms() -> None:
    found = contract_of(READING)

    assert list(found) == [
        *FIELDS, "items", "taxes", "transfer", "slips", "others", "confidence", "decision",
        "engine",
    ]  # fmt: skip
    assert list(found["confidence"]) == [*FIELDS, "document"]
    assert (found["amount"], found["date"], found["tax_id"]) == ("900.50", None, "30990000022")
    assert all(0 <= value <= 1 for value in found["confidence"].values())
    assert found["confidence"]["date"] == 0
    assert (found["slips"], found["others"]) == (1, [])
    assert list(empty_contract()) == list(found)


def test_what_is_no_receipt_has_no_fields() -> None:
    found = contract_of(interpret(page_of_rows("Hola", "qué tal"), [], today=TODAY, engine="test"))

    assert found["kind"] == "none"
    assert [found[name] for name in FIELDS[1:]] == [None] * 14
    assert found["confidence"]["document"] == 0
    assert (found["taxes"], found["transfer"]) == ([], None)


def test_parts_of_a_transfer_are_named_with_their_party() -> None:
    rows = ("Transferencia enviada", "$ 10,00", "Para", "Remedios Muestra", "Alias: r.muestra.x")

    found = transfer_fields_of(interpret(page_of_rows(*rows), [], today=TODAY, engine="test"))

    assert {name: part.value for name, part in found.items()} == {
        "payee.name": "Remedios Muestra",
        "payee.alias": "r.muestra.x",
    }
    assert transfer_fields_of(READING) == {}
