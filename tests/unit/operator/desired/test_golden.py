"""What a cluster is told, object by object."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from acuse_cluster.kinds import Manifest
from support.golden_objects import FOLDER, golden, text

# It has no types.
kubernetes_validate: Any = importlib.import_module("kubernetes_validate")

OBJECTS = dict(golden())
# Kinds of custom resources: their schemas are in the cluster only.
FOREIGN = ("gateway.networking.k8s.io/", "keda.sh/")


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_as_its_golden_file_says(name: str) -> None:
    assert text(OBJECTS[name]) == (FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), (
        "if it is meant: PYTHONPATH=tests python -m support.golden_objects"
    )


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(OBJECTS)


@pytest.mark.parametrize(
    "manifest",
    [o for o in OBJECTS.values() if not o["apiVersion"].startswith(FOREIGN)],
    ids=[n for n, o in OBJECTS.items() if not o["apiVersion"].startswith(FOREIGN)],
)
def test_an_object_has_no_field_that_kubernetes_does_not_know(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, "1.36", strict=True)
