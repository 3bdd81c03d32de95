"""What changes between two versions of an object, field by field."""

from __future__ import annotations

from typing import Any

from acuse_operator.plugin.changes import FieldChange, changes


def obj(kind: str = "Tenant", /, **parts: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "acme", "resourceVersion": "1"}, **parts}


def test_equal_objects_have_no_changes_whatever_the_server_writes() -> None:
    before = obj(spec={"a": 1}, status={"x": 1})
    after = {**obj(spec={"a": 1}), "metadata": {"name": "acme", "resourceVersion": "2"}}

    assert changes(before, after) == ()


def test_a_field_that_comes_goes_or_changes_is_named() -> None:
    before = obj(spec={"gone": {"x": 1}, "same": [1], "list": [1]})
    after = obj(spec={"new": {"y": {"z": True}}, "same": [1], "list": [2]})

    assert changes(before, after) == (
        FieldChange("spec.gone.x", 1, None),
        FieldChange("spec.list", [1], [2]),
        FieldChange("spec.new.y.z", None, True),
    )


def test_numbers_are_known_by_their_ids_and_not_by_their_places() -> None:
    one, two = {"phoneNumberId": "1", "wabaId": "9"}, {"phoneNumberId": "2", "wabaId": "9"}
    before = obj(spec={"whatsapp": {"numbers": [one, two]}})
    after = obj(spec={"whatsapp": {"numbers": [{**two, "wabaId": "8"}, one]}})

    assert changes(before, after) == (FieldChange("spec.whatsapp.numbers[2].wabaId", "9", "8"),)


def test_what_comes_from_nothing_comes_field_by_field() -> None:
    numbers = [{"phoneNumberId": "1", "wabaId": "9"}]
    after = obj(spec={"whatsapp": {"numbers": numbers}, "min": 0, "empty": {}, "off": False})

    assert changes(None, after) == (
        FieldChange("spec.whatsapp.numbers[1].phoneNumberId", None, "1"),
        FieldChange("spec.whatsapp.numbers[1].wabaId", None, "9"),
        FieldChange("spec.min", None, 0),
        FieldChange("spec.off", None, False),
    )
    assert [change.after for change in changes(after, obj(spec={}))] == [None] * 4


def test_true_and_one_are_not_the_same() -> None:
    assert changes(obj(spec={"a": 1}), obj(spec={"a": True})) == (FieldChange("spec.a", 1, True),)


def test_of_a_secret_keys_are_named_and_values_never() -> None:
    before = obj("Secret", data={"1.accessToken": "b2xk", "1.same": "eA=="})
    after = obj("Secret", data={"1.accessToken": "bmV3", "1.same": "eA==", "2.x": "eQ=="})

    found = changes(before, after)

    assert [change.path for change in found] == ["data[1.accessToken]", "data[2.x]"]
    assert "bmV3" not in str(found)
    assert "b2xk" not in str(found)
    assert found[1].before is None
