"""Who chooses the number of pods, and what a drain may take away."""

from __future__ import annotations

import pytest

from support.chart import Rendered, render


def autoscaler(rendered: Rendered, name: str) -> dict[str, object]:
    """Return what an HPA aims at, and between which bounds."""
    spec = rendered.one("HorizontalPodAutoscaler", f"acuse-{name}")["spec"]
    assert spec["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": f"acuse-{name}",
    }
    return {"from": spec["minReplicas"], "to": spec["maxReplicas"], "by": spec["metrics"]}


def by_cpu(percent: int) -> list[dict[str, object]]:
    """Return an HPA's metrics for CPU use."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def test_the_intake_is_scaled_by_cpu_and_never_one_alone() -> None:
    region = render("region")

    assert autoscaler(region, "intake") == {"from": 2, "to": 10, "by": by_cpu(70)}
    assert "replicas" not in region.one("Deployment", "acuse-intake")["spec"]


def test_without_an_autoscaler_the_intake_has_the_replicas_it_is_told() -> None:
    trial = render(intake__replicas=3)

    assert trial.one("Deployment", "acuse-intake")["spec"]["replicas"] == 3
    assert "acuse-intake" not in trial.names("HorizontalPodAutoscaler")


@pytest.mark.parametrize("mode", ["CPU", "External", "KEDA"])
def test_an_autoscaler_of_any_kind_has_the_replicas_to_itself(mode: str) -> None:
    rendered = render(workers__autoscaling__mode=mode)

    assert "replicas" not in rendered.one("Deployment", "acuse-workers")["spec"]


def test_shared_workers_are_scaled_by_cpu_where_nothing_else_is_asked_for() -> None:
    assert autoscaler(render("region"), "workers") == {"from": 1, "to": 10, "by": by_cpu(80)}


def test_shared_workers_are_scaled_by_a_metric_that_an_adapter_serves() -> None:
    [metric] = render("ha").one("HorizontalPodAutoscaler", "acuse-workers")["spec"]["metrics"]

    assert metric["external"] == {
        "metric": {"name": "acuse_tenant_backlog"},
        "target": {"type": "AverageValue", "averageValue": "20"},
    }


def test_with_keda_shared_workers_follow_the_backlog_down_to_none() -> None:
    keda = render("keda")
    spec = keda.one("ScaledObject", "acuse-workers")["spec"]

    assert keda.names("HorizontalPodAutoscaler") == {"acuse-intake"}
    assert spec["scaleTargetRef"] == {"name": "acuse-workers"}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 20)
    [trigger] = spec["triggers"]
    assert trigger["type"] == "postgresql"
    assert trigger["authenticationRef"] == {"name": "acuse-workers"}
    assert "'buenos-aires'" in trigger["metadata"]["query"]
    [login] = keda.one("TriggerAuthentication", "acuse-workers")["spec"]["secretTargetRef"]
    assert login == {"parameter": "connection", "name": "acuse-database", "key": "url"}


def test_nobody_scales_workers_where_that_is_wanted() -> None:
    fixed = render(workers__replicas=4)

    assert fixed.one("Deployment", "acuse-workers")["spec"]["replicas"] == 4
    assert fixed.all("HorizontalPodAutoscaler") == fixed.all("ScaledObject") == []


@pytest.mark.parametrize("name", ["operator", "intake", "workers", "api"])
def test_a_drain_takes_one_pod_at_a_time_and_is_never_stuck(name: str) -> None:
    spec = render("ha").one("PodDisruptionBudget", f"acuse-{name}")["spec"]

    assert spec["maxUnavailable"] == 1
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    changed = render("ha", **{f"{name}__podDisruptionBudget": {"maxUnavailable": "25%"}})
    found = changed.one("PodDisruptionBudget", f"acuse-{name}")
    assert found["spec"]["maxUnavailable"] == "25%"
    without = render("ha", **{f"{name}__podDisruptionBudget": {"enabled": False}})
    assert f"acuse-{name}" not in without.names("PodDisruptionBudget")


@pytest.mark.parametrize("name", ["operator", "intake", "workers", "api"])
def test_a_rollout_takes_nothing_away_before_the_new_is_ready(name: str) -> None:
    strategy = render("ha").one("Deployment", f"acuse-{name}")["spec"]["strategy"]

    assert strategy["rollingUpdate"]["maxUnavailable"] == 0


def test_a_pod_that_stops_has_the_time_it_was_promised() -> None:
    rendered = render(intake__drainSeconds=30, intake__stopSeconds=40, workers__graceSeconds=300)
    pods, env = rendered.pods(), rendered.env("Deployment", "acuse-intake")

    assert (env["ACUSE_INTAKE_DRAIN"], env["ACUSE_INTAKE_STOP_TIMEOUT"]) == ("30", "40")
    assert pods["Deployment/acuse-intake"]["terminationGracePeriodSeconds"] > 70
    assert rendered.env("Deployment", "acuse-workers")["ACUSE_WORKER_GRACE"] == "300"
    assert pods["Deployment/acuse-workers"]["terminationGracePeriodSeconds"] > 300


def test_an_api_pod_that_goes_waits_until_nobody_sends_to_it() -> None:
    pod = render().pods()["Deployment/acuse-api"]

    assert pod["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": 5}}
    assert pod["terminationGracePeriodSeconds"] > 25
