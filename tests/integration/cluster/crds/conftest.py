"""A real API server that knows our kinds, and a namespace that nobody else uses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acuse_lab.regions.control_plane import ControlPlane
from support.kube_requests import KubeRequests, kube_requests


@pytest.fixture(scope="package")
def kube(control_plane: ControlPlane) -> Iterator[KubeRequests]:
    """Yield a way to ask the API server; the manifests' namespaces are there."""
    with kube_requests(control_plane) as asking:
        for name in ("shops", "crds"):
            asking.http.post("/api/v1/namespaces", json={"metadata": {"name": name}})
        yield asking
