"""What README and docs/ show can be run: commands exist, examples parse, links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from acuse.cli import acuse

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
_TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

# Programs of others, which a page may tell to run.
_OTHERS = {"curl", "docker", "helm", "kubectl", "psql", "sudo"}


@dataclass(frozen=True, slots=True)
class Example:
    """One fenced block of a page."""

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}-{self.language}"


def examples() -> Iterator[Example]:
    for page in PAGES:
        for number, match in enumerate(_FENCE.finditer(page.read_text(encoding="utf-8"))):
            yield Example(str(page.relative_to(ROOT)), number, match[1], match[2])


EXAMPLES = list(examples())


def commands() -> list[tuple[str, list[str]]]:
    """Return every command line shown after a `$`, with its page."""
    lines: list[tuple[str, list[str]]] = []
    for example in EXAMPLES:
        if example.language == "console":
            text = example.text.replace("\\\n", " ")
            shown = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
            lines += [(str(example), shlex.split(line, comments=True)) for line in shown]
    return lines


def resolve(words: list[str]) -> click.Command:
    """Return the command of `acuse` that these words call; fail when there is none."""
    command: click.Command = acuse
    context = click.Context(acuse, info_name="acuse")
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        found = command.get_command(context, word)
        assert found is not None, f"there is no `acuse {' '.join(words)}`"
        command = found
    return command


@pytest.mark.parametrize(("page", "words"), commands(), ids=str)
def test_a_shown_command_exists(page: str, words: list[str]) -> None:
    plain = [w for w in words if "=" not in w or w.startswith("-")]
    program = Path(plain[0]).name
    if program == "make":
        assert plain[1] in _TARGETS, page
        return
    if program != "acuse":
        assert program in _OTHERS, f"{page} shows {program}, which nothing checks"
        return
    arguments = plain[1:]
    command = resolve(arguments)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    shown = {word.partition("=")[0] for word in arguments if word.startswith("--")}
    assert shown <= known, page


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "json"], ids=str)
def test_a_shown_json_parses(example: Example) -> None:
    json.loads(example.text)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "yaml"], ids=str)
def test_a_shown_yaml_parses(example: Example) -> None:
    assert list(yaml.safe_load_all(example.text))


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.language == "python"], ids=str)
def test_a_shown_program_runs(example: Example) -> None:
    exec(compile(example.text, str(example), "exec"), {"__name__": "example"})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    broken = [
        link
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]

    assert broken == []
