"""The ways in and out: routes from the gateway, and what NetworkPolicies let through."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from support.chart import EXAMPLES, Rendered, render

DNS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
DATABASE = {
    "to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}],
    "ports": [{"protocol": "TCP", "port": 5432}],
}


def policy(rendered: Rendered, name: str) -> dict[str, Any]:
    """Return a NetworkPolicy's spec."""
    spec: dict[str, Any] = rendered.one("NetworkPolicy", name)["spec"]
    return spec


def ports(rules: list[dict[str, Any]]) -> set[int]:
    """Return the ports that any of the rules lets through."""
    return {port["port"] for rule in rules for port in rule["ports"]}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_pod_is_under_a_policy_both_ways(example: str) -> None:
    rendered = render(example)
    policies = [o["spec"] for o in rendered.all("NetworkPolicy")]
    labels = [
        o["spec"]["template"]["metadata"]["labels"]
        for kind in ("Deployment", "StatefulSet", "Job")
        for o in rendered.all(kind)
    ] + [o["metadata"]["labels"] for o in rendered.all("Pod")]

    for pod in labels:
        [found] = [p for p in policies if p["podSelector"]["matchLabels"].items() <= pod.items()]
        assert found["policyTypes"] == ["Ingress", "Egress"]


def test_policies_can_be_left_out() -> None:
    assert render(networkPolicy__enabled=False).all("NetworkPolicy") == []
    assert render("region", networkPolicy__enabled=False, region__egress=[]).all("Deployment")


def test_the_intake_reaches_the_database_and_kubernetes_and_not_the_internet() -> None:
    spec = policy(render("ha"), "acuse-intake")

    assert spec["egress"][0] == {"ports": DNS}
    assert ports(spec["egress"]) == {53, 443, 6443, 5432, 9000}
    assert DATABASE in spec["egress"]
    assert not any("0.0.0.0/0" in str(rule) for rule in spec["egress"])


def test_workers_reach_meta_but_no_private_network_unless_told() -> None:
    spec = policy(render("ha"), "acuse-workers")
    [internet] = [rule for rule in spec["egress"] if "0.0.0.0/0" in str(rule)]

    assert internet["ports"] == [{"protocol": "TCP", "port": 443}]
    assert "10.0.0.0/8" in internet["to"][0]["ipBlock"]["except"]
    assert "169.254.0.0/16" in internet["to"][0]["ipBlock"]["except"]
    assert DATABASE in spec["egress"]
    assert ports(spec["ingress"]) == {9090}


def test_only_the_gateway_and_the_monitoring_come_in_where_they_are_named() -> None:
    web, health = policy(render("ha"), "acuse-intake")["ingress"]

    assert (ports([web]), ports([health])) == ({8080}, {9090})
    gateways = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateways"}}}
    assert gateways in web["from"]
    assert "monitoring" in str(health["from"][0])
    # `helm test` asks both.
    for rule in (web, health):
        assert rule["from"][-1]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == (
            "test"
        )


def test_everybody_comes_in_where_nobody_is_named() -> None:
    for rule in policy(render("region"), "acuse-intake")["ingress"]:
        assert "from" not in rule


def test_an_api_server_may_be_behind_other_ports() -> None:
    spec = policy(render("region", networkPolicy__apiServerPorts=[16443]), "acuse-operator")

    assert {"ports": [{"protocol": "TCP", "port": 16443}]} in spec["egress"]


def test_dedicated_workers_get_the_ways_out_that_the_chart_knows_of() -> None:
    text = render().one("ConfigMap", "acuse-region")["data"]["region.yaml"]
    egress = {one["name"]: one for one in yaml.safe_load(text)["spec"]["egress"]}

    assert egress["trial-database"]["ports"] == [5432]
    assert egress["trial-objects"]["ports"] == [9000]
    for name, component in (("trial-database", "postgres"), ("trial-objects", "s3")):
        labels = egress[name]["podSelector"]["matchLabels"]
        assert labels["app.kubernetes.io/component"] == component


def test_pods_without_a_namespace_are_the_tenants_as_for_dedicated_workers() -> None:
    egress = [{"name": "x", "podSelector": {"matchLabels": {"a": "b"}}, "ports": [1]}]
    rules = policy(render(region__egress=egress), "acuse-workers")["egress"]

    assert {
        "to": [
            {
                "podSelector": {"matchLabels": {"a": "b"}},
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": "acuse-tenants"}
                },
            }
        ],
        "ports": [{"protocol": "TCP", "port": 1}],
    } in rules


def test_the_app_wide_address_is_routed_by_the_gateway_to_exactly_its_path() -> None:
    spec = render("ha").one("HTTPRoute", "acuse-app")["spec"]

    assert spec["parentRefs"] == [
        {"namespace": "gateways", "name": "public", "sectionName": "https"}
    ]
    assert spec["hostnames"] == ["hooks.example.test"]
    [rule] = spec["rules"]
    path = {"type": "Exact", "value": "/webhooks/whatsapp/meta/cloud"}
    assert rule["matches"] == [{"path": path}]
    assert rule["backendRefs"] == [{"name": "acuse-intake", "port": 8080}]


def test_without_a_gateway_the_app_wide_address_is_an_ingress() -> None:
    spec = render("ingress").one("Ingress", "acuse-app")["spec"]

    assert spec["ingressClassName"] == "nginx"
    [rule] = spec["rules"]
    # The port is not part of a name.
    assert rule["host"] == "hooks.example.test"
    [path] = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/webhooks/whatsapp/meta/cloud", "Exact")
    assert path["backend"]["service"] == {"name": "acuse-intake", "port": {"number": 8080}}


@pytest.mark.parametrize("host", ["10.77.1.2", "10.77.1.2:8080", "[fd00::1]:8080"])
def test_an_address_is_no_host_name_to_route_by(host: str) -> None:
    rendered = render("ingress", region__intakeURL=f"http://{host}")

    assert "host" not in rendered.one("Ingress", "acuse-app")["spec"]["rules"][0]


def test_there_is_no_app_wide_address_without_its_secret() -> None:
    without = render("ingress", metaApp__existingSecret="")

    assert without.names("Ingress") == {"acuse-api"}
    assert "ACUSE_APP_SECRET_REF" not in without.env("Deployment", "acuse-intake")
    assert render("ha").env("Deployment", "acuse-intake")["ACUSE_APP_SECRET_REF"] == (
        "acuse-tenants/meta-app"
    )


def test_the_api_is_routed_where_it_has_a_host_name() -> None:
    route = render("ha").one("HTTPRoute", "acuse-api")["spec"]
    ingress = render("ingress").one("Ingress", "acuse-api")["spec"]["rules"][0]

    assert route["hostnames"] == [ingress["host"]] == ["api.example.test"]
    assert route["rules"][0]["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]
    assert render("region").all("HTTPRoute") == []


def test_services_are_inside_the_cluster_alone() -> None:
    for example in EXAMPLES:
        for service in render(example).all("Service"):
            assert service["spec"].get("type", "ClusterIP") == "ClusterIP"
