"""What the chart gives to Prometheus and Grafana, where they are."""

from __future__ import annotations

import json
from typing import Any

import yaml

from acuse_console.app import PREFIX
from support.chart import CHART, RELEASE, render


def test_nothing_of_prometheus_or_grafana_is_made_unasked() -> None:
    for example in ("trial", "ha", "hub"):
        kinds = {o["kind"] for o in render(example).objects}
        assert not kinds & {"PodMonitor", "PrometheusRule"}
        assert "acuse-dashboard" not in render(example).names("ConfigMap")


def test_every_program_is_scraped() -> None:
    rendered = render("monitoring")
    spec = rendered.one("PodMonitor", "acuse")["spec"]
    [expression] = spec["selector"]["matchExpressions"]

    components = {
        o["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
        for o in rendered.all("Deployment")
    }
    assert set(expression["values"]) == components
    [endpoint] = spec["podMetricsEndpoints"]
    # Honoured: a tenant in our metrics is not the namespace that Prometheus found the pod in.
    assert endpoint == {
        "port": "monitoring",
        "path": "/metrics",
        "interval": "15s",
        "honorLabels": True,
    }
    assert rendered.one("PodMonitor", "acuse")["metadata"]["labels"]["release"] == "prometheus"


def test_dedicated_workers_are_scraped_where_they_are() -> None:
    spec = render("monitoring").one("PodMonitor", "acuse-dedicated-workers")["spec"]

    assert spec["namespaceSelector"] == {"matchNames": ["acuse-tenants"]}
    assert spec["selector"]["matchLabels"]["app.kubernetes.io/component"] == "worker"
    hub = render("hub", monitoring__podMonitor__enabled=True)
    assert hub.names("PodMonitor") == {"acuse"}


def test_the_rules_are_the_files_own() -> None:
    rule = render("monitoring").one("PrometheusRule", "acuse")
    written: dict[str, Any] = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())

    assert rule["spec"] == written
    assert rule["spec"]["groups"]
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_the_dashboard_is_found_by_its_label() -> None:
    config = render("monitoring").one("ConfigMap", "acuse-dashboard")

    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    written = json.loads((CHART / "files" / "dashboard.json").read_text())
    assert json.loads(config["data"]["acuse.json"]) == written


def test_the_operator_and_the_intake_have_a_share_of_the_api_server() -> None:
    spec = render().one("FlowSchema", "acuse")["spec"]

    assert spec["priorityLevelConfiguration"] == {"name": "workload-high"}
    # Kubernetes' own for all service accounts is 9000; the lower number is asked first.
    assert spec["matchingPrecedence"] < 9000
    [rule] = spec["rules"]
    names = {subject["serviceAccount"]["name"] for subject in rule["subjects"]}
    assert names == {"acuse-operator", "acuse-intake"}
    assert render(operator__flowSchema__enabled=False).all("FlowSchema") == []
    other = render(operator__flowSchema__priorityLevel="acuse").one("FlowSchema", "acuse")
    assert other["spec"]["priorityLevelConfiguration"] == {"name": "acuse"}


def test_health_is_asked_for_through_the_services() -> None:
    pod = render().one("Pod", "acuse-health")

    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    script, *addresses = pod["spec"]["containers"][0]["args"]
    compile(script, "health.py", "exec")
    assert addresses == [
        "http://acuse-intake.acuse-system.svc:9090/readyz",
        f"http://acuse-api.acuse-system.svc:8080{PREFIX}/health",
    ]
    services = render().names("Service")
    assert {"acuse-intake", "acuse-api"} <= services
    assert pod["metadata"]["labels"]["app.kubernetes.io/instance"] == RELEASE
