"""`kubectl acuse` reads the operator's settings from the Deployment that the chart makes."""

from __future__ import annotations

import pytest

from acuse_operator.plugin.operator_there import environment, settings_of
from acuse_operator.plugin.target import Target
from support.chart import render


@pytest.mark.parametrize("example", ["trial", "hub", "region", "ha"])
def test_the_charts_deployment_is_read_as_the_operator_reads_it(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is set where the plugin runs does not count.
    monkeypatch.setenv("ACUSE_REGION", "somewhere-else")
    monkeypatch.setenv("ACUSE_TENANTS_NAMESPACE", "somewhere-else")
    deployment = render(example).one("Deployment", "acuse-operator")
    said = environment(deployment)

    found = settings_of(said, Target())

    assert found.operator_role == said["ACUSE_OPERATOR_ROLE"]
    assert found.region == said.get("ACUSE_REGION", "local")
    assert found.tenants_namespace == said["ACUSE_TENANTS_NAMESPACE"]
    assert found.release_namespace == "acuse-system"
    assert found.worker_image == said.get("ACUSE_WORKER_IMAGE", "")
