"""Every example of values renders to objects that Kubernetes knows, field by field."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml

from acuse.resources.region import Region
from support.chart import CHART, EXAMPLES, RELEASE, Manifest, helm, render

# It comes without types.
kubernetes_validate: Any = importlib.import_module("kubernetes_validate")

KUBERNETES = "1.36"
# Kinds of others: their schemas come with their own CRDs, not with Kubernetes.
FOREIGN = ("gateway.networking.k8s.io/", "monitoring.coreos.com/", "keda.sh/")
HELM_OWNED = "app.kubernetes.io/managed-by"


def native(example: str) -> list[Manifest]:
    """Return the example's objects of Kubernetes' own kinds."""
    return [o for o in render(example).objects if not o["apiVersion"].startswith(FOREIGN)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_passes_helms_strict_lint(example: str) -> None:
    values = CHART / "ci" / f"{example}-values.yaml"
    done = helm("lint", "--strict", str(CHART), "--kube-version", "1.36.3", "--values", str(values))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_object_of_an_example_fits_kubernetes_own_schema(example: str) -> None:
    for manifest in native(example):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_two_objects_of_an_example_are_the_same(example: str) -> None:
    seen = [
        (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
        for o in render(example).objects
    ]

    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_object_says_whose_it_is(example: str) -> None:
    for manifest in render(example).objects:
        labels = manifest["metadata"]["labels"]
        assert labels[HELM_OWNED] == "Helm"
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels["app.kubernetes.io/part-of"] == "acuse"


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_namespaced_object_names_its_namespace(example: str) -> None:
    cluster_wide = {
        "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "FlowSchema", "Namespace",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    }  # fmt: skip
    bare = [
        o["metadata"]["name"]
        for o in render(example).objects
        if (o["kind"] in cluster_wide) == ("namespace" in o["metadata"])
    ]

    assert bare == []


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e != "hub"])
def test_the_region_of_an_example_is_one(example: str) -> None:
    Region.model_validate(region_of(example))


@pytest.mark.parametrize("example", EXAMPLES)
def test_selectors_select_the_pods_they_are_for(example: str) -> None:
    rendered = render(example)
    for kind in ("Deployment", "StatefulSet"):
        for manifest in rendered.all(kind):
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()
    pods = [
        o["spec"]["template"]["metadata"]["labels"]
        for kind in ("Deployment", "StatefulSet", "Job")
        for o in rendered.all(kind)
    ] + [o["metadata"]["labels"] for o in rendered.all("Pod")]
    selectors = [o["spec"]["selector"] for o in rendered.all("Service")]
    selectors += [o["spec"]["selector"]["matchLabels"] for o in rendered.all("PodDisruptionBudget")]
    selectors += [o["spec"]["podSelector"]["matchLabels"] for o in rendered.all("NetworkPolicy")]
    for selector in selectors:
        assert sum(selector.items() <= labels.items() for labels in pods) == 1, selector


def region_of(example: str) -> dict[str, Any]:
    """Return the Region that the operator is told to keep."""
    text = render(example).one("ConfigMap", "acuse-region")["data"]["region.yaml"]
    found: dict[str, Any] = yaml.safe_load(text)
    return found
