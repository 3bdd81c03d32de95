"""A hub and its regions in different clusters: who is let in, and how they reach each other."""

from __future__ import annotations

from support.chart import EXAMPLES, NAMESPACE, complaint, render


def test_no_hub_is_let_in_unless_asked() -> None:
    for example in EXAMPLES:
        if example != "region":
            rendered = render(example)
            assert "acuse-hub" not in rendered.names("ServiceAccount") | rendered.names("Secret")
            assert "acuse-hub" not in rendered.names("Role") | rendered.names("ClusterRole")


def test_a_region_has_an_account_for_its_hub_that_no_pod_runs_as() -> None:
    region = render("region")

    account = region.one("ServiceAccount", "acuse-hub", namespace=NAMESPACE)
    assert account["automountServiceAccountToken"] is False
    assert all(pod.get("serviceAccountName") != "acuse-hub" for pod in region.pods().values())
    flow = region.one("FlowSchema", "acuse")["spec"]["rules"][0]["subjects"]
    assert "acuse-hub" in {subject["serviceAccount"]["name"] for subject in flow}


def test_the_accounts_token_is_beside_the_operator_and_not_where_the_hub_may_look() -> None:
    token = render("region").one("Secret", "acuse-hub")

    assert token["metadata"]["namespace"] == NAMESPACE
    assert token["type"] == "kubernetes.io/service-account-token"
    assert token["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "acuse-hub"}
    assert "data" not in token


def test_a_token_without_an_end_can_be_left_out() -> None:
    bounded = render("region", hubAccess__permanentToken=False)

    assert "acuse-hub" not in bounded.names("Secret")
    assert "acuse-hub" in bounded.names("ServiceAccount")


def test_a_hub_that_runs_no_tenants_lets_no_hub_in() -> None:
    assert "hubAccess.enabled: is for a region" in complaint("hub", hubAccess__enabled=True)


def test_a_hub_reaches_regions_at_ports_of_their_own() -> None:
    away = [{"cidr": "10.40.0.0/16", "ports": [16443, 8443]}]
    rule = {
        "to": [{"ipBlock": {"cidr": "10.40.0.0/16"}}],
        "ports": [{"protocol": "TCP", "port": 16443}, {"protocol": "TCP", "port": 8443}],
    }

    for example in ("hub", "trial"):
        rendered = render(example, networkPolicy__otherRegions=away)
        # The one that lets go at the end has to reach them, too.
        for name in ("acuse-operator", "acuse-release"):
            assert rule in rendered.one("NetworkPolicy", name)["spec"]["egress"]
    region = render("region", networkPolicy__otherRegions=away)
    assert rule not in region.one("NetworkPolicy", "acuse-operator")["spec"]["egress"]
