"""Every pod of the chart runs with as little as it needs, wherever it is put."""

from __future__ import annotations

from typing import Any

import pytest

from support.chart import EXAMPLES, render

PODS = [
    pytest.param(example, name, id=f"{example}-{name}")
    for example in EXAMPLES
    for name in render(example).pods()
]
TALKS_TO_KUBERNETES = {
    "Deployment/acuse-operator",
    "Deployment/acuse-intake",
    "Deployment/acuse-workers",
    "Deployment/acuse-api",
    "Job/acuse-release",
}


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all containers of a pod."""
    return [*pod.get("initContainers", []), *pod["containers"]]


@pytest.mark.parametrize(("example", "name"), PODS)
def test_a_pod_is_fit_for_pod_security_restricted(example: str, name: str) -> None:
    pod = render(example).pods()[name]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    kinds = {kind for volume in pod.get("volumes", []) for kind in volume if kind != "name"}
    assert kinds <= {"emptyDir", "configMap", "secret"}


@pytest.mark.parametrize(("example", "name"), PODS)
def test_a_pod_says_what_it_needs_and_at_most(example: str, name: str) -> None:
    for container in containers(render(example).pods()[name]):
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize(("example", "name"), PODS)
def test_only_pods_that_call_kubernetes_have_its_token(example: str, name: str) -> None:
    pod = render(example).pods()[name]

    if name in TALKS_TO_KUBERNETES:
        assert pod["serviceAccountName"] == name.partition("/")[2]
    else:
        assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize(("example", "name"), PODS)
def test_what_a_pod_mounts_is_there(example: str, name: str) -> None:
    rendered = render(example)
    pod = rendered.pods()[name]
    claims = {
        claim["metadata"]["name"]
        for owner in rendered.all("StatefulSet")
        if name == f"StatefulSet/{owner['metadata']['name']}"
        for claim in owner["spec"].get("volumeClaimTemplates", [])
    }
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}

    mounted = {m["name"] for c in containers(pod) for m in c.get("volumeMounts", [])}
    assert mounted == volumes.keys() | claims
    for volume in volumes.values():
        if "configMap" in volume:
            assert volume["configMap"]["name"] in rendered.names("ConfigMap")
        if "secret" in volume:
            assert volume["secret"]["secretName"] in rendered.names("Secret")


def test_a_program_is_asked_for_its_health_on_the_port_no_gateway_routes_to() -> None:
    for name in ("operator", "intake", "workers", "api"):
        [container] = render("ha").one("Deployment", f"acuse-{name}")["spec"]["template"]["spec"][
            "containers"
        ]
        assert {"name": "monitoring", "containerPort": 9090} in container["ports"]
        probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness")]
        assert probes == [{"path": "/livez", "port": "monitoring"}] * 2
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "monitoring"}


@pytest.mark.parametrize("name", ["operator", "intake", "workers", "api"])
def test_pods_of_a_program_are_spread_over_zones_and_nodes(name: str) -> None:
    deployment = render("ha").one("Deployment", f"acuse-{name}")
    spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]

    assert [s["topologyKey"] for s in spread] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    for constraint in spread:
        assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
        assert (
            constraint["labelSelector"]["matchLabels"]
            == deployment["spec"]["selector"]["matchLabels"]
        )


def test_the_last_good_copy_of_tenants_is_kept_in_memory_alone() -> None:
    pod = render().pods()["Deployment/acuse-intake"]
    [volume] = [v for v in pod["volumes"] if v["name"] == "tenants"]

    assert volume["emptyDir"]["medium"] == "Memory"
    mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
    assert (
        render()
        .env("Deployment", "acuse-intake")["ACUSE_TENANTS_CACHE"]
        .startswith(mounts["tenants"] + "/")
    )
