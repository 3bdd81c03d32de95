"""docs/reference/values.md, made of the comments in values.yaml; and the chart's copy of the CRDs.

A value's meaning is the comment right above it; its type comes from values.schema.json.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from support.chart import CHART

VALUES, SCHEMA = CHART / "values.yaml", CHART / "values.schema.json"
CRDS = CHART.parents[1] / "crds"
CHART_CRDS = CHART / "files" / "crds"


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its dotted path, its default, what the comment says of it."""

    path: str
    default: object
    meaning: str


def schema() -> dict[str, Any]:
    """Return the schema of values."""
    return cast("dict[str, Any]", json.loads(SCHEMA.read_text(encoding="utf-8")))


def schema_at(path: str) -> dict[str, Any] | None:
    """Return what the schema says of a value; None when it does not know it."""
    whole = schema()
    found: dict[str, Any] | None = whole
    for step in path.split("."):
        if found is None:
            return None
        found = _resolved(found.get("properties", {}).get(step), whole)
    return found


def _resolved(part: dict[str, Any] | None, whole: dict[str, Any]) -> dict[str, Any] | None:
    if part is None or "$ref" not in part:
        return part
    return cast("dict[str, Any]", whole["$defs"][part["$ref"].rpartition("/")[2]])


def values() -> list[Value]:
    """Return every value that can be set by itself, in the file's order."""
    text = VALUES.read_text(encoding="utf-8")
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    return list(_walk(root, text.splitlines(), "", cast("dict[str, Any]", yaml.safe_load(text))))


def _walk(
    node: yaml.MappingNode, lines: list[str], prefix: str, data: dict[str, Any]
) -> Iterator[Value]:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
    for key, value in pairs:
        name = str(key.value)
        path = f"{prefix}{name}"
        below = data[name]
        comment = _comment_above(lines, key.start_mark.line)
        if isinstance(value, yaml.MappingNode) and not value.flow_style and not _whole(path):
            yield from _walk(value, lines, f"{path}.", below)
        else:
            yield Value(path, below, comment)


def _whole(path: str) -> bool:
    # Kubernetes' own shapes are one value.
    return path.endswith(".resources")


def _comment_above(lines: list[str], line: int) -> str:
    said: list[str] = []
    while line > 0 and (above := lines[line - 1].strip()).startswith("#"):
        said.insert(0, above.removeprefix("#").strip())
        line -= 1
    return " ".join(said)


def _type(path: str) -> str:
    found = schema_at(path) or {}
    if "enum" in found:
        return " \\| ".join(f"`{choice}`" for choice in found["enum"])
    return str(found.get("type") or "integer or string")


def _shown(default: object) -> str:
    return "empty" if default in ("", [], {}) else f"`{json.dumps(default)}`"


def page() -> str:
    """Return docs/reference/values.md."""
    rows = [
        f"| `{value.path}` | {_type(value.path)} | {_shown(value.default)} | {value.meaning} |"
        for value in values()
    ]
    return (
        "# Values of the chart\n\nWhat `helm install acuse charts/acuse` can be told, by `--values"
        " FILE` or `--set PATH=VALUE`. A value of another type\nor name is refused. The files in"
        " `charts/acuse/ci` are whole examples.\n\n| value | type | default | meaning |\n"
        "| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def copy_crds() -> None:
    """Give the chart the CRDs of this checkout, and no others."""
    shutil.rmtree(CHART_CRDS, ignore_errors=True)
    CHART_CRDS.mkdir(parents=True)
    for file in crd_files():
        shutil.copyfile(file, CHART_CRDS / file.name)


def crd_files() -> list[Path]:
    """Return the files of this checkout's CRDs."""
    return sorted(CRDS.glob("*.yaml"))
