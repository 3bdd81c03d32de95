"""What has to be reached from inside: the intake by its public address, the database by KEDA."""

from __future__ import annotations

from typing import Any

import pytest

from support.chart import render


def egress(**values: Any) -> list[dict[str, Any]]:
    spec = render(**values).one("NetworkPolicy", "acuse-operator")["spec"]
    found: list[dict[str, Any]] = spec["egress"]
    return found


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://hooks.example.test:8443", 8443),
        ("https://hooks.example.test", 443),
        ("http://hooks.example.test", 80),
        ("http://192.0.2.1:8080", 8080),
    ],
)
def test_the_operator_may_ask_the_intake_at_its_port(url: str, port: int) -> None:
    rules = egress(region__intakeURL=url)

    assert {"ports": [{"protocol": "TCP", "port": port}]} in rules


def test_it_may_reach_the_gateways_own_pods_at_any_port() -> None:
    peers = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "envoy"}}}]
    rules = egress(networkPolicy__gatewayPeers=peers)
    labels = {"kubernetes.io/metadata.name": "gateways"}

    assert {"to": peers} in rules
    assert {"to": [{"namespaceSelector": {"matchLabels": labels}}]} in rules


def test_keda_may_ask_the_trial_database_and_nothing_else_of_ours() -> None:
    rendered = render("keda")
    keda = {"app.kubernetes.io/name": "keda-operator"}
    open_to = {
        policy["metadata"]["name"]
        for policy in rendered.all("NetworkPolicy")
        for rule in policy["spec"].get("ingress", ())
        for peer in rule.get("from", ())
        if peer.get("podSelector", {}).get("matchLabels") == keda
    }

    assert open_to == {"acuse-postgres"}
