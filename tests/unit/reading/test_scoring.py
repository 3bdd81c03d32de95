"""How right readings are: what is taken for right, and how sure a share is."""

from __future__ import annotations

from typing import Any

import pytest

from acuse.reading.labels import Label
from acuse.reading.scoring import (
    TOGETHER,
    ItemsFound,
    Share,
    compare_items,
    items_together,
    judge,
    percentile,
    shares,
)


def answer(**fields: Any) -> dict[str, Any]:
    return {"amount": "9.00", "date": "2018-12-25", "vendor": "Book Ta-K Sdn. Bhd", **fields}


LABEL = Label({"amount": "9.00", "date": "2018-12-25", "vendor": "BOOK TA .K SDN BHD"})


def test_a_vendor_may_be_written_a_little_differently() -> None:
    assert judge(LABEL, answer()) == {
        "amount": True,
        "date": True,
        "vendor": True,
        TOGETHER: True,
    }
    assert judge(LABEL, answer(vendor="Somebody else"))["vendor"] is False


@pytest.mark.parametrize("field", ["amount", "date", "vendor"])
def test_one_wrong_field_is_enough_for_a_wrong_receipt(field: str) -> None:
    judged = judge(LABEL, answer(**{field: None}))

    assert judged[field] is False
    assert judged[TOGETHER] is False


def test_a_field_that_is_not_there_must_not_be_read() -> None:
    nothing = Label({"tax_id": None})
    assert judge(nothing, {"tax_id": None}) == {"tax_id": True}
    assert judge(nothing, {"tax_id": "30990000014"}) == {"tax_id": False}


def test_further_fields_are_judged_where_a_label_has_them() -> None:
    payee = {"name": "Remedios Muestra", "alias": "remedios.muestra", "cbu": None}
    label = Label(
        {
            "cae": "76401234567890",
            "taxes": "iva 42.00",
            "payee.name": "REMEDIOS  MUESTRA",
            "payee.alias": "Remedios.Muestra",
            "payee.cbu": "2850590994009041813526",
            "payer.name": None,
        }
    )
    said = answer(
        cae="76401234567890",
        taxes=[{"kind": "iva", "name": "IVA 21%", "rate": "21", "amount": "42.00"}],
        transfer={"payer": None, "payee": payee, "coelsa_id": None},
    )

    assert judge(label, said) == {
        "cae": True,
        "taxes": True,
        "payee.name": True,
        "payee.alias": True,
        "payee.cbu": False,
        "payer.name": True,
    }
    assert judge(label, answer(taxes=[], transfer=None))["taxes"] is False


def test_shares_count_what_labels_know() -> None:
    found = shares([{"amount": True, "date": False}, {"amount": True}, {"amount": False}])

    assert found == {"date": Share(0, 1), "amount": Share(2, 3)}
    assert list(found) == ["date", "amount"]


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        # Wilson's interval, as published tables have it.
        (Share(0, 10), 0.0, 0.2775),
        (Share(5, 10), 0.2366, 0.7634),
        (Share(81, 100), 0.7222, 0.8749),
        (Share(300, 300), 0.9874, 1.0),
        (Share(0, 0), 0.0, 1.0),
    ],
)
def test_how_sure_a_share_is_depends_on_how_many_there_were(
    share: Share, low: float, high: float
) -> None:
    assert share.interval == pytest.approx((low, high), abs=5e-5)


def test_items_are_the_same_by_amount_and_words_and_each_only_once() -> None:
    label = Label(
        {}, items=(item("Resma A4", "10.00"), item("Resma A4", "10.00"), item("", "7.00"))
    )
    read = {"items": [item("RESMA A-4", "10.00"), item("Toner", "10.00"), item("Lápiz", "7.00")]}

    found = compare_items(label, read)

    assert found == ItemsFound(read=3, labelled=3, same=2)
    assert found is not None
    assert found.f1 == pytest.approx(2 / 3)
    assert compare_items(Label({}), read) is None
    assert items_together([found, ItemsFound(1, 0, 0)]) == ItemsFound(4, 3, 2)
    assert items_together([]).f1 == 1.0


def item(description: str, amount: str) -> dict[str, Any]:
    return {"description": description, "amount": amount}


def test_percentiles_are_values_that_were_there() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([], 0.5) == 0.0
