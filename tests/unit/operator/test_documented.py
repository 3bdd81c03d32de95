"""The reasons that conditions and events give are those that docs/operator.md explains."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
CODE: Final = ROOT / "operator" / "acuse_operator"
PAGE: Final = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
WORD: Final = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`")
# Where a reason stands in what is made: its place among the arguments.
PLACES: Final = {"Condition": 2, "Obstacle": 0, "Webhook": 1, "SecretFault": 0}


def trees() -> Iterator[ast.AST]:
    for path in sorted(CODE.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = PLACES.get(name)
        given = [] if place is None else node.args[place : place + 1]
        if name == "emit":
            given = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
        for one in given:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def said() -> set[str]:
    """Return every text in the code that may be a reason."""
    return {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def table_words() -> set[str]:
    """Return the words of the tables of conditions and events."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in WORD.findall(row)}


def test_every_reason_is_explained() -> None:
    found = {reason for tree in trees() for reason in reasons(tree)}

    assert len(found) > 40
    assert found <= set(WORD.findall(PAGE))


def test_no_reason_is_explained_that_there_is_not() -> None:
    assert len(table_words()) > 60
    assert table_words() <= said()
