"""Kubeconfig files: how a user of a cluster is let in."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

from acuse_lab.regions.authority import Pair
from acuse_lab.regions.place import Place


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
    path.parent.mkdir(parents=True, exist_ok=True)
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
    # JSON is YAML, and needs no library to be written right.
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    partial.rename(path)
    return path
