"""Kubeconfig files: how a user of a cluster is let in."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acuse.settings import cache_dir
from acuse_lab.regions.authority import Pair
from acuse_lab.regions.place import Place

if TYPE_CHECKING:
    from acuse_lab.regions.handle import LabRegion


def by_certificate(pair: Pair) -> Mapping[str, str]:
    """Return a user's entry that logs in by certificate."""
    return {
        "client-certificate-data": encoded(pair.certificate),
        "client-key-data": encoded(pair.key),
    }


def encoded(file: Path) -> str:
    """Return a file as kubeconfigs hold one."""
    return base64.b64encode(file.read_bytes()).decode()


def write_kubeconfig(place: Place, user: str, *, credentials: Mapping[str, str]) -> Path:
    """Write a user's kubeconfig, readable by us alone; the context is called as the cluster."""
    path = place.kubeconfig(user)
    cluster = {
        "server": place.server,
        "certificate-authority-data": encoded(place.pki / "ca.crt"),
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": place.name, "cluster": cluster}],
        "users": [{"name": f"{place.name}-{user}", "user": dict(credentials)}],
        "contexts": [
            {
                "name": place.name,
                "context": {"cluster": place.name, "user": f"{place.name}-{user}"},
            }
        ],
        "current-context": place.name,
    }
    return write_secret_json(path, content)


def merged_kubeconfig(regions: Sequence[LabRegion]) -> Path:
    """Return a kubeconfig with a context for each region, called as the region."""
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    for key in ("clusters", "users", "contexts"):
        merged[key] = []
    for region in regions:
        one = json.loads(region.kubeconfig.read_text())
        for key in ("clusters", "users", "contexts"):
            merged[key] += one[key]
    if regions:
        merged["current-context"] = regions[0].name
    ours = next((region.region for region in regions if region.region is not None), None)
    # Beside ours, so that it goes with them; never in the user's own kubeconfig.
    folder = cache_dir() / "contexts" if ours is None else ours.lab.folder
    return write_secret_json(folder / "all-regions.yaml", merged)


def write_secret_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write a file that only we can read, whole or not at all; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML, and needs no library to be written right.
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    partial.rename(path)
    return path
