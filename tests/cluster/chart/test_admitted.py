"""A real API server takes every object of every example, and Pod Security every pod."""

from __future__ import annotations

import json

import pytest
import yaml

from support.chart import EXAMPLES, NAMESPACE, Manifest, pod_spec, render
from support.chart_cluster import Cluster
from support.chart_values import crd_files

# Everywhere that an example puts something.
NAMESPACES = (NAMESPACE, "acuse-tenants", "receipts-of-tenants", "bakery", "grocery")


@pytest.fixture(scope="module")
def prepared(chart_plane: Cluster) -> Cluster:
    """Return a cluster with our CRDs and every namespace; one takes restricted pods alone."""
    for file in crd_files():
        chart_plane.plane.kubectl("apply", "--server-side", "-f", str(file))
    # A kind that is not served yet is unknown to whoever applies an object of it.
    chart_plane.plane.kubectl(
        "wait", "--for=condition=Established", "--timeout=60s", "crds", "--all"
    )
    enforce = {"pod-security.kubernetes.io/enforce": "restricted"}
    chart_plane.apply(
        *(namespace(name) for name in NAMESPACES), namespace("restricted", labels=enforce)
    )
    return chart_plane


def namespace(name: str, *, labels: dict[str, str] | None = None) -> Manifest:
    """Return a namespace."""
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_api_server_takes_every_object(prepared: Cluster, example: str) -> None:
    objects = render(example).objects
    taken = prepared.plane.kubectl(
        *("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict"),
        *("--filename", "-"),
        stdin=yaml.safe_dump_all(objects),
    )

    assert len(taken.splitlines()) == len(objects)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e != "hub"])
def test_an_api_server_takes_the_region_of_an_example(prepared: Cluster, example: str) -> None:
    region = render(example).one("ConfigMap", "acuse-region")["data"]["region.yaml"]

    said = prepared.plane.kubectl(
        *("create", "--dry-run=server", "--validate=strict", "-f", "-"), stdin=region
    )

    assert said.startswith("region.acuse.dev/")


@pytest.mark.parametrize("example", EXAMPLES)
def test_pod_security_restricted_takes_every_pod(prepared: Cluster, example: str) -> None:
    pods = [
        bare_pod(spec, name=f"pod-{number}")
        for number, manifest in enumerate(render(example).objects)
        if (spec := pod_spec(manifest)) is not None
    ]
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "restricted"},
    }
    prepared.apply(account)

    said = prepared.plane.kubectl(
        "create", "--dry-run=server", "-f", "-", stdin=json.dumps(_list(pods))
    )

    assert len(said.splitlines()) == len(pods)


def test_pod_security_refuses_a_pod_that_is_not_ours(prepared: Cluster) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "root", "namespace": "restricted"},
        "spec": {"containers": [{"name": "root", "image": "x"}]},
    }

    said = prepared.refusal("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))

    assert "violates PodSecurity" in said


def bare_pod(spec: Manifest, *, name: str) -> Manifest:
    """Return a pod without the account, class and claim that others would have made for it."""
    others = {"serviceAccountName", "priorityClassName", "automountServiceAccountToken"}
    volumes: list[Manifest] = spec.get("volumes", [])
    mounts = {mount["name"] for c in spec["containers"] for mount in c.get("volumeMounts", [])}
    claims = [
        {"name": claim, "persistentVolumeClaim": {"claimName": claim}}
        for claim in sorted(mounts - {volume["name"] for volume in volumes})
    ]
    kept = {field: value for field, value in spec.items() if field not in others}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "restricted"},
        "spec": {
            **kept,
            "volumes": [*volumes, *claims],
            "automountServiceAccountToken": False,
        },
    }


def _list(items: list[Manifest]) -> Manifest:
    return {"apiVersion": "v1", "kind": "List", "items": items}
