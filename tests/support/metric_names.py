"""What the code measures, read from its sources: names, kinds and labels, without importing it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("core", "cluster", "operator", "webhook", "workers", "console")
_KINDS = {"Counter", "Gauge", "Histogram"}
_NAME = re.compile(r"\b((?:acuse|controller_runtime|workqueue|rest_client)_[a-z0-9_]+)\b")
# What stands between braces, `by (...)`, `on (...)`, or in quotes is no metric.
_NO_METRIC = re.compile(r'"[^"]*"|\{[^}]*\}|\b(?:by|on|without|ignoring)\s*\([^)]*\)')
_SELECTOR = re.compile(r"\b([a-z][a-z0-9_]+)\{([^}]*)\}")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as the code declares it."""

    name: str
    kind: str
    labels: tuple[str, ...]

    def series(self) -> set[str]:
        """Return the names under which Prometheus has it."""
        if self.kind == "Histogram":
            return {f"{self.name}_{part}" for part in ("bucket", "sum", "count")}
        return {self.name}


def declared() -> dict[str, Metric]:
    """Return every metric of the code, by the names under which Prometheus has it."""
    return {series: metric for metric in _declared() for series in metric.series()}


def _declared() -> Iterator[Metric]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _KINDS:
                    yield from _metric(node)


def _metric(call: ast.Call) -> Iterator[Metric]:
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return
    assert isinstance(call.func, ast.Name)
    listed = call.args[2] if len(call.args) > 2 else None
    elements = listed.elts if isinstance(listed, ast.List | ast.Tuple) else []
    labels = [e.value for e in elements if isinstance(e, ast.Constant)]
    yield Metric(first.value, call.func.id, tuple(str(label) for label in labels))


def used_in(expr: str) -> set[str]:
    """Return the metrics of ours that an expression names."""
    return set(_NAME.findall(_NO_METRIC.sub(" ", expr)))


def selected_in(expr: str) -> Iterator[tuple[str, str]]:
    """Return every metric with a label that the expression selects it by."""
    for name, selector in _SELECTOR.findall(expr):
        for label in _LABEL.findall(re.sub(r'"[^"]*"', '""', selector)):
            yield name, label


def grouped_in(expr: str) -> set[str]:
    """Return every label that the expression groups or joins by."""
    return {label.strip() for part in _GROUPED.findall(expr) for label in part.split(",")}
