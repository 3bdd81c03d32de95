"""Every log call of the programs carries keys that are written, not dropped."""

from __future__ import annotations

import ast
from pathlib import Path

from acuse.logs import ALLOWED

ROOT = Path(__file__).parents[3]
PROGRAMS = ("core", "cluster", "operator", "webhook", "workers", "console", "lab")
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "bind"})
# What structlog takes for itself.
OWN = frozenset({"exc_info"})


def logged_keys(source: str) -> set[str]:
    """Return the keyword names of calls of a module's `log`."""
    return {
        keyword.arg
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
        for keyword in node.keywords
        if keyword.arg is not None
    }


def test_no_call_carries_a_key_that_is_dropped() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {key}"
        for program in PROGRAMS
        for path in (ROOT / program).rglob("*.py")
        for key in logged_keys(path.read_text(encoding="utf-8")) - ALLOWED - OWN
    }

    assert found == set()


def test_keys_are_found_where_they_are() -> None:
    assert logged_keys("log.info('x', tenant=1)\nlog.bind(other=2)\nprint(end='')") == {
        "tenant",
        "other",
    }
