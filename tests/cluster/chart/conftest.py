"""A control plane of its own for each module: what the chart makes is there once per cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acuse_lab.go_tools import CONTOUR, file_of
from acuse_lab.regions.control_plane import temporary_control_plane
from support.chart_cluster import Cluster, foreign_crds
from support.control_plane import skip_unless_built


@pytest.fixture(scope="module")
def chart_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a control plane for a module's tests, with everybody's CRDs but ours."""
    skip_unless_built()
    with temporary_control_plane("acuse-chart") as plane:
        plane.kubectl("apply", "--server-side", "-f", str(file_of(CONTOUR, "gateway-api.yaml")))
        cluster = Cluster(plane, tmp_path_factory.mktemp("helm"))
        cluster.apply(*foreign_crds())
        yield cluster


@pytest.fixture
def cluster(chart_plane: Cluster) -> Iterator[Cluster]:
    """Yield a cluster without Acuse, and leave it so; CRDs stay, as they do for everybody."""
    try:
        yield chart_plane
    finally:
        chart_plane.uninstall()
        if "customresourcedefinition.apiextensions.k8s.io/tenants.acuse.dev" in chart_plane.names(
            "crds"
        ):
            chart_plane.plane.kubectl("delete", "tenants", "--all", "--timeout=120s")
