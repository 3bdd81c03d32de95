"""The same document is parsed once, and no other is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.errors import InvalidManifest
from acuse.resources import part
from acuse.resources.condition import Condition
from acuse.resources.tenant import Residency, Templates


def test_the_same_document_is_the_same_part_and_another_is_not() -> None:
    one = Residency.parse_once({"jurisdictions": ["AR"]})

    assert Residency.parse_once({"jurisdictions": ["AR"]}) is one
    assert Residency.parse_once({"jurisdictions": ["AR", "UY"]}) != one
    assert Residency.parse({"jurisdictions": ["AR"]}) == one


def test_a_document_that_is_refused_is_refused_each_time() -> None:
    # To a hash of their text alone, 1 and true would be as good as a string.
    Templates.parse_once({"result": "receipt"})
    for document in ({"result": 1}, {"result": True}, {"result": ["receipt"]}, {"other": "x"}):
        for _ in "ab":
            with pytest.raises(InvalidManifest):
                Templates.parse_once(document)


def test_a_document_that_changes_afterwards_changes_no_part() -> None:
    document = {"jurisdictions": ["AR"]}
    one = Residency.parse_once(document)
    document["jurisdictions"].append("UY")

    assert one.jurisdictions == ["AR"]
    assert Residency.parse_once(document).jurisdictions == ["AR", "UY"]


def test_a_document_of_more_than_plain_values_is_parsed_as_ever() -> None:
    document: dict[str, Any] = {
        "type": "Ready",
        "status": "True",
        "lastTransitionTime": datetime(2026, 11, 26, tzinfo=UTC),
        "reason": "Serving",
        "message": "",
    }

    assert Condition.parse_once(document) == Condition.parse(document)


def test_not_everything_is_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "_REMEMBERED", 2)
    one = Residency.parse_once({"jurisdictions": ["CL"]})
    for place in ("BR", "PE", "EC"):
        Residency.parse_once({"jurisdictions": [place]})

    assert Residency.parse_once({"jurisdictions": ["CL"]}) is not one
