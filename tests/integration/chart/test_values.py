"""Values are documented, typed, and refused in words when they are wrong."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from support.chart import CHART, ROOT, complaint, render
from support.chart_values import CHART_CRDS, Value, crd_files, page, schema, schema_at, values

VALUES = values()


@pytest.mark.parametrize("value", VALUES, ids=lambda v: v.path)
def test_a_value_has_a_meaning_and_a_type(value: Value) -> None:
    assert value.meaning.endswith("."), "a sentence above the value"
    assert schema_at(value.path) is not None


def test_the_schema_knows_no_value_that_the_file_has_not() -> None:
    known: list[str] = []

    def walk(part: dict[str, Any], path: str) -> None:
        """Note the paths of what can be set by itself."""
        properties: dict[str, Any] = part.get("properties", {})
        if not properties or path.rpartition(".")[2] in {"gateway", "resources"}:
            known.append(path)
            return
        for name in properties:
            below = f"{path}.{name}" if path else name
            walk(schema_at(below) or {}, below)

    walk(schema(), "")

    assert set(known) - {"global"} == {value.path for value in VALUES}


def test_no_value_of_another_name_is_taken() -> None:
    assert "additional properties 'replica' not allowed" in complaint(intake__replica=3)


@pytest.mark.parametrize(
    ("path", "wrong", "says"),
    [
        ("role", "spoke", "must be one of 'hub', 'region', 'both'"),
        ("image__pullPolicy", "Sometimes", "must be one of"),
        ("image__tag", "a b", "does not match pattern"),
        ("image__registry", "https://registry.example.test", "does not match pattern"),
        ("operator__image__digest", "sha256:12", "does not match pattern"),
        ("region__name", "Buenos Aires", "does not match pattern"),
        ("region__jurisdiction", "Argentina", "does not match pattern"),
        ("region__intakeURL", "hooks.example.test", "does not match pattern"),
        ("region__intakeURL", "https://hooks.example.test/path", "does not match pattern"),
        ("region__gateway", {"name": "public"}, "properties 'namespace' required"),
        ("region__egress", [{"name": "database"}], "missing property 'ports'"),
        ("hubAccess__server", "api.example.test", "does not match pattern"),
        ("networkPolicy__otherRegions", [{"cidr": "10.0.0.0/8"}], "missing property 'ports'"),
        ("graph__url", "graph.facebook.com", "does not match pattern"),
        ("graph__mediaHosts", ["a,b"], "does not match pattern"),
        ("tenantsNamespace__name", "Acuse", "does not match pattern"),
        ("objectStore__url", "file:///media", "does not match pattern"),
        ("database__migrationDeadline", 0, "minimum"),
        ("intake__replicas", "two", "got string, want integer"),
        ("intake__autoscaling__minReplicas", 0, "minimum"),
        ("intake__podDisruptionBudget__maxUnavailable", "half", "anyOf"),
        ("intake__extraEnv", [{"value": "x"}], "missing property 'name'"),
        ("intake__resources", {"requests": {"memory": "lots"}}, "anyOf"),
        ("workers__autoscaling__mode", "Magic", "must be one of"),
        ("api__hostname", "https://api.example.test", "does not match pattern"),
        ("networkPolicy__apiServerPorts", [], "minItems"),
        ("networkPolicy__gatewayPeers", [{"namespace": "x"}], "additional properties"),
        ("monitoring__podMonitor__interval", "often", "does not match pattern"),
        ("logLevel", "loud", "must be one of"),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_wrong_value_is_refused_by_its_path(path: str, wrong: object, says: str) -> None:
    said = complaint(**{path: wrong})

    assert f"at '/{path.replace('__', '/')}" in said
    assert says in said


@pytest.mark.parametrize(
    ("example", "changed", "says"),
    [
        ("trial", {"database__existingSecret__name": "db"}, "not both"),
        ("trial", {"objectStore__url": "s3://media"}, "not both"),
        ("trial", {"region__ingressClassName": "nginx"}, "give one of them"),
        ("trial", {"workers__autoscaling": {"minReplicas": 0}}, "0 needs mode KEDA"),
        ("ha", {"intake__autoscaling__maxReplicas": 1}, "is more than maxReplicas"),
        ("ha", {"region__egress": [{"name": "d", "ports": [1]}]}, "region.egress, d: give either"),
    ],
    ids=lambda part: str(part)[:50],
)
def test_values_that_do_not_go_together_are_refused_in_words(
    example: str, changed: dict[str, object], says: str
) -> None:
    assert says in complaint(example, **changed)


def test_the_reference_page_says_what_the_file_says() -> None:
    written = (ROOT / "docs" / "reference" / "values.md").read_text(encoding="utf-8")

    assert written == page(), "run `make reference`"


def test_the_chart_has_the_crds_of_this_checkout() -> None:
    ours = {file.name: file.read_text(encoding="utf-8") for file in crd_files()}
    charts = {file.name: file.read_text(encoding="utf-8") for file in CHART_CRDS.iterdir()}

    assert charts == ours, "run `make reference`"


def test_a_rendered_crd_is_the_file_and_marks_of_the_release() -> None:
    for file in crd_files():
        ours = yaml.safe_load(file.read_text(encoding="utf-8"))
        rendered = render("hub").one("CustomResourceDefinition", ours["metadata"]["name"])
        assert rendered["spec"] == ours["spec"]
        assert ours["metadata"].get("labels", {}).items() <= rendered["metadata"]["labels"].items()


def test_the_chart_has_the_projects_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert chart["version"] == chart["appVersion"] == project["version"]


@pytest.mark.parametrize("name", ["operator", "intake", "workers", "api"])
def test_pods_take_what_a_cluster_wants_of_them(name: str) -> None:
    wanted: dict[str, object] = {
        "podLabels": {"a": "b"},
        "podAnnotations": {"c": "d"},
        "nodeSelector": {"e": "f"},
        "tolerations": [{"key": "g", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "extraEnv": [{"name": "EXTRA", "value": "1"}],
        "resources": {"limits": {"memory": "3Gi"}},
        "serviceAccountAnnotations": {"h": "i"},
    }
    rendered = render(**{name: wanted})
    template = rendered.one("Deployment", f"acuse-{name}")["spec"]["template"]

    assert template["metadata"]["labels"]["a"] == "b"
    assert template["metadata"]["annotations"] == {"c": "d"}
    for field in ("nodeSelector", "tolerations", "affinity", "priorityClassName"):
        assert template["spec"][field] == wanted[field]
    assert rendered.env("Deployment", f"acuse-{name}")["EXTRA"] == "1"
    assert template["spec"]["containers"][0]["resources"]["limits"]["memory"] == "3Gi"
    account = rendered.one("ServiceAccount", f"acuse-{name}")
    assert account["metadata"]["annotations"] == {"h": "i"}


def test_images_are_named_by_registry_tag_or_digest() -> None:
    pods = render("ha").pods()
    images = {n: p["containers"][0]["image"] for n, p in pods.items()}

    registry = "registry.example.test/acuse"
    assert images["Deployment/acuse-intake"] == f"{registry}/acuse-webhook:1.2.3"
    assert images["Deployment/acuse-workers"].startswith(f"{registry}/acuse-workers@sha256:0123")
    assert render("ha").env("Deployment", "acuse-operator")["ACUSE_WORKER_IMAGE"].endswith("abcdef")
    for pod in pods.values():
        assert pod["imagePullSecrets"] == [{"name": "registry-login"}]
    for pod in render().pods().values():
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["imagePullPolicy"] == "Never"
