"""What a model and a schema say of every field, in the same words, so that they can be compared."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Union, cast

import yaml
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from acuse.resources.part import Part
from acuse.resources.values import Matching

CRDS = Path(__file__).resolve().parents[2] / "crds"

# What is said of one field: its type, limits, default, and whether it must be there.
Facts = dict[str, Any]
Shapes = dict[str, Facts]

_PLAIN = {str: "string", int: "integer", bool: "boolean"}
# Kubernetes knows these on every object; a schema does not repeat them.
_NOT_OURS = {"apiVersion", "kind", "metadata"}


def crd(kind: str) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind by its plural name."""
    text = (CRDS / f"{kind}.acuse.dev.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))


def schema(kind: str) -> dict[str, Any]:
    """Return the OpenAPI schema of a kind's one version."""
    [version] = crd(kind)["spec"]["versions"]
    return cast("dict[str, Any]", version["schema"]["openAPIV3Schema"])


def schema_shapes(node: dict[str, Any], path: str = "") -> Shapes:
    """Return what a schema says of every field below `node`."""
    return dict(_of_schema(node, path))


def model_shapes(model: type[BaseModel], path: str = "") -> Shapes:
    """Return what a model says of every field below it."""
    found: Shapes = {}
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if not path and alias in _NOT_OURS:
            continue
        found.update(_of_field(field, f"{path}.{alias}".lstrip(".")))
    return found


def _of_field(field: FieldInfo, path: str) -> Shapes:
    found = dict(_of_type(field.annotation, path, tuple(field.metadata)))
    found[path]["required"] = field.is_required()
    default = _default(field)
    if default is not None:
        found[path]["default"] = default
    return found


def _default(field: FieldInfo) -> Any:
    """Return the default as a schema states it; a list or part that says nothing has none."""
    if field.is_required():
        return None
    default = field.get_default(call_default_factory=True)
    return _said(default.to_object() if isinstance(default, Part) else default)


def _said(value: Any) -> Any:
    """Return the value without what says nothing; None when that is all of it."""
    if isinstance(value, dict):
        parts = {key: _said(part) for key, part in cast("dict[str, Any]", value).items()}
        value = {key: part for key, part in parts.items() if part is not None}
    return None if value in ([], {}) else value


def _of_type(annotation: Any, path: str, metadata: tuple[Any, ...]) -> Iterator[tuple[str, Facts]]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _of_type(arguments[0], path, (*arguments[1:], *metadata))
    elif origin in {Union, types.UnionType}:
        [only] = [argument for argument in arguments if argument is not type(None)]
        yield from _of_type(only, path, metadata)
    elif origin is Literal:
        yield path, {"type": "string", "enum": list(arguments)}
    elif origin is list:
        yield path, {"type": "array"} | _limits(metadata, "Items")
        yield from _of_type(arguments[0], f"{path}[]", ())
    elif origin is dict:
        yield path, {"type": "object"} | _limits(metadata, "Properties")
        yield from _of_type(arguments[1], f"{path}{{}}", ())
    elif annotation is datetime:
        yield path, {"type": "string", "format": "date-time"}
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield path, {"type": "object"}
        yield from model_shapes(annotation, path).items()
    else:
        yield path, {"type": _PLAIN[annotation]} | _limits(metadata, "Length")


# pydantic's name for a limit, and the schema's; some depend on what is counted.
_MODEL_LIMITS = {
    "min_length": "min{unit}",
    "max_length": "max{unit}",
    "ge": "minimum",
    "le": "maximum",
    "pattern": "pattern",
}


def _limits(metadata: tuple[Any, ...], unit: str) -> Facts:
    facts: Facts = {}
    for item in _flat(metadata):
        if isinstance(item, Matching):
            facts["matching"] = (item.pattern, item.says)
        elif isinstance(item, AfterValidator):
            facts["matching"] = "network"
        else:
            said = {name: getattr(item, name, None) for name in _MODEL_LIMITS}
            facts |= {
                _MODEL_LIMITS[name].format(unit=unit): limit
                for name, limit in said.items()
                if limit is not None
            }
    return facts


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


_LIMITS = (
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "format",
    "enum",
    "default",
)
_MATCHES = re.compile(r"(?:self|string\(self\))\.matches\(r?'(.*)'\)")


def _of_schema(node: dict[str, Any], path: str) -> Iterator[tuple[str, Facts]]:
    if path:
        yield path, _facts(node)
    required = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        if not path and name in _NOT_OURS:
            continue
        below = f"{path}.{name}".lstrip(".")
        for at, facts in _of_schema(child, below):
            yield at, facts | ({"required": name in required} if at == below else {})
    if "items" in node:
        yield from _of_schema(node["items"], f"{path}[]")
    if "additionalProperties" in node:
        yield from _of_schema(node["additionalProperties"], f"{path}{{}}")


def _facts(node: dict[str, Any]) -> Facts:
    facts: Facts = {"type": "string" if is_int_or_string(node) else node["type"]}
    facts |= {key: node[key] for key in _LIMITS if key in node}
    if node.get("format") in {"int32", "int64"}:
        del facts["format"]
    matching = matching_of(node)
    return facts if matching is None else facts | {"matching": matching}


def matching_of(node: dict[str, Any]) -> tuple[str, str] | Literal["network"] | None:
    """Return the pattern and the words of a field's text; `network` for an address range."""
    for rule in node.get("x-kubernetes-validations", ()):
        matches = _MATCHES.fullmatch(rule["rule"])
        if matches is not None:
            return matches[1], rule["message"]
        if rule["rule"] == "isCIDR(self)":
            return "network"
    return None


def is_int_or_string(node: dict[str, Any]) -> bool:
    """Tell whether a field may be written as a number or as text, as quantities are."""
    return bool(node.get("x-kubernetes-int-or-string", False))
