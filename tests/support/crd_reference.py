"""docs/reference/crds.md, made from the schemas of our kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from support.resource_shapes import crd, is_int_or_string, matching_of, schema

_KINDS = ("tenants", "regions", "tenantplacements")
_HEAD = """# Resources

Kinds of the group `acuse.dev`, version `v1alpha1`; later releases add fields and take none away.
`kubectl explain tenant.spec` says the same in a terminal, `kubectl get acuse -A` lists everything.
What the API server refuses, a folder of manifests refuses too, in the same words.
"""


def crds_page() -> str:
    """Return docs/reference/crds.md."""
    return "\n".join([_HEAD, *(_kind(plural) for plural in _KINDS)])


def _kind(plural: str) -> str:
    spec, root = crd(plural)["spec"], schema(plural)
    names = spec["names"]
    [version] = spec["versions"]
    where = "in a namespace" if spec["scope"] == "Namespaced" else "in no namespace"
    columns = ", ".join(column["name"] for column in version["additionalPrinterColumns"])
    lines = [
        f"## {names['kind']}\n",
        f"{root['description']}\n",
        f"`{plural}`, for short `{', '.join(names['shortNames'])}`; {where}.",
        f"`kubectl get` shows {columns}.\n",
        *(f"- `{rule['fieldPath'][1:]}`: {rule['message']}." for rule in _rules(root)),
        "",
    ]
    for part in ("spec", "status"):
        lines += ["| field | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{path}` | {_type(node)} | {default} | {_meaning(node)} |"
            for path, node, default in _fields(root["properties"][part], part)
        ]
        lines.append("")
    return "\n".join(lines)


def _rules(node: dict[str, Any]) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = node.get("x-kubernetes-validations", [])
    return rules


def _fields(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    required = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        below = f"{path}.{name}"
        default = f"`{json.dumps(child['default'])}`" if "default" in child else ""
        yield below, child, "required" if name in required else default
        yield from _fields(child, below)
    if "items" in node and node["items"]["type"] == "object":
        yield from _fields(node["items"], f"{path}[]")


def _type(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if is_int_or_string(node):
        return "quantity"
    if node["type"] == "array":
        return f"list of {_type(node['items'])}"
    if "additionalProperties" in node:
        return "map of strings"
    return "time" if node.get("format") == "date-time" else str(node["type"])


def _meaning(node: dict[str, Any]) -> str:
    rules = [*_rules(node), *_rules(node.get("items", {}))]
    said = dict.fromkeys(_sentence(rule["message"]) for rule in rules)
    return " ".join([node["description"], *_amount(node), *said]).replace("|", "\\|")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _amount(node: dict[str, Any]) -> Iterator[str]:
    """Yield how many or how large a value may be; how long only where no words say it."""
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " entries"),
        ("minProperties", "maxProperties", " entries"),
        ("minLength", "maxLength", " characters"),
    ):
        if most in node and (unit != " characters" or matching_of(node) is None):
            some = f"{node[least]} to " if node.get(least) else "At most "
            yield f"{some}{node[most]}{unit}."
