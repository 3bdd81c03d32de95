"""A real Kubernetes API server for tests, without nodes: `control_plane`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings
from acuse_lab.go_toolchain import why_no_go
from acuse_lab.go_tools import ETCD, KUBERNETES, build, is_built
from acuse_lab.regions.control_plane import ControlPlane, temporary_control_plane

CRDS = Path(__file__).parents[2] / "crds"


def skip_unless_built() -> None:
    """Build Kubernetes and etcd; skip only where there is no Go and nothing built."""
    if is_built(KUBERNETES) and is_built(ETCD):
        return
    reason = why_no_go()
    if reason is not None:
        pytest.skip(f"no Kubernetes API server: {reason}")
    try:
        build(ETCD)
        build(KUBERNETES)
    except InvalidSettings as exc:
        pytest.fail(f"Kubernetes could not be built: {exc}")


def apply_crds(plane: ControlPlane) -> None:
    """Make this checkout's kinds known and wait until they are served."""
    if not any(CRDS.glob("*.yaml")):
        return
    plane.kubectl("apply", "--server-side", "-f", str(CRDS))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(CRDS))


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """Run etcd, kube-apiserver and the controllers for the whole run, with our CRDs.

    Tests share it: make namespaces of your own. A test that stops or pauses it takes
    `own_control_plane`.
    """
    skip_unless_built()
    with temporary_control_plane() as plane:
        apply_crds(plane)
        yield plane


@pytest.fixture
def own_control_plane() -> Iterator[ControlPlane]:
    """Run one for this test alone, to be stopped, killed and paused at will."""
    skip_unless_built()
    with temporary_control_plane("acuse-own") as plane:
        apply_crds(plane)
        yield plane
