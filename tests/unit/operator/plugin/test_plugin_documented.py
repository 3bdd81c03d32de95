"""docs/kubectl.md says what the commands are, and what `-o json` holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click
import pytest

from acuse_cluster.kinds import DEPLOYMENTS, Ref
from acuse_operator.drift import Difference
from acuse_operator.plugin.changes import FieldChange
from acuse_operator.plugin.drain import described as described_drain
from acuse_operator.plugin.epochs import Sight
from acuse_operator.plugin.object_diff import ObjectDiff
from acuse_operator.plugin.plan_region import RegionPlan
from acuse_operator.plugin.regions import described as described_region
from acuse_operator.plugin.run import acuse
from acuse_operator.plugin.status import described, placed
from acuse_operator.plugin.takeover import Takeover

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "kubectl.md").read_text(encoding="utf-8")
TENANT = {"metadata": {"namespace": "shops", "name": "acme"}, "spec": {}}
REGION = {"metadata": {"name": "ar-1"}, "spec": {"jurisdiction": "AR"}}


def keys(document: Any) -> Iterator[str]:
    """Yield every name in a document."""
    if isinstance(document, dict):
        for name, value in cast("dict[str, Any]", document).items():
            yield name
            yield from keys(value)
    elif isinstance(document, list):
        for item in cast("Sequence[Any]", document):
            yield from keys(item)


@pytest.mark.parametrize(
    "document",
    [
        described(TENANT, [{"placement": placed(None), "unread": None}], []),
        described_region(REGION, {}),
        described_drain(REGION, []),
        RegionPlan("ar-1", "Home", "changed", fields=(FieldChange("a", 1, 2),)).as_json(),
        ObjectDiff(Ref(DEPLOYMENTS, "d", "n"), "differs", (Difference("f", 1, 2, "m"),)).as_json(),
        Takeover("acuse-system", None, (Sight("ar-1", 3),)).as_json(done=False),
    ],
    ids=["status", "regions", "drain", "plan", "diff", "takeover"],
)
def test_what_json_holds_is_documented(document: dict[str, Any]) -> None:
    named = set(re.findall(r"`([A-Za-z]+)(?:\[\])?`", PAGE))

    assert set(keys(document)) <= named


def test_every_command_is_documented() -> None:
    context = click.Context(acuse)

    for name in acuse.list_commands(context):
        assert f"`{name} " in PAGE or f"`{name}`" in PAGE


def test_every_shown_command_exists() -> None:
    context = click.Context(acuse)
    shown = re.findall(r"^\$ kubectl acuse (.*)$", PAGE, re.MULTILINE)

    assert shown
    for line in shown:
        words = shlex.split(line)
        command = acuse.get_command(context, words[0])
        assert command is not None
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options
