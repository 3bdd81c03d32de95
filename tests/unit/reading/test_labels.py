"""What a label says is right, in each format that is known."""

from __future__ import annotations

import json

import pytest

from acuse.errors import InvalidRequest
from acuse.reading.labels import read_label


def test_our_own_format_judges_what_it_names() -> None:
    item = {"description": "Resma", "quantity": "4", "unit_price": "8450.00", "amount": "33800.00"}
    said = {"amount": "76799.90", "tax_id": None, "engine": "pdfplumber", "items": [item]}

    label = read_label(json.dumps(said).encode())

    assert label.fields == {"amount": "76799.90", "tax_id": None}
    assert label.items == ({"description": "Resma", "amount": "33800.00"},)


def test_taxes_are_one_text_and_a_transfers_parts_are_each_a_field() -> None:
    taxes = [
        {"kind": "percepcion", "name": "Perc. IIBB", "rate": "3", "amount": "6.00"},
        {"kind": "iva", "amount": "42.00"},
    ]
    payee = {"name": "Remedios Muestra", "alias": None, "cbu_kind": "cvu"}
    transfer = {"payer": None, "payee": payee, "coelsa_id": None}

    label = read_label(json.dumps({"taxes": taxes, "transfer": transfer}).encode())

    assert label.fields["taxes"] == "iva 42.00, percepcion 6.00"
    assert {name: value for name, value in label.fields.items() if value is not None} == {
        "taxes": "iva 42.00, percepcion 6.00",
        "payee.name": "Remedios Muestra",
    }
    assert {"payer.name", "payer.cbu", "payee.alias", "coelsa_id"} < label.fields.keys()
    assert "payee.cbu" not in label.fields
    nothing = read_label(b'{"taxes": [], "transfer": null}').fields
    assert (nothing["taxes"], nothing["payee.cbu"], len(nothing)) == (None, None, 12)


def test_sroies_format_is_put_into_our_words() -> None:
    key = {"company": "BOOK TA .K SDN BHD", "date": "25/12/2018", "total": "RM 9.00"}

    label = read_label(json.dumps({"key": {**key, "address": "JOHOR"}, "lines": []}).encode())

    assert label.fields == {
        "vendor": "BOOK TA .K SDN BHD",
        "date": "2018-12-25",
        "amount": "9.00",
    }
    assert label.items is None


def test_what_was_labelled_and_makes_no_sense_is_not_judged() -> None:
    key = {"company": "A", "date": "yesterday", "total": "nothing"}
    assert read_label(json.dumps({"key": key}).encode()).fields == {"vendor": "A"}


def test_invoice2datas_format_is_put_into_our_words() -> None:
    said = [{"issuer": "OVH", "amount": 1134.9, "date": "2014-08-03", "currency": "EUR"}]

    label = read_label(json.dumps(said).encode())

    assert label.fields == {"vendor": "OVH", "amount": "1134.90", "date": "2014-08-03"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "not JSON"),
        (b"[]", "has none of"),
        (b'{"total": "9.00"}', "has none of"),
        (b'{"amount": 9}', "amount is neither text nor null"),
        (b'{"items": [{"description": "x"}]}', "items are none"),
        (b'{"items": [{"amount": 9.5}]}', "items are none"),
        (b'{"items": 9}', "items are none"),
        (b'{"taxes": 9}', "taxes or transfer are none"),
        (b'{"taxes": [{"kind": "iva"}]}', "taxes or transfer are none"),
        (b'{"transfer": {"payee": "Remedios"}}', "taxes or transfer are none"),
        (b'{"transfer": {"payee": {"cbu": 9}}}', "payee.cbu is neither text nor null"),
        (b'[{"issuer": "x", "amount": "many"}]', "amount is no number"),
    ],
)
def test_what_is_no_label_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        read_label(text)
