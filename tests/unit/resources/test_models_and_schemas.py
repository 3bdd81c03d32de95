"""Models and schemas say the same of every field, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.bad_manifests import MODELS
from support.resource_shapes import Shapes, crd, model_shapes, schema, schema_shapes

KINDS = sorted(MODELS)


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field of a schema with its path; metadata is Kubernetes' own."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        if path or name != "metadata":
            yield from nodes(child, f"{path}.{name}".lstrip("."))
    for inner, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if inner in node:
            yield from nodes(node[inner], f"{path}{mark}")


def written(shapes: Shapes) -> Shapes:
    """Return the model's shapes as they are once an object is written.

    A condition gets its time when it is put into a status; until then a model has none.
    """
    for path, facts in shapes.items():
        if path.endswith("conditions[].lastTransitionTime"):
            facts["required"] = True
    return shapes


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_and_its_schema_say_the_same_of_every_field(kind: str) -> None:
    model, crd_schema = written(model_shapes(MODELS[kind])), schema_shapes(schema(kind))

    assert model.keys() == crd_schema.keys()
    assert model == crd_schema


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kind: str) -> None:
    bare = [path for path, node in nodes(schema(kind)) if not node.get("description")]

    assert bare == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_says_how_it_is_merged(kind: str) -> None:
    lists = {path: node for path, node in nodes(schema(kind)) if node.get("type") == "array"}

    assert {p for p, n in lists.items() if "x-kubernetes-list-type" not in n} == set()
    assert {p for p, n in lists.items() if n["x-kubernetes-list-type"] == "atomic"} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_an_end(kind: str) -> None:
    endless: list[str] = []
    for path, node in nodes(schema(kind)):
        is_text = node.get("type") == "string" or node.get("x-kubernetes-int-or-string")
        bounded = {"enum", "format", "maxLength"} & node.keys()
        if is_text and not bounded and path not in {"apiVersion", "kind"}:
            endless.append(path)
        if node.get("type") == "array" and "maxItems" not in node:
            endless.append(path)
        if "additionalProperties" in node and "maxProperties" not in node:
            endless.append(path)

    assert endless == []


@pytest.mark.parametrize("kind", KINDS)
def test_conditions_are_those_of_kubernetes(kind: str) -> None:
    conditions = schema(kind)["properties"]["status"]["properties"]["conditions"]

    assert conditions["x-kubernetes-list-map-keys"] == ["type"]
    assert sorted(conditions["items"]["required"]) == [
        "lastTransitionTime",
        "message",
        "reason",
        "status",
        "type",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_version_with_a_status_of_its_own(kind: str) -> None:
    spec = crd(kind)["spec"]
    [version] = spec["versions"]

    assert (version["name"], version["served"], version["storage"]) == ("v1alpha1", True, True)
    assert version["subresources"] == {"status": {}}
    assert spec["names"]["categories"] == ["acuse"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_has_words_for_people(kind: str) -> None:
    rules = [
        rule for _, node in nodes(schema(kind)) for rule in node.get("x-kubernetes-validations", ())
    ]

    assert rules
    assert [rule["rule"] for rule in rules if not rule.get("message")] == []
