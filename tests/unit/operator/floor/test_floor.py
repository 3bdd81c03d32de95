"""Which hub a region listens to, by the ConfigMap that it keeps."""

from __future__ import annotations

import pytest

from acuse_operator.floor import Mandate, floor_data, read_floor


def test_what_a_hub_writes_of_itself_is_read_back() -> None:
    mandate = Mandate(3, "acuse-operator-0_4f1c")
    assert read_floor({"data": floor_data(mandate)}) == mandate


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (None, Mandate(0)),
        ({}, Mandate(0)),
        ({"epoch": "many"}, Mandate(0)),
        ({"epoch": "²"}, Mandate(0)),
        ({"epoch": "-1"}, Mandate(0)),
        ({"epoch": "7"}, Mandate(7)),
        ({"epoch": "7", "hub": "7 a"}, Mandate(7, "a")),
        # The region raised the epoch alone: whose it is, nobody said.
        ({"epoch": "8", "hub": "7 a"}, Mandate(8)),
        ({"epoch": "8", "hub": "a"}, Mandate(8)),
    ],
)
def test_what_is_kept_is_read_as_far_as_it_makes_sense(
    data: dict[str, str] | None, seen: Mandate
) -> None:
    assert read_floor({"data": data}) == seen
    assert read_floor(None) == Mandate(0)


@pytest.mark.parametrize(
    ("seen", "is_passed", "is_to_raise"),
    [
        (Mandate(4, "other"), False, True),
        (Mandate(5, ""), False, True),
        (Mandate(5, "me"), False, False),
        (Mandate(5, "other"), True, False),
        (Mandate(6, "other"), True, False),
        (Mandate(6, ""), True, False),
    ],
)
def test_a_hub_is_passed_by_a_later_one_and_by_another_of_its_epoch(
    seen: Mandate, is_passed: bool, is_to_raise: bool
) -> None:
    mine = Mandate(5, "me")
    assert mine.is_passed_by(seen) is is_passed
    assert mine.is_to_raise(seen) is is_to_raise
