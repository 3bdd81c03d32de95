"""Manifests made up from what a schema says of each field, most of them nearly right."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from support.resource_shapes import is_int_or_string, matching_of, schema

# What people, generators and attackers write where something else belongs.
_STRANGE: Final[Sequence[object]] = (
    *("a\n", "-a", "ñ", "٣", "x" * 600, "", " ", "0"),
    *(0, -1, 2**40, True, 1.5, [], ["a", "a"], {}),
)


def manifests(kind: str, base: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return manifests like `base` with any spec; every other has something strange in it."""
    fixed = {"tenant": base["spec"]["tenant"]} if kind == "tenantplacements" else {}
    specs = _right(schema(kind)["properties"]["spec"])
    return st.tuples(specs, st.booleans()).flatmap(
        lambda drawn: _perhaps_strange(base, drawn[0] | fixed, is_strange=drawn[1])
    )


def _perhaps_strange(
    base: dict[str, Any], spec: dict[str, Any], *, is_strange: bool
) -> st.SearchStrategy[dict[str, Any]]:
    if not is_strange:
        return st.just({**base, "spec": spec})
    return st.tuples(st.sampled_from(list(_places(spec))), st.sampled_from(_STRANGE)).map(
        lambda drawn: {**base, "spec": _replaced(spec, drawn[0], drawn[1])}
    )


def _replaced(spec: dict[str, Any], way: tuple[Any, ...], value: object) -> dict[str, Any]:
    result = copy.deepcopy(spec)
    place: Any = result
    for part in way[:-1]:
        place = place[part]
    place[way[-1]] = value
    return result


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside this one."""
    is_part, is_list = isinstance(value, dict), isinstance(value, list)
    parts: Any = value.items() if is_part else enumerate(value) if is_list else ()
    for name, part in parts:
        yield (name,)
        yield from ((name, *below) for below in _places(part))


def _right(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if is_int_or_string(node):
        return _text(node) | st.integers(1, 64)
    return _OF_TYPE[node["type"]](node)


def _part(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "additionalProperties" in node:
        values = _right(node["additionalProperties"])
        return st.dictionaries(st.sampled_from(["app", "tier", "x.y/z"]), values, max_size=3)
    required = set(node.get("required", ()))
    fields = {name: _right(child) for name, child in node.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: value for name, value in fields.items() if name in required},
        optional={name: value for name, value in fields.items() if name not in required},
    )


def _list(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(_right(node["items"]), min_size=node.get("minItems", 0), max_size=3)


def _integer(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.integers(node.get("minimum", 0), node.get("maximum", 2**40))


def _boolean(_node: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.booleans()


def _text(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    matching = matching_of(node)
    if matching == "network":
        return st.ip_addresses().flatmap(
            lambda address: st.integers(0, address.max_prefixlen).map(
                lambda bits: f"{address}/{bits}"
            )
        )
    if matching is None:
        return st.text(max_size=node.get("maxLength", 20))
    least, most = node.get("minLength", 0), node["maxLength"]
    return st.from_regex(matching[0], fullmatch=True).filter(
        lambda text: least <= len(text) <= most
    )


_OF_TYPE: Final[dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]]] = {
    "object": _part,
    "array": _list,
    "string": _text,
    "integer": _integer,
    "boolean": _boolean,
}
