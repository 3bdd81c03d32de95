"""The chart, rendered by Helm itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from acuse.errors import InvalidSettings
from acuse_lab.go_toolchain import why_no_go
from acuse_lab.go_tools import HELM, is_built, program

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "acuse"
EXAMPLES = sorted(file.name.removesuffix("-values.yaml") for file in (CHART / "ci").iterdir())
RELEASE, NAMESPACE = "acuse", "acuse-system"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Every object that Helm would make, hooks and tests included."""

    objects: tuple[Manifest, ...]

    def all(self, kind: str) -> list[Manifest]:
        """Return the objects of a kind."""
        return [found for found in self.objects if found["kind"] == kind]

    def names(self, kind: str) -> set[str]:
        """Return the names of the objects of a kind."""
        return {found["metadata"]["name"] for found in self.all(kind)}

    def one(self, kind: str, name: str, *, namespace: str | None = None) -> Manifest:
        """Return the one object of this kind and name; LookupError when there is none."""
        found = [
            one
            for one in self.all(kind)
            if one["metadata"]["name"] == name
            and (namespace is None or one["metadata"].get("namespace") == namespace)
        ]
        if len(found) != 1:
            raise LookupError(f"{len(found)} objects {kind}/{name}")
        return found[0]

    def pods(self) -> dict[str, Manifest]:
        """Return every pod's spec by KIND/NAME of what makes it."""
        return {
            f"{found['kind']}/{found['metadata']['name']}": pod
            for found in self.objects
            if (pod := pod_spec(found)) is not None
        }

    def env(self, kind: str, name: str) -> dict[str, Any]:
        """Return the variables of a pod's first container: the value, or where it comes from."""
        pod = pod_spec(self.one(kind, name))
        assert pod is not None
        variables: list[Manifest] = pod["containers"][0]["env"]
        return {one["name"]: one.get("value", one.get("valueFrom")) for one in variables}


def pod_spec(manifest: Manifest) -> Manifest | None:
    """Return the spec of the pods that an object is or makes."""
    found: Manifest | None = None
    if manifest["kind"] == "Pod":
        found = manifest["spec"]
    elif manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
        found = manifest["spec"]["template"]["spec"]
    return found


def helm_program() -> Path:
    """Return Helm, built if need be; skip only where there is no Go and nothing built."""
    reason = None if is_built(HELM) else why_no_go()
    if reason is not None:
        pytest.skip(f"no Helm: {reason}")
    try:
        return program(HELM)
    except InvalidSettings as exc:
        pytest.fail(f"Helm could not be built: {exc}")


def helm(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Helm with nothing of the user's own around it."""
    return subprocess.run(
        [helm_program(), *arguments],
        env={"HELM_PLUGINS": "/nonexistent", "HOME": "/nonexistent", **(env or {})},
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def value_flags(values: Mapping[str, object]) -> list[str]:
    """Return the flags that set values by their dotted paths."""
    return [
        flag
        for path, value in values.items()
        for flag in ("--set-json", f"{path}={json.dumps(value)}")
    ]


def template(
    example: str, values: Mapping[str, object] | None = None, *, flags: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Render with an example's values and some others."""
    return helm(
        *("template", RELEASE, str(CHART), "--namespace", NAMESPACE, "--kube-version", "1.36.3"),
        *("--values", str(CHART / "ci" / f"{example}-values.yaml")),
        *value_flags(values or {}),
        *flags,
    )


def render(example: str = "trial", /, **changed: object) -> Rendered:
    """Return the objects of an example with values changed; `__` stands for a dot."""
    named = {name.replace("__", "."): value for name, value in changed.items()}
    return _rendered(example, json.dumps(named, sort_keys=True))


@cache
def _rendered(example: str, changed: str) -> Rendered:
    done = template(example, json.loads(changed))
    assert done.returncode == 0, done.stderr
    return Rendered(tuple(found for found in yaml.safe_load_all(done.stdout) if found))


def complaint(example: str = "trial", /, **changed: object) -> str:
    """Return what Helm says about values that it refuses."""
    named = {name.replace("__", "."): value for name, value in changed.items()}
    done = template(example, named)
    assert done.returncode != 0, "these values were taken"
    return done.stderr
