"""A plan as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from acuse_operator.plugin.table import indented, table, value

_CHECKED: Final = {
    "server": "checked by its API server",
    "comparison": "compared with what it has",
    "assumption": "compared with what the hub last gave it",
}


def render(plan: Mapping[str, Any]) -> list[str]:
    """Return the plan: each Tenant, then each of its regions, field by field."""
    lines: list[str] = []
    for tenant in plan["tenants"]:
        lines += [*_tenant(tenant), ""]
    lines += [f"Note: {note}." for note in plan["notes"]]
    return [*lines, "Nothing was written."]


def _tenant(tenant: Mapping[str, Any]) -> list[str]:
    name = f"Tenant {tenant['namespace']}/{tenant['name']}"
    if tenant["refused"] is not None:
        return [f"{name}: refused", *indented([tenant["refused"]])]
    lines = [f"{name}: {tenant['action']}", *_fields(tenant["changes"])]
    lines += indented(f"Note: {note}" for note in tenant["notes"])
    for region in tenant["regions"]:
        lines += _region(region)
    if tenant["lacking"] is not None:
        lines.append(tenant["lacking"])
    return lines


def _region(region: Mapping[str, Any]) -> list[str]:
    role = f" ({region['role']})" if region["role"] else ""
    action = "not placed" if region["action"] == "none" else region["action"]
    how = _CHECKED.get(region["checkedBy"] or "")
    lines = [f"Region {region['region']}{role}: {action}" + (f", {how}" if how else "")]
    if region["why"]:
        lines += indented([region["why"]])
    is_new = region["action"] == "created"
    lines += _fields(one for one in region["changes"] if not (is_new and _is_marking(one)))
    if region["credentials"] is None and region["action"] in {"created", "changed", "unchanged"}:
        lines += indented(["credentials: whether they change is not known"])
    if region["credentials"]:
        lines += indented([f"credentials that change: {', '.join(region['credentials'])}"])
    return lines


def _is_marking(change: Mapping[str, Any]) -> bool:
    """Tell whether a field is a label or an annotation, all of which a new placement has anew."""
    return str(change["field"]).startswith("metadata.")


def _fields(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = [(one["field"], value(one["before"]), value(one["after"])) for one in changes]
    return indented(table(("FIELD", "BEFORE", "AFTER"), rows)) if rows else []
