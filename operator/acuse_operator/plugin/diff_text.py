"""Differences as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from acuse_operator.plugin.table import table, value

_HEAD: Final = ("REGION", "TENANT", "OBJECT", "FIELD", "WANTED", "FOUND", "MANAGER", "IS")
_HIDDEN: Final = "(not shown)"


def render(diff: Mapping[str, Any]) -> list[str]:
    """Return what differs, one field a line, then what could not be compared."""
    rows = [row for tenant in diff["tenants"] for row in _rows(tenant)]
    lines = table(_HEAD, rows) if rows else []
    lines += [f"Not compared: {text}" for text in dict.fromkeys(_unread(diff))]
    count = len(diff["tenants"])
    what = "1 placement" if count == 1 else f"{count} placements"
    if not rows:
        lines.append(f"What could be compared of {what} is as it was applied.")
    return lines


def _rows(tenant: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    where = tenant["region"], f"{tenant['namespace']}/{tenant['name']}"
    for obj in tenant["objects"]:
        named = (*where, f"{obj['kind']}/{obj['name']}")
        if obj["state"] != "differs":
            yield (*named, "", "", "", "", obj["state"])
            continue
        kind = "drift" if obj["isDrift"] else "not yet applied"
        for field in obj["fields"]:
            values = (field["wanted"], field["found"])
            shown = [_HIDDEN] * 2 if obj["kind"] == "Secret" else [value(one) for one in values]
            yield (*named, field["field"], *shown, field["manager"], kind)


def _unread(diff: Mapping[str, Any]) -> Iterator[str]:
    for region in diff["regions"]:
        yield from (f"region {region['region']}: {text}" for text in region["unread"])
    for tenant in diff["tenants"]:
        name = f"{tenant['namespace']}/{tenant['name']}"
        yield from (f"{name} in {tenant['region']}: {text}" for text in tenant["unread"])
