"""A copy is the same object under another name, and nobody's whom the operator would look after."""

from __future__ import annotations

from typing import Any

from bench.operator_raw import as_tenant, copy_of, route_to

LIVE: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {
        "name": "demo-espiga-1234",
        "namespace": "acuse-system",
        "uid": "0c8e",
        "resourceVersion": "7",
        "ownerReferences": [{"name": "demo.espiga"}],
        "finalizers": ["acuse.dev/region"],
        "labels": {
            "app.kubernetes.io/managed-by": "acuse",
            "acuse.dev/tenant": "demo-espiga-1234",
        },
        "annotations": {
            "acuse.dev/tenant": "demo.espiga",
            "deployment.kubernetes.io/revision": "1",
        },
    },
    "spec": {
        "hostnames": ["bench.acuse.test"],
        "rules": [{"matches": [{"path": {"value": "/old"}}], "backendRefs": [{"name": "intake"}]}],
    },
    "status": {"parents": []},
}


def test_a_copy_keeps_the_spec_and_says_the_other_name_everywhere() -> None:
    copied = copy_of(LIVE, {"demo-espiga-1234": "client-1", "demo.espiga": "demo.client"})

    assert copied == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": "client-1",
            "namespace": "acuse-system",
            "labels": {"acuse.dev/tenant": "client-1", "acuse-bench": "raw"},
            "annotations": {"acuse.dev/tenant": "demo.client"},
        },
        "spec": LIVE["spec"],
    }


def test_a_copy_may_go_to_another_namespace() -> None:
    assert copy_of(LIVE, {}, namespace="bench-raw")["metadata"]["namespace"] == "bench-raw"


def test_a_route_answers_at_its_own_path_in_anothers_stead() -> None:
    route = route_to(LIVE, "kubectl-1", path="/bench/kubectl-1", target="/webhooks/demo.espiga")

    (rule,) = route["spec"]["rules"]
    assert [match["path"]["value"] for match in rule["matches"]] == [
        "/bench/kubectl-1",
        "/bench/kubectl-1/",
    ]
    assert rule["filters"][0]["urlRewrite"]["path"]["replaceFullPath"] == "/webhooks/demo.espiga"
    assert rule["backendRefs"] == [{"name": "intake"}]
    assert LIVE["spec"]["rules"][0]["matches"] == [{"path": {"value": "/old"}}]


def test_a_placement_of_another_tenant_names_it_in_whole_and_in_parts() -> None:
    placement = {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "TenantPlacement",
        "metadata": {"name": "demo.espiga", "namespace": "acuse-tenants"},
        "spec": {"tenant": {"namespace": "demo", "name": "espiga"}, "display": "La espiga"},
    }

    copied = copy_of(placement, as_tenant("demo.espiga", "demo.client-espiga"))

    assert copied["metadata"]["name"] == "demo.client-espiga"
    assert copied["spec"]["tenant"] == {"namespace": "demo", "name": "client-espiga"}
    assert copied["spec"]["display"] == "La espiga"
