"""What Helm says after an install is the next thing to do."""

from __future__ import annotations

import pytest

from support.chart import CHART, RELEASE
from support.chart_cluster import Cluster


@pytest.mark.parametrize(
    ("example", "says", "not_said"),
    [
        ("trial", "FOR TRIALS ONLY", "acuse db migrate"),
        ("trial", "Its data is lost with the pod", "make a Region named"),
        ("hub", "kubectl apply -f TENANT.yaml", "helm -n acuse-system test"),
        ("hub", "register a region", "get secret acuse-hub"),
        ("region", "make a Region named sao-paulo", "FOR TRIALS ONLY"),
        ("region", "create secret generic acuse-region-sao-paulo", "create token"),
        ("region", '"server":"https://api.sao-paulo.example.test:6443"', "register a region"),
        ("region", "acuse db migrate", "kubectl apply -f TENANT.yaml"),
        ("ha", "kubectl apply -f TENANT.yaml", "acuse db migrate"),
        ("keda", "FOR TRIALS ONLY", "Its data is lost"),
    ],
)
def test_the_notes_say_the_next_command(
    chart_plane: Cluster, example: str, says: str, not_said: str
) -> None:
    done = chart_plane.helm(
        *("install", RELEASE, str(CHART), "--dry-run=client"),
        *("--values", str(CHART / "ci" / f"{example}-values.yaml")),
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.partition("NOTES:")[2]
    assert says in said
    assert not_said not in said
